import { isMap } from "../../components/program/maps.ts";
import { HIDDEN } from "../engine/outputs.ts";
import type { Observed } from "../engine/observed.ts";
import { entriesOf, holders, isOurs, keysHeld, newcomers, ownerOf, type TimedEntry } from "./by-managers.ts";
import { departuresOf, pathText, type Departure, type Part } from "./departures.ts";
import { ownerWords, type DriftedField, type Judged } from "./finding.ts";
import { noiseOf } from "./noise.ts";

interface Sides {
  type: string;
  before: TimedEntry[];
  after: TimedEntry[];
}

/**
 * What of an object of Kubernetes is not as the last `up` left it, by our own comparison: to the engine, what somebody added is no change.
 * (pull-requests.md, 5)
 */
export function judgeObject({ type, before, after }: Pick<Observed, "type" | "before" | "after">): Judged {
  const [old, now] = [withoutOwn(before.outputs), withoutOwn(after?.outputs ?? {})];
  const sides = { type, before: entriesOf(before.outputs), after: entriesOf(after?.outputs) };
  const departures = [...departuresOf(old, now), ...(isSecret(type) ? secretKeys(sides) : [])];
  const judged: Judged = { fields: [], noise: [] };
  for (const departure of departures) {
    const field = fieldOf(departure, sides);
    const row = noiseOf({ type, path: field.path, how: field.how, owners: field.owners, wasOurs: field.wasOurs });
    if (row) judged.noise.push(row.id);
    else judged.fields.push(shownField(field, sides));
  }
  return judged;
}

/** Without what the plugin keeps beside the object, and who set what: that is read for itself. */
function withoutOwn(outputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const own = Object.entries(outputs).filter(([key]) => !key.startsWith("__"));
  return Object.fromEntries(
    own.map(([key, value]) =>
      key === "metadata" && isMap(value)
        ? [key, Object.fromEntries(Object.entries(value).filter(([inner]) => inner !== "managedFields"))]
        : [key, value],
    ),
  );
}

const isSecret = (type: string) => type === "kubernetes:core/v1:Secret" || type === "kubernetes:core/v1:SecretPatch";

/** Values of a Secret are hidden on both sides: what somebody did to them shows by who holds which key. */
function secretKeys({ before, after }: Sides): Departure[] {
  const keysOf = (entries: readonly TimedEntry[]) => new Set(entries.flatMap((entry) => keysHeld(entry, "data")));
  const [ours, theirs] = [keysOf(after.filter(isOurs)), keysOf(after.filter((entry) => !isOurs(entry)))];
  const [oursBefore, theirsBefore] = [keysOf(before.filter(isOurs)), keysOf(before.filter((entry) => !isOurs(entry)))];
  const at = (key: string): readonly Part[] => ["data", key];
  const held = [...theirs].filter((key) => !theirsBefore.has(key) && !ours.has(key));
  const left = [...oursBefore].filter((key) => !ours.has(key) && !theirs.has(key));
  return [
    ...held.map((key) => ({ parts: at(key), before: oursBefore.has(key) ? HIDDEN : undefined, after: HIDDEN })),
    ...left.map((key) => ({ parts: at(key), before: HIDDEN, after: undefined })),
  ];
}

interface Found extends Departure {
  path: string;
  how: DriftedField["how"];
  owners: ReturnType<typeof ownerOf>[];
  wasOurs: boolean;
}

function fieldOf(departure: Departure, { before, after }: Sides): Found {
  const { parts, before: was, after: is } = departure;
  return {
    ...departure,
    path: pathText(parts),
    how: was === undefined ? "added" : is === undefined ? "removed" : "changed",
    owners: holders(after, parts).map(ownerOf),
    wasOurs: holders(before, parts).some(isOurs),
  };
}

function shownField(
  { parts, path, how, before: was, after: is, owners }: Found,
  { before, after }: Sides,
): DriftedField {
  const [owner] = [...owners].sort((one, other) => (other.time ?? "").localeCompare(one.time ?? ""));
  // Whoever takes a field away does not hold it: it was one of those who came since.
  const [newest] = newcomers(before, after).filter((entry) => !isOurs(entry) && entry.subresource !== "status");
  const who = owner ?? (how === "removed" && newest ? ownerOf(newest) : undefined);
  return {
    path,
    how,
    ...(was !== undefined && { before: was }),
    ...(is !== undefined && { after: is }),
    ...(who && { by: ownerWords(who) }),
    ...(who?.time !== undefined && { at: who.time }),
    parts,
  };
}
