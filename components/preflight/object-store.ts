import { toMakeThere, verdictOf, type Sighting } from "../storage/deployment.ts";
import { namesOf, type Made } from "../storage/made.ts";
import type { Finding } from "./check.ts";

const SECTION = "vision-platform:objectStore";
const DEPLOYMENT = `${SECTION}.deployment`;

/** What a look at the object store gives, before anything is registered. */
export interface StoreFacts extends Sighting {
  url: string;
  /** Where the store was at the last run. */
  last: string | undefined;
  /** Names of the buckets that the stack file has. */
  wanted: ReadonlySet<string>;
  stack: string;
}

/** Whether the store is the one that the stack's buckets and users are in. */
export function storeIsOurs(facts: StoreFacts): Finding[] {
  const { url, last, found, missing, meant } = facts;
  const lacks = namesOf(missing).join(", ");
  const verdict = verdictOf(facts);
  if (verdict === "unmeant") {
    const message = `Is ${meant}, but the store at ${url} is deployment ${found}. Correct the address; or if that store is meant: ${mean(found)}.`;
    return [{ severity: "refusal", path: DEPLOYMENT, message }];
  }
  if (verdict === "other") return [{ severity: "refusal", path: SECTION, message: otherText(facts) }];
  if (verdict === "here") return [];
  const message = [
    `The lab moves to the object store at ${url} (deployment ${found}): up makes its users there, each with the key that it has`,
    lacks === "" ? "." : `, and what is not there: ${lacks}.`,
    ` No object is copied. ${last === undefined || last === url ? "The one before" : `The one at ${last}`} is left as it is, its users too.`,
  ];
  return [{ severity: "warning", path: DEPLOYMENT, message: message.join("") }];
}

function otherText({ url, last, before, found, missing }: StoreFacts): string {
  const was = [before && `deployment ${before}`, last && `at ${last}`].filter(Boolean).join(", ");
  const lacks = namesOf(missing).join(", ");
  return [
    `The store at ${url} is another one${found ? ` (deployment ${found})` : ""} than that in which this stack made its buckets and users${was ? ` (${was})` : ""}.`,
    lacks === "" ? "" : ` It has no ${lacks}.`,
    " If the address is wrong, correct it.",
    found
      ? ` If the lab is to move there: copy the objects (mc mirror), say that it is meant, ${mean(found)}, and run this again.`
      : ` If the lab is to move there, its credentials must be allowed admin:ServerInfo, so that ${DEPLOYMENT} can name it.`,
  ].join("");
}

const mean = (id = "") => `pulumi config set --path '${DEPLOYMENT}' ${id}`;

/** What is in state and has to be made again. What the stack file no longer names is let go of, there or not. */
export function toMakeAgain(facts: StoreFacts): Made[] {
  const { made, missing } = facts;
  const all = verdictOf(facts) === "moved" ? toMakeThere(made, missing) : missing;
  return all.filter((thing) => !isLeft(facts, thing));
}

const isLeft = ({ wanted }: StoreFacts, thing: Made) => "bucket" in thing && !wanted.has(thing.bucket);

/** Whether what was made in it is still there. */
export function storeIsWhole(facts: StoreFacts): Finding[] {
  const names = namesOf(toMakeAgain(facts));
  if (names.length === 0 || verdictOf(facts) !== "here") return [];
  const message = `The store at ${facts.url} has not what this stack made in it: ${names.join(", ")}. up makes it again as it was; a bucket is empty then.`;
  return [{ severity: "warning", path: SECTION, message }];
}

/** Rules of a bucket that neither the stack file nor the store has any more: the plugin fails to remove them. (guards.ts, gone) */
export function rulesCanGo(facts: StoreFacts): Finding[] {
  const stranded = facts.missing.filter((thing) => thing.kind === "lifecycle" && isLeft(facts, thing));
  return stranded.map(({ urn }) => ({
    severity: "refusal",
    path: SECTION,
    message: `The store at ${facts.url} has a bucket no more whose rules are to be removed. Forget them: pulumi state delete --stack ${facts.stack} --yes '${urn}'`,
  }));
}

/** Everything that is looked at in the object store before a run changes it. */
export const STORE_CHECKS: readonly ((facts: StoreFacts) => Finding[])[] = [storeIsOurs, storeIsWhole, rulesCanGo];
