import semver from "semver";

/** Versions that were shipped or run together. */
export interface VersionSet<Part extends string> {
  /** What `version` in the configuration names. */
  version: string;
  /** The version of each part: the chart, images, companions. */
  parts: Readonly<Record<Part, string>>;
  /** Where it is known from that they fit. */
  source: string;
  /** Kubernetes versions its chart accepts, as a semver range. Default: any. */
  kubernetes?: string;
  /** What to know before choosing it. */
  note?: string;
}

/** Everything known about the versions of one product. */
export interface VersionTable<Part extends string> {
  product: string;
  /** Known-good sets; the first is the default. */
  sets: readonly [VersionSet<Part>, ...VersionSet<Part>[]];
  /** Versions known not to fit this program, by semver range of `version`, with the reason. */
  refused: readonly { range: string; why: string }[];
  /** What an unknown version most likely consists of, given the nearest known set. */
  guess(version: string, nearest: VersionSet<Part>): Record<Part, string>;
}

/** What a stack asks for. */
export interface VersionWish<Part extends string> {
  /** Names a set. Default: the table's first. */
  version?: string;
  /** Parts set apart from the set's own; `undefined` leaves a part as it is. */
  parts?: Partial<Record<Part, string | undefined>>;
  /** Takes versions nobody is known to have tried. */
  allowUnknown: boolean;
  /** Version of the cluster, where it is known: a set whose chart refuses it is refused here, with the reason. */
  kubernetes?: string;
}

export interface ChosenVersions<Part extends string> {
  version: string;
  parts: Record<Part, string>;
  /** Whether these parts are a known-good set. */
  known: boolean;
  source: string;
  note?: string;
}

export type VersionChoice<Part extends string> = { chosen: ChosenVersions<Part> } | { problem: string };

const SUGGESTIONS = 3;

/** Finds the set a stack asks for, or says what is wrong with it and which good ones are near, without the last full stop. */
export function chooseVersions<Part extends string>(
  table: VersionTable<Part>,
  wish: VersionWish<Part>,
): VersionChoice<Part> {
  const version = wish.version ?? table.sets[0].version;
  const named = table.sets.find((set) => set.version === version);
  const base = named ?? byDistance(table.sets, version)[0] ?? table.sets[0];
  const parts = { ...(named ? named.parts : table.guess(version, base)), ...defined(wish.parts ?? {}) };
  const known = table.sets.find((set) => samePartsIn(set.parts, parts));
  if (known) {
    const problem = kubernetesProblem(table, known, wish.kubernetes);
    return problem === undefined
      ? { chosen: { version: known.version, parts, known: true, source: known.source, note: known.note } }
      : { problem };
  }
  if (wish.allowUnknown) {
    return { chosen: { version, parts, known: false, source: "named on purpose (allowUnknownVersions), not tried" } };
  }
  return { problem: unknownProblem(table, version, parts) };
}

function unknownProblem<Part extends string>(
  table: VersionTable<Part>,
  version: string,
  parts: Record<Part, string>,
): string {
  const reasons = table.refused.filter(({ range }) => semver.satisfies(version, range)).map(({ why }) => why);
  const common = (set: VersionSet<Part>) => namesOf(set.parts).filter((name) => set.parts[name] === parts[name]).length;
  const near = byDistance(table.sets, version)
    .sort((a, b) => common(b) - common(a))
    .slice(0, SUGGESTIONS)
    .map((set) => `${set.version} (${listOf(set.parts)})`);
  return [
    `${table.product} ${version} (${listOf(parts)}) is not a set known to work together.`,
    ...reasons,
    `The nearest good ones: ${near.join("; ")}.`,
    "Name one of them, or set allowUnknownVersions: true to try it as it is",
  ].join(" ");
}

function kubernetesProblem<Part extends string>(
  table: VersionTable<Part>,
  set: VersionSet<Part>,
  kubernetes: string | undefined,
): string | undefined {
  const accepts = (range: string | undefined) =>
    range === undefined || kubernetes === undefined || semver.satisfies(kubernetes, range);
  if (accepts(set.kubernetes)) return undefined;
  const fitting = table.sets.filter((other) => accepts(other.kubernetes)).map((other) => other.version);
  return (
    `${table.product} ${set.version} accepts Kubernetes ${set.kubernetes ?? ""} only and the cluster has ${kubernetes ?? ""}. ` +
    `Versions that accept it: ${fitting.join(", ")}`
  );
}

function byDistance<Part extends string>(sets: readonly VersionSet<Part>[], version: string): VersionSet<Part>[] {
  const wanted = placeOf(version);
  const distance = (set: VersionSet<Part>) => Math.abs(placeOf(set.version) - wanted);
  return [...sets].sort((a, b) => distance(a) - distance(b));
}

/** Versions on one line, so that 7.14.7 is nearer to 7.15.0 than 7.14.4 is. What is no version stands before all. */
function placeOf(version: string): number {
  const { major, minor, patch } = semver.coerce(version) ?? { major: 0, minor: 0, patch: 0 };
  return (major * 1000 + minor) * 1000 + patch;
}

function samePartsIn<Part extends string>(a: Readonly<Record<Part, string>>, b: Record<Part, string>): boolean {
  return namesOf(a).every((name) => a[name] === b[name]);
}

function namesOf<Part extends string>(parts: Readonly<Record<Part, string>>): Part[] {
  return Object.keys(parts) as Part[];
}

function listOf(parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}

function defined<Part extends string>(parts: Partial<Record<Part, string | undefined>>): Partial<Record<Part, string>> {
  const given = Object.entries(parts).filter(([, version]) => version !== undefined);
  return Object.fromEntries(given) as Partial<Record<Part, string>>;
}
