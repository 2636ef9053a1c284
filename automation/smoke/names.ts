/** What a smoke run does, in its order. Each is a file of `steps/`. */
export const STEP_NAMES = [
  "sign-in",
  "edge",
  "token-lifetime",
  "policy",
  "access-token",
  "earlier",
  "task",
  "upload",
  "import",
  "frame",
  "annotate",
  "export-cvat",
  "export-coco",
  "event",
] as const;

export type StepName = (typeof STEP_NAMES)[number];
