import semver, { type SemVer } from "semver";

/** A step from one version to another that is known to go wrong, where nothing is done before it. */
export interface Jump<Part extends string = string> {
  /** `cvat-goes-back`. */
  id: string;
  /** The part whose versions it is about. */
  part: Part | "chart";
  /** The step in words, after `goes`: `to 2.76.0 or later from one before`. */
  between: string;
  isMade: (from: SemVer, to: SemVer) => boolean;
  /** What goes wrong, as sentences. */
  why: string;
  /** What a person does first, each a sentence. */
  steps: readonly [string, ...string[]];
  /** Where it is known from. */
  source: string;
  /** What this program does so that nothing goes wrong: such a step is told of, and not refused. Default: nothing. */
  handled?: string;
}

/** Versions of parts by the part's name; of a run that ended half-way a part has several. */
export type VersionsOfParts = Readonly<Record<string, readonly string[] | undefined>>;

/** A known-bad step that is about to be made. */
export interface JumpMade {
  jump: Jump;
  from: string;
  to: string;
}

/** Whether a step goes from before this version to it or beyond. */
export const across = (boundary: string) => (from: SemVer, to: SemVer) =>
  semver.lt(from, boundary) && semver.gte(to, boundary);

/** The same, the other way. */
export const backAcross = (boundary: string) => (from: SemVer, to: SemVer) => across(boundary)(to, from);

/** Whether a step goes to an older minor release, or an older major one. */
export const toOlderMinor = (from: SemVer, to: SemVer): boolean =>
  to.major < from.major || (to.major === from.major && to.minor < from.minor);

/**
 * The known-bad steps between what was there and what will be. A part that was not there, or will not be, makes none; neither does a version
 * that is not known to its last number.
 */
export function jumpsMade(jumps: readonly Jump[], before: VersionsOfParts, after: VersionsOfParts): JumpMade[] {
  return jumps.flatMap((jump) => {
    const ways = (before[jump.part] ?? []).flatMap((from) =>
      (after[jump.part] ?? []).map((to) => ({ jump, from, to })),
    );
    const made = ways.find(({ from, to }) => {
      const [old, next] = [wholeVersion(from), wholeVersion(to)];
      return old !== undefined && next !== undefined && jump.isMade(old, next);
    });
    return made ? [made] : [];
  });
}

/** Of `v2.64.0`, `2.0.0-613` and `1.14.1-amd64` the three numbers; undefined for `1.15` and for what is no version. */
function wholeVersion(text: string): SemVer | undefined {
  return /^v?\d+\.\d+\.\d+/.test(text) ? (semver.coerce(text) ?? undefined) : undefined;
}
