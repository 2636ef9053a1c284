import replacements from "../replacements.json" with { type: "json" };

/**
 * The version of what a rehearsal puts in the place of what only exists at home, of the files in its home, and of how `bring-up.ts` is told what
 * to do. Raise it with any change by which a home that one version has left would look changed to the other: an address, a port's file, a made-up
 * secret, what a stand-in remembers.
 */
export const REPLACEMENTS_VERSION: number = replacements.version;

/** Where a checkout says its own. */
export const VERSION_FILE = "automation/rehearsal/replacements.json";
/** What brings a stack up in a home, run by the base's own checkout. */
export const BRING_UP = "automation/rehearsal/base/bring-up.ts";

/** The version that a checkout's file says; undefined where it says none. */
export function versionIn(text: string): number | undefined {
  try {
    const { version } = JSON.parse(text) as { version?: unknown };
    return typeof version === "number" ? version : undefined;
  } catch {
    return undefined;
  }
}
