import { tokenOf } from "../../components/records/tokens.ts";
import type { StoredResource } from "../engine/stored-state.ts";
import { hasState } from "../engine/steps.ts";
import { parseUrn } from "../engine/urn.ts";
import { modifiedOf } from "./checkpoint.ts";

/** What taking an older state in the place of the present one means, by the objects' names. */
export interface Difference {
  /** Only the present state has them. */
  forgotten: string[];
  /** Only the older one has them. */
  known: string[];
  /** Both have them, and a run has changed them since. */
  changed: string[];
  /** Generated passwords and keys that were made, or made anew, since. */
  passwords: string[];
}

/** @param present the resources of the present state @param older those of the one that would take its place */
export function differenceBetween(present: readonly StoredResource[], older: readonly StoredResource[]): Difference {
  const [now, then] = [ofObjects(present), ofObjects(older)];
  const forgotten = [...now].filter(([urn]) => !then.has(urn));
  const changed = [...now].filter(([urn, one]) => {
    const before = then.get(urn);
    return before !== undefined && modifiedOf(before) !== modifiedOf(one);
  });
  const isPassword = ([, { type }]: [string, StoredResource]) => tokenOf(type) === "secrets:GeneratedText";
  const names = (all: readonly [string, StoredResource][]) => all.map(([urn]) => nameOf(urn)).sort();
  return {
    forgotten: names(forgotten.filter((one) => !isPassword(one))),
    known: names([...then].filter(([urn]) => !now.has(urn))),
    changed: names(changed.filter((one) => !isPassword(one))),
    passwords: names([...forgotten, ...changed].filter(isPassword)),
  };
}

const ofObjects = (resources: readonly StoredResource[]) =>
  new Map(resources.filter((one) => hasState(one) && !isGoing(one)).map((one) => [one.urn, one]));

/** What only waits to be deleted has the URN of what takes its place. */
const isGoing = (resource: StoredResource) => resource.delete === true;

function nameOf(urn: string): string {
  const { kind, short, system } = parseUrn(urn);
  return `${kind} ${short} (${system})`;
}

/** What restoring means, in words; empty where the two know the same. */
export function differenceText({ forgotten, known, changed, passwords }: Difference): string[] {
  return [
    ...listed(
      forgotten,
      "would be known no longer. They stay where they are; the next up takes over those that the stack file has, and nobody looks after the others",
    ),
    ...listed(
      known,
      "would be known again, whether they are there or not. The next up removes those that the stack file has no more, and believes that the others are there",
    ),
    ...listed(
      changed,
      "were changed since. Up would take them for what they were then, and see no difference where the stack file says the same",
    ),
    ...listed(
      passwords,
      "were made since, or made anew. Up would have the former ones or none, and what they open has those of now",
    ),
  ];
}

function listed(names: readonly string[], words: string): string[] {
  return names.length === 0 ? [] : [`  ${names.length} ${words}:`, ...names.map((name) => `    ${name}`)];
}
