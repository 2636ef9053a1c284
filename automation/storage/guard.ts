import { UserError } from "../../components/program/errors.ts";
import { urlOf, type Place } from "../../components/storage/client/place.ts";
import { restore, toRemove } from "../../components/storage/client/restore.ts";
import { deploymentIn, madeIn, missingFrom, namesOf, placesIn, type Made } from "../../components/storage/made.ts";
import type { StateResource } from "../../components/program/state.ts";
import { askStore } from "./ask.ts";
import { curesOfState, type Cures } from "./cures.ts";

/** A store of a state that is another one than that in which the stack made what it has. */
export class AnotherStore extends UserError {}

/** One store that a state names, as it is. */
export interface StoreLook {
  place: Place;
  /** What the stack made in it, and it has not. */
  missing: Made[];
}

/**
 * Asks the stores of a state, by its own credentials, before the engine reads what is in them: the plugin takes every bucket for gone that a
 * store does not show, one that is down too. (components/storage/guards.ts, refresh-unreachable)
 * @param ca certificates of the private authority of the store in state, PEM
 * @throws UserError with what to do; {@link AnotherStore} where another one answers
 */
export async function lookBeforeRead(state: readonly StateResource[], ca?: string): Promise<StoreLook[]> {
  return lookAtStores(state, ca, {
    cures: curesOfState("Nothing of it was read, and nothing changed."),
    another:
      "what it lacks is not what somebody removed. Bring the right one back at this address; if this one is meant, docs/recover.md says how to move there.",
  });
}

interface Words {
  cures: Cures;
  /** What follows for a store that is another one. */
  another: string;
}

async function lookAtStores(
  state: readonly StateResource[],
  ca: string | undefined,
  { cures, another }: Words,
): Promise<StoreLook[]> {
  const made = madeIn(state);
  const looks: StoreLook[] = [];
  for (const place of placesIn(state, ca)) {
    const answer = await askStore({ place, cures, buckets: [], made });
    const before = deploymentIn(state);
    if (before !== undefined && answer.deployment !== undefined && before !== answer.deployment) {
      throw new AnotherStore(
        `The store at ${urlOf(place)} is another one (deployment ${answer.deployment}) than that in which this stack made its users and policies (deployment ${before}): ${another}`,
      );
    }
    looks.push({ place, missing: missingFrom(answer, made) });
  }
  return looks;
}

const LEAVE = "If it is gone for good, leave what is in it as it is: destroy --leave-object-store.";

/**
 * Asks the store of a stack's state before a destroy: with it down, or with credentials that it refuses, most of the lab would be gone before
 * the plugin fails at its users. (components/storage/guards.ts, destroy-unreachable)
 * @param exclude URNs that the destroy leaves alone
 * @param ca certificates of the private authority of the store in state, PEM
 * @throws UserError with what to do
 */
export async function lookBeforeDestroy(
  state: readonly StateResource[],
  exclude: readonly string[] = [],
  ca?: string,
): Promise<StoreLook[]> {
  const goes = (thing: Made) => thing.kind !== "bucket" && thing.kind !== "versioning" && !exclude.includes(thing.urn);
  if (!madeIn(state).some(goes)) return [];
  const looks = await lookAtStores(state, ca, {
    cures: curesOfState(LEAVE),
    another:
      "destroy would remove those of another lab. Bring the right one back at this address, or run destroy --leave-object-store.",
  });
  return looks.map(({ place, missing }) => ({ place, missing: missing.filter(goes) }));
}

/** What is said of things that a destroy has nothing to do for. */
export function missingText(looks: readonly StoreLook[]): string[] {
  return looks.flatMap(({ place, missing }) => {
    const names = namesOf(missing).join(", ");
    return names === "" ? [] : [`The object store at ${urlOf(place)} has no ${names} any more.`];
  });
}

/**
 * Makes the engine able to remove what is gone: the plugin fails at a user or policy that is not there, so it is there once more, with a
 * key that nobody knows; rules of a bucket that is gone are forgotten, since a bucket would be left over. (components/storage/guards.ts, gone)
 * @param forget takes a resource out of the state
 */
export async function readyToDestroy(
  looks: readonly StoreLook[],
  forget: (urn: string) => Promise<void>,
): Promise<void> {
  for (const { place, missing } of looks) {
    const [rules, others] = [missing.filter(isRules), missing.filter((thing) => !isRules(thing))];
    for (const { urn } of rules) await forget(urn);
    await restore(place, others.map(toRemove));
  }
}

const isRules = ({ kind }: Made) => kind === "lifecycle";
