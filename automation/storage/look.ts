import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../components/program/errors.ts";
import { STORE_CHECKS, toMakeAgain, type StoreFacts } from "../../components/preflight/object-store.ts";
import { problemList } from "../../components/schema/problems.ts";
import { RunError } from "../../components/program/run-errors.ts";
import type { StateResource } from "../../components/program/state.ts";
import { bucketsOf } from "../../components/storage/buckets.ts";
import { placeOfConfig } from "../../components/storage/access.ts";
import { urlOf } from "../../components/storage/client/place.ts";
import type { ObjectStoreConfig } from "../../components/storage/object-store-config.ts";
import { NOTHING_FOUND, type StoreFindings } from "../../components/storage/findings.ts";
import { deploymentIn, madeIn, missingFrom, namesOf, placesIn, type Made } from "../../components/storage/made.ts";
import { authorityOfState } from "../stackfile/authority-file.ts";
import { askStore } from "./ask.ts";
import { curesOfFile, curesOfState } from "./cures.ts";
import { known } from "./known.ts";

/**
 * Compares the object store with what the stack has made in it, before the program registers anything. Only a preview goes on without an
 * answer: it changes nothing, and says so in a warning.
 * @param state what the stack's last run left
 * @throws RunError with the cure, shown without a stack trace
 */
export async function lookAtStore(
  config: ObjectStoreConfig | undefined,
  state: readonly StateResource[],
  authority: AuthorityOptions,
): Promise<StoreFindings> {
  try {
    return config === undefined ? await lookBack(state, authority.folder) : await look(config, state, authority.ca);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (!(error instanceof Unseen) || !pulumi.runtime.isDryRun()) throw new RunError(error.message);
    await pulumi.log.warn(
      `${error.message}\nSo the object store was not looked at: this preview takes what the stack has made in it for there, and each bucket that is not in state for one to be made. up refuses until the store answers.`,
    );
    return { ...NOTHING_FOUND, deployment: deploymentIn(state) };
  }
}

export interface AuthorityOptions {
  /** Folder of Pulumi.yaml: what the state names is relative to it. */
  folder: string;
  /** Certificates of the private authority that the section names, PEM. */
  ca?: string | undefined;
}

/** The store could not be asked. */
class Unseen extends UserError {}

const asUnseen = (error: unknown): never => {
  throw error instanceof UserError ? new Unseen(error.problems, { cause: error }) : error;
};

async function look(
  config: ObjectStoreConfig,
  state: readonly StateResource[],
  ca: string | undefined,
): Promise<StoreFindings> {
  const place = placeOfConfig(config, ca);
  if (place === undefined) return NOTHING_FOUND;
  const made = madeIn(state);
  const buckets = bucketsOf(config);
  const asked = { place: await known(place), cures: curesOfFile(config), buckets, made };
  const answer = await askStore(asked).catch(asUnseen);
  const before = deploymentIn(state);
  const facts: StoreFacts = {
    url: urlOf(asked.place),
    last: placesIn(state).map(urlOf)[0],
    wanted: new Set(buckets.map(({ name }) => name)),
    stack: pulumi.getStack(),
    before,
    meant: config.deployment,
    found: answer.deployment,
    made,
    missing: missingFrom(answer, made),
  };
  const findings = STORE_CHECKS.flatMap((check) => check(facts));
  const refusals = findings.filter(({ severity }) => severity === "refusal");
  if (refusals.length > 0) {
    throw new UserError(
      problemList(`The object store does not fit stack ${facts.stack}, and nothing was changed:`, refusals),
    );
  }
  for (const { path, message } of findings) await pulumi.log.warn(`${path}: ${message}`);
  return {
    seen: true,
    existing: answer.buckets,
    deployment: answer.deployment ?? before,
    missing: toMakeAgain(facts),
  };
}

/** Of a lab whose stack file has no store any more: what the last one made in it goes, with the credentials of then. */
async function lookBack(state: readonly StateResource[], folder: string): Promise<StoreFindings> {
  const ca = await authorityOfState(state, folder);
  const made = madeIn(state);
  const cures = curesOfState("Or put vision-platform:objectStore back into the stack file.");
  for (const place of made.some(isRemoved) ? placesIn(state, ca) : []) {
    const missing = missingFrom(await askStore({ place, cures, buckets: [], made }).catch(asUnseen), made);
    if (!missing.some(isRemoved)) continue;
    throw new UserError(
      `The object store at ${urlOf(place)} has not what is to be removed from it: ${namesOf(missing).join(", ")}. Put vision-platform:objectStore back into the stack file and run up, which makes it again; then take it out.`,
    );
  }
  return NOTHING_FOUND;
}

/** Buckets and their versioning are only let go of. */
const isRemoved = ({ kind }: Made) => kind !== "bucket" && kind !== "versioning";
