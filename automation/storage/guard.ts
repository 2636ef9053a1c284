import type * as auto from "@pulumi/pulumi/automation/index.js";
import { PROJECT } from "../../components/lab/sections.ts";
import { UserError } from "../../components/program/errors.ts";
import { placeOfConfig } from "../../components/storage/access.ts";
import { bucketsOf } from "../../components/storage/buckets.ts";
import { urlOf, type Place } from "../../components/storage/client/place.ts";
import { restore, toRemove } from "../../components/storage/client/restore.ts";
import { objectStoreConfig } from "../../components/storage/object-store-section.ts";
import { deploymentIn, madeIn, missingFrom, namesOf, placesIn, type Made } from "../../components/storage/made.ts";
import type { StateResource } from "../../components/program/state.ts";
import { readAuthority } from "../stackfile/authority-file.ts";
import { askStore } from "./ask.ts";
import { curesOfFile, curesOfState } from "./cures.ts";
import { known } from "./known.ts";

/**
 * Refuses to go on unless the object store answers to the credentials in the stack's configuration, which the program of a refresh puts into
 * state before anything is read with them. (components/storage/guards.ts, refresh-unreachable)
 * @throws UserError naming the key and the cure
 */
export async function assertStoreAnswers(
  stack: Pick<auto.Stack, "getAllConfig"> & { workspace: Pick<auto.Workspace, "workDir"> },
): Promise<void> {
  const { value } = (await stack.getAllConfig())[`${PROJECT}:objectStore`] ?? {};
  if (value === undefined) return;
  const section = JSON.parse(value) as unknown;
  const config = objectStoreConfig.parse(section);
  const { certificates, problems } = await readAuthority(section, stack.workspace.workDir);
  if (problems.length > 0) throw new UserError(problems.map(({ path, message }) => `${path}: ${message}`));
  const place = placeOfConfig(config, certificates);
  if (place === undefined) return;
  await askStore({ place: await known(place), cures: curesOfFile(config), buckets: bucketsOf(config), made: [] });
}

const LEAVE = "If it is gone for good, leave what is in it as it is: destroy --leave-object-store.";

/** What a destroy meets in the object store that the engine will work on, by what is in state. */
export interface BeforeDestroy {
  place: Place;
  /** What is to be removed, and is not there any more. */
  missing: Made[];
}

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
): Promise<BeforeDestroy[]> {
  const made = madeIn(state);
  const goes = (thing: Made) => thing.kind !== "bucket" && thing.kind !== "versioning" && !exclude.includes(thing.urn);
  const looks: BeforeDestroy[] = [];
  for (const place of made.some(goes) ? placesIn(state, ca) : []) {
    const answer = await askStore({ place, cures: curesOfState(LEAVE), buckets: [], made });
    const before = deploymentIn(state);
    if (before !== undefined && answer.deployment !== undefined && before !== answer.deployment) {
      throw new UserError(
        `The store at ${urlOf(place)} is another one (deployment ${answer.deployment}) than that in which this stack made its users and policies (deployment ${before}): destroy would remove those of another lab. Bring the right one back at this address, or run destroy --leave-object-store.`,
      );
    }
    looks.push({ place, missing: missingFrom(answer, made).filter(goes) });
  }
  return looks;
}

/** What is said of things that a destroy has nothing to do for. */
export function missingText(looks: readonly BeforeDestroy[]): string[] {
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
  looks: readonly BeforeDestroy[],
  forget: (urn: string) => Promise<void>,
): Promise<void> {
  for (const { place, missing } of looks) {
    const [rules, others] = [missing.filter(isRules), missing.filter((thing) => !isRules(thing))];
    for (const { urn } of rules) await forget(urn);
    await restore(place, others.map(toRemove));
  }
}

const isRules = ({ kind }: Made) => kind === "lifecycle";
