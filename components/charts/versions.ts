import semver from "semver";
import { UserError } from "../program/errors.ts";
import { pathText } from "../schema/problems.ts";
import type { Found } from "../schema/section-rules.ts";
import type { Jump } from "./jumps.ts";
import type { ChartSource } from "./source.ts";

/** Versions by part: the chart, images, companions. A part nobody knows the version of is not there. */
export type Parts<Part extends string> = { chart: string } & { readonly [P in Part]?: string };

/** Versions that were shipped or run together. */
export interface VersionSet<Part extends string> {
  /** What `version` in the configuration names. Several sets may have one version; the chart tells them apart. */
  version: string;
  parts: Parts<Part> & Readonly<Record<Part, string>>;
  /** Where it is known from that they fit. */
  source: string;
  /** Whether they were ever shipped together. If not, the set is taken only where its chart is named too. Default: true. */
  upstream?: boolean;
  /** Kubernetes versions that charts among the parts take, as a semver range. Default: any. */
  kubernetes?: { readonly [P in Part]?: string };
  /** What to know before choosing it. */
  note?: string;
}

/** Everything known about the versions of one product. */
export interface VersionTable<Part extends string> {
  product: string;
  /** Its section of the configuration. */
  section: string;
  /** Known-good sets; the first is the default. */
  sets: readonly [VersionSet<Part>, ...VersionSet<Part>[]];
  /** Versions known not to fit this program, by semver range of `version`, with the reason. */
  refused: readonly { range: string; why: string }[];
  /** Steps from one version to another that are known to go wrong. */
  jumps: readonly Jump<Part>[];
  /** What an unknown version most likely consists of, given the nearest known set. Without a chart, a stack must name one. */
  guess(version: string, nearest: VersionSet<Part>): Partial<Parts<Part>>;
}

/** A part that a stack sets apart from the set's own. */
export interface NamedPart<Part extends string> {
  part: Part | "chart";
  /** The key that does it, below the product's section. */
  path: readonly string[];
  /** `undefined` leaves the part as it is. */
  version: string | undefined;
}

/** What a stack asks for. */
export interface VersionWish<Part extends string> {
  version: string;
  named: readonly NamedPart<Part>[];
  /** Takes versions nobody is known to have tried. */
  allowUnknown: boolean;
}

export interface ChosenVersions<Part extends string> {
  version: string;
  parts: Parts<Part>;
  /** Whether these parts are a known-good set. */
  known: boolean;
  source: string;
  note?: string;
}

export type VersionChoice<Part extends string> = { chosen: ChosenVersions<Part> } | { problems: Found[] };

const SUGGESTIONS = 3;

/** Finds the set a stack asks for, or says at each key what is wrong with it and which good ones are near. */
export function chooseVersions<Part extends string>(
  table: VersionTable<Part>,
  wish: VersionWish<Part>,
): VersionChoice<Part> {
  const { version } = wish;
  const named = wish.named.filter((one) => one.version !== undefined);
  const base = setOf(table, version, named.find(({ part }) => part === "chart")?.version);
  const under = base?.parts ?? table.guess(version, byDistance(table.sets, version)[0] ?? table.sets[0]);
  const parts = { ...under, ...Object.fromEntries(named.map((one) => [one.part, one.version])) };
  const known = table.sets.find((set) => namesOf(set.parts).every((name) => set.parts[name] === parts[name]));
  if (known) {
    const { version, parts, source, note } = known;
    return { chosen: { version, parts, known: true, source, note } };
  }
  if (!wish.allowUnknown) return { problems: unknownProblems(table, version, parts, keysToBlame(base, named)) };
  if (!hasChart<Part>(parts)) {
    const path = wish.named.find(({ part }) => part === "chart")?.path ?? ["version"];
    return { problems: [{ path, message: `no chart is known for ${table.product} ${version}; name one` }] };
  }
  return { chosen: { version, parts, known: false, source: "named on purpose (allowUnknownVersions), not tried" } };
}

/**
 * The versions a stack installs. With a chart at hand, its version counts: one the user put in the locked one's place need not be of a
 * known-good set, and `known` says so.
 * @throws UserError with every problem, by key
 */
export function installedVersions<Part extends string>(
  table: VersionTable<Part>,
  wish: VersionWish<Part>,
  chart?: ChartSource,
): ChosenVersions<Part> {
  const asked = chosenOrThrow(table, wish);
  if (chart === undefined || chart.version === asked.parts.chart) return asked;
  const named = wish.named.map((one) => (one.part === "chart" ? { ...one, version: chart.version } : one));
  const allowUnknown = wish.allowUnknown || chart.origin === "override";
  return chosenOrThrow(table, { ...wish, named, allowUnknown });
}

function chosenOrThrow<Part extends string>(table: VersionTable<Part>, wish: VersionWish<Part>): ChosenVersions<Part> {
  const choice = chooseVersions(table, wish);
  if ("chosen" in choice) return choice.chosen;
  const section = `vision-platform:${table.section}`;
  const lines = choice.problems.map(({ path, message }) => `${pathText(section, path)}: ${message}`);
  throw new UserError(lines, { exitCode: 2 });
}

/** The set of this version: on the chart that is named, or, where none is, as it was shipped. */
function setOf<Part extends string>({ sets }: VersionTable<Part>, version: string, chart: string | undefined) {
  return sets.find(
    (set) => set.version === version && (chart === undefined ? set.upstream !== false : set.parts.chart === chart),
  );
}

/** The keys a choice fails by: each part that is not the set's, or, where there is no such set, the chart or else the version. */
function keysToBlame<Part extends string>(
  base: VersionSet<Part> | undefined,
  named: readonly NamedPart<Part>[],
): (readonly string[])[] {
  if (base) return named.filter(({ part, version }) => base.parts[part] !== version).map(({ path }) => path);
  return [named.find(({ part }) => part === "chart")?.path ?? ["version"]];
}

function unknownProblems<Part extends string>(
  table: VersionTable<Part>,
  version: string,
  parts: Partial<Parts<Part>>,
  paths: readonly (readonly string[])[],
): Found[] {
  const reasons = table.refused.filter(({ range }) => semver.satisfies(version, range)).map(({ why }) => why);
  const common = (set: VersionSet<Part>) => namesOf(set.parts).filter((name) => set.parts[name] === parts[name]).length;
  const near = byDistance(table.sets, version)
    .sort((a, b) => common(b) - common(a))
    .slice(0, SUGGESTIONS)
    .map(versionsText);
  const message = [
    `${table.product} ${versionsText({ version, parts })} is not a set known to work together.`,
    ...reasons,
    `The nearest good ones: ${near.join("; ")}.`,
    "Name one of them, or set allowUnknownVersions: true to try it as it is",
  ].join(" ");
  return paths.map((path) => ({ path, message }));
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

function hasChart<Part extends string>(parts: Partial<Parts<Part>>): parts is Parts<Part> {
  return parts.chart !== undefined;
}

function namesOf<Part extends string>(parts: Partial<Parts<Part>>): (Part | "chart")[] {
  return Object.keys(parts) as (Part | "chart")[];
}

/** `7.14.7 (chart 7.14.7, server 2.0.0-613)`. */
export function versionsText({
  version,
  parts,
}: {
  version: string;
  parts: Readonly<Record<string, unknown>>;
}): string {
  const known = Object.entries(parts).filter(([, release]) => release !== undefined);
  return `${version} (${known.map(([name, release]) => `${name} ${String(release)}`).join(", ")})`;
}

/** What to say of versions that are no known-good set; `undefined` where there are none. */
export function untriedText(
  products: Readonly<Record<string, ChosenVersions<string> | undefined>>,
): string | undefined {
  const untried = Object.entries(products).flatMap(([product, versions]) =>
    versions?.known === false ? [`${product} ${versionsText(versions)}`] : [],
  );
  return untried.length > 0 ? `versions nobody is known to have tried: ${untried.join("; ")}` : undefined;
}
