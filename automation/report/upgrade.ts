import type { VersionSet } from "../../components/charts/versions.ts";
import type { Plan } from "../../components/lab/plan.ts";
import { jumpText, knownBadJumps, sayIt, TABLES, type SystemJump } from "../../components/preflight/known-bad-jumps.ts";
import { SYSTEMS, versionsOf, type InstalledVersions, type System } from "../../components/preflight/versions.ts";
import { UserError } from "../../components/program/errors.ts";
import { textTable } from "./table.ts";

/** A known-good set, with the system that it is of. */
export interface NamedSet {
  system: System;
  set: VersionSet<string>;
}

/** A change of versions, and what is known of it. */
export interface UpgradeCheck {
  stack: string;
  /** Whether nothing is installed yet: then nothing can go wrong by what was there. */
  isNew: boolean;
  changes: { system: System; part: string; from: string; to: string }[];
  jumps: {
    id: string;
    verdict: SystemJump["verdict"];
    text: string;
    why: string;
    steps: readonly string[];
    done: string;
    source: string;
  }[];
  /** Systems that would go to versions which nobody is known to have tried together. */
  untried: { system: System; version: string }[];
}

const namesOf = (system: System) =>
  TABLES[system].sets.map((set, index, all): [string, NamedSet] => {
    const isFirst = all.findIndex(({ version }) => version === set.version) === index;
    return [`${system}@${set.version}${isFirst ? "" : `+${set.parts.chart}`}`, { system, set }];
  });

/** Every known-good set by its name: `cvat@2.64.0`; one of the same version on another chart has that behind it: `cvat@2.39.0+0.17.1`. */
const SETS: ReadonlyMap<string, NamedSet> = new Map(SYSTEMS.flatMap(namesOf));

/**
 * The sets of these names; the version alone is enough where one system has it.
 * @throws UserError with all sets for a name that is none
 */
export function setsNamed(names: readonly string[]): NamedSet[] {
  const found = names.map((name) => {
    const bare = SYSTEMS.flatMap((system) => SETS.get(`${system}@${name}`) ?? []);
    return SETS.get(name) ?? (bare.length === 1 ? bare[0] : undefined);
  });
  const unknown = names.filter((_, index) => found[index] === undefined);
  if (unknown.length > 0) {
    throw new UserError(
      `No known-good set is called ${unknown.join(", ")}. There are: ${[...SETS.keys()].join(", ")}.`,
      {
        exitCode: 2,
      },
    );
  }
  const sets = found.flatMap((one) => one ?? []);
  const twice = sets.find(({ system }, index) => sets.findIndex((one) => one.system === system) !== index);
  if (twice) throw new UserError(`--to names ${twice.system} twice; one set of a system at a time.`, { exitCode: 2 });
  return sets;
}

/** What an upgrade from what a state has would be: to what the plan says, or, of the systems that are named, to those sets. */
export function upgradeCheck(
  stack: string,
  before: InstalledVersions,
  plan: Plan,
  sets: readonly NamedSet[],
): UpgradeCheck {
  const planned = versionsOf(plan);
  const named = Object.fromEntries(sets.map(({ system, set }) => [system, listed(set.parts)]));
  const after: InstalledVersions = { ...planned, ...named };
  const { cvat, clearml } = plan.lab;
  const jumps = knownBadJumps(before, after, { cvat: cvat.stepsTaken, clearml: clearml.stepsTaken });
  const isNew = SYSTEMS.every((system) => Object.keys(before[system]).length === 0);
  const changes = isNew ? [] : SYSTEMS.flatMap((system) => changesOf(system, before, after));
  return {
    stack,
    isNew,
    changes,
    jumps: jumps.map((made) => ({
      id: made.jump.id,
      verdict: made.verdict,
      text: jumpText(made),
      why: made.jump.handled === undefined ? made.jump.why : `${made.jump.why} Here ${made.jump.handled}.`,
      steps: made.jump.handled === undefined ? made.jump.steps : [],
      done: sayIt(made),
      source: made.jump.source,
    })),
    untried: SYSTEMS.flatMap((system) => {
      const versions = plan[system]?.versions;
      const isAsked = versions?.known === false && named[system] === undefined;
      return isAsked && changes.some((one) => one.system === system) ? [{ system, version: versions.version }] : [];
    }),
  };
}

const listed = (parts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(parts).map(([part, version]) => [part, [version]]));

function changesOf(system: System, before: InstalledVersions, after: InstalledVersions): UpgradeCheck["changes"] {
  return Object.entries(after[system]).flatMap(([part, [to = ""] = []]) => {
    const from = before[system][part] ?? [];
    // Of a part the images say more than the set: 1.14.1-amd64 where that has 1.15.
    const isOther = from.length > 0 && !from.includes(to);
    return isOther ? [{ system, part, from: from.join(" and "), to }] : [];
  });
}

/** Whether somebody should look before this is done. */
export const needsAttention = ({ jumps, untried }: UpgradeCheck): boolean =>
  untried.length > 0 || jumps.some(({ verdict }) => verdict === "refused");

const TITLES = { refused: "Refused", allowed: "Let through (stepsTaken)", handled: "Taken care of" } as const;

export function upgradeText(check: UpgradeCheck): string {
  const { stack, isNew, changes, jumps, untried } = check;
  if (isNew) return `${stack} has nothing installed: there are no versions to go from.`;
  const rows = changes.map(({ system, part, from, to }) => [`${TABLES[system].product} ${part}`, from, to]);
  const told = jumps.flatMap(({ verdict, text, why, steps, done }) => [
    "",
    `${TITLES[verdict]}: ${text}`,
    `  ${why}`,
    ...(verdict === "refused"
      ? [...steps.map((step, index) => `  ${index + 1}. ${step}`), `  When that is done, say so: ${done}`]
      : []),
  ]);
  const tries = untried.map(
    ({ system, version }) =>
      `${TABLES[system].product} ${version} is no known-good set: nobody is known to have tried it. Rehearse it: npm run rehearse -- --stack ${stack}`,
  );
  return [
    ...(rows.length > 0 ? [textTable(["part", "has", "will have"], rows)] : [`${stack} has these versions already.`]),
    ...told,
    ...(tries.length > 0 ? ["", ...tries] : []),
    ...(needsAttention(check) || rows.length === 0 ? [] : ["", "No step of this is known to go wrong."]),
  ].join("\n");
}
