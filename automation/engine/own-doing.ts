/** Something the engine warns of that we arrange ourselves: nobody has to do anything about it. */
interface OwnDoing {
  /** The beginning of the warning. */
  warning: string;
  /** How it comes about. */
  why: string;
}

/** The engine names each program that it finds on PATH instead of in its plugin folder. (pulumi: pkg/workspace/plugins.go) */
const OWN_DOING: readonly OwnDoing[] = [
  {
    warning: "using pulumi-resource-kubernetes from $PATH",
    why: "For a person's own stack the plugin that was built or found here is linked beside pulumi: their plugin folder is theirs.",
  },
];

/** Whether the engine warns of what we arrange. Any other plugin on PATH is somebody else's doing, and worth a warning. */
export function isOwnDoing(warning: string): boolean {
  return OWN_DOING.some((row) => warning.startsWith(`${row.warning} `));
}
