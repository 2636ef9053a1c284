import path from "node:path";

/** Something the engine warns of that we arrange ourselves: nobody has to do anything about it. */
interface OwnDoing {
  /** The beginning of the warning. */
  warning: string;
  /** The folder of the program that the warning names, where only such a one is ours. */
  folder?: string;
  /** How it comes about. */
  why: string;
}

const LINKED =
  "For a person's own stack the plugin that was fetched, built or found here is linked beside pulumi: their plugin folder is theirs.";
/** As the door makes it, in whichever cache. */
const ENGINE_FOLDER = path.join("engine", "bin");

/** The engine names each program that it finds on PATH instead of in its plugin folder. (pulumi: pkg/workspace/plugins.go) */
const OWN_DOING: readonly OwnDoing[] = [
  {
    warning: "using pulumi-resource-kubernetes from $PATH",
    why: LINKED,
  },
  { warning: "using pulumi-resource-minio from $PATH", folder: ENGINE_FOLDER, why: LINKED },
  { warning: "using pulumi-resource-command from $PATH", folder: ENGINE_FOLDER, why: LINKED },
];

/** Whether the engine warns of what we arrange. Any other plugin on PATH is somebody else's doing, and worth a warning. */
export function isOwnDoing(warning: string): boolean {
  return OWN_DOING.some(
    (row) => warning.startsWith(`${row.warning} `) && path.dirname(warning).endsWith(row.folder ?? ""),
  );
}
