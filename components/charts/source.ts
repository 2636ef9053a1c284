/** A chart on this machine, ready to be installed. */
export interface ChartSource {
  name: string;
  version: string;
  /** Folder or archive, verified against `charts.lock.yaml` unless `origin` says otherwise. */
  path: string;
  /** `locked`: verified against the lock. `override`: named by the user. `miniature`: the rehearsal's own small chart. */
  origin: "locked" | "override" | "miniature";
}
