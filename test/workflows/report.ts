/** A report as `preview --report FILE.json` writes one, of one object that changes. */
export const reportOf = (more: object = {}): string =>
  JSON.stringify({
    stack: "homelab",
    verdict: "Routine: 1 object changes, no rollouts.",
    findings: [],
    waiting: [],
    counts: { CVAT: { update: 1 } },
    unchanged: 200,
    restarts: [],
    images: [],
    moved: [],
    objects: [],
    fixes: [],
    warnings: [],
    ...more,
  });
