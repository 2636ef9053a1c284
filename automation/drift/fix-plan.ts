import { tokenOf } from "../../components/records/tokens.ts";
import type { Drift } from "./classify.ts";
import type { Changed, Gone } from "./finding.ts";
import { fieldWords, named } from "./words.ts";

/** How what was found goes back to what the last `up` made. */
export interface FixPlan {
  /** Objects of Kubernetes that get their fields back, by the API server. */
  changed: Changed[];
  /** Objects of Kubernetes that are made again. */
  gone: Gone[];
  /** Records, which their own plugin reads and sets: URNs that the engine takes note of, and then works on. */
  records: { read: string[]; work: string[]; names: string[] };
  /** What is not repaired, and why. */
  refused: { object: string; why: string }[];
}

/**
 * @param resources all the stack's
 * @param missing URNs of what the object store itself says it has not
 */
export function planFix(
  { changed, gone }: Pick<Drift, "changed" | "gone">,
  resources: readonly { urn: string; type: string }[],
  missing: ReadonlySet<string>,
): FixPlan {
  const isObject = ({ type }: Gone) => type.startsWith("kubernetes:");
  const isPatch = (one: Gone) => isObject(one) && one.type.endsWith("Patch");
  const ofToken = (token: string) => resources.filter(({ type }) => tokenOf(type) === token).map(({ urn }) => urn);
  const records = [...changed, ...gone].filter((one) => !isObject(one));
  // What the store says it has not is made again by the record on which all of the store depends. (components/storage/records/presence.ts)
  const read = records.filter(({ urn }) => !missing.has(urn)).map(({ urn }) => urn);
  const image = records.some(({ type }) => tokenOf(type) === "images:Presence");
  return {
    changed: changed.filter(isObject),
    gone: gone.filter((one) => isObject(one) && !isPatch(one)),
    records: {
      read,
      work: [
        ...read,
        ...(records.length > read.length ? ofToken("storage:Presence") : []),
        // An image is brought by commands, which begin anew with what says that it is there.
        ...(image ? resources.filter(({ type }) => type.startsWith("command:")).map(({ urn }) => urn) : []),
      ],
      names: records.map(named),
    },
    refused: gone.filter(isPatch).map((one) => ({
      object: named(one).replace("Patch", ""),
      why: "another program made it, and the lab only sets some of its fields: bring it back by what made it, then run this again",
    })),
  };
}

export const isEmpty = ({ changed, gone, records }: FixPlan): boolean =>
  changed.length + gone.length + records.work.length === 0;

/** What a fix would do, line by line. */
export function fixText({ changed, gone, records, refused }: FixPlan, all: Pick<Drift, "changed" | "gone">): string {
  const isRecord = ({ urn }: Gone) => !changed.some((one) => one.urn === urn) && !gone.some((one) => one.urn === urn);
  return [
    ...changed.flatMap((one) => [
      `  ~ ${named(one)}`,
      ...one.fields.map(
        (field) => `      ${field.path}: ${field.how === "added" ? "taken away" : "put back"} (${fieldWords(field)})`,
      ),
    ]),
    ...gone.map(
      (one) =>
        `  + ${named(one)}${one.kind === "PersistentVolumeClaim" ? ", empty: what was in its volume is not in it" : ""}`,
    ),
    ...(records.names.length === 0
      ? []
      : [
          ...all.changed.filter(isRecord).map((one) => `  ~ ${named(one)}`),
          ...all.gone
            .filter((one) => isRecord(one) && !one.type.endsWith("Patch"))
            .map((one) => `  + ${named(one)}${one.kind === "S3Bucket" ? ", empty: what was in it is not in it" : ""}`),
        ]),
    ...refused.map(({ object, why }) => `  not repaired: ${object}: ${why}.`),
  ].join("\n");
}
