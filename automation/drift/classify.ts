import { isWait, isComponent, tokenOf, type Token } from "../../components/records/tokens.ts";
import type { Observed, ReadBack } from "../engine/observed.ts";
import { parseUrn } from "../engine/urn.ts";
import type { Accident, Changed, Gone, Judged, Unchecked } from "./finding.ts";
import { judgeObject } from "./judge-object.ts";
import { judgeRecord, RECORD_NOISE } from "./judge-record.ts";
import { NOISE } from "./noise.ts";
import { withoutTyped } from "./typed-secrets.ts";

/** What a look at a lab came to. */
export interface Drift {
  stack: string;
  /** What is wrong with the whole, which is said first. */
  accidents: Accident[];
  changed: Changed[];
  gone: Gone[];
  unchecked: Unchecked[];
  /** How many objects and records were looked at and judged. */
  checked: number;
  /** Differences that mean nothing: how many, and why. */
  noise: { id: string; why: string; count: number }[];
}

export interface Looked {
  stack: string;
  /** The stack's resources as the last run left them. */
  resources: readonly { urn: string; type: string; namespace?: string | undefined }[];
  read: ReadBack;
  /** What the object store itself says it has not, by URN. */
  missing: ReadonlySet<string>;
  /** What was not asked at all, and why, by URN. */
  left: ReadonlyMap<string, string>;
  /** What was lost with a cluster or a namespace: the accident tells of it. */
  lost: ReadonlySet<string>;
  accidents: readonly Accident[];
}

/** Records that stand for nothing outside of the state, or whose thing the state alone can tell. */
const IN_STATE: readonly Token[] = [
  "preflight:Cluster",
  "secrets:Departures",
  "secrets:GeneratedText",
  "secrets:KeptPasswords",
  "secrets:Restart",
  "storage:DerivedKeys",
  "storage:Presence",
  "clearml:ApiKeys",
];

/** Whether there is something to look at: an object of Kubernetes, a thing in the store, a record in a system. */
export function isOfTheLab(type: string): boolean {
  const token = tokenOf(type);
  if (token !== undefined) return !isWait(type) && !IN_STATE.includes(token);
  return !isComponent(type) && !/^(pulumi:|command:|kubernetes:helm\.sh\/)/.test(type);
}

/** Judges what was read: each of the stack's objects is as it was, changed, gone, or was not checked. */
export function classify({ stack, resources, read, missing, left, lost, accidents }: Looked): Drift {
  const seen = new Map(read.observed.map((one) => [one.urn, one]));
  const drift: Drift = {
    stack,
    accidents: [...accidents],
    changed: [],
    gone: [],
    unchecked: [],
    checked: 0,
    noise: [],
  };
  const reasons = new Map<string, string[]>();
  const noise: string[] = [];
  for (const { urn, type, namespace } of resources) {
    if (!isOfTheLab(type) || lost.has(urn)) continue;
    const named = { ...parseUrn(urn), urn, ...(namespace !== undefined && { namespace }) };
    const observed = seen.get(urn);
    const reason = left.get(urn) ?? (missing.has(urn) ? undefined : read.unread.get(urn));
    if (reason !== undefined || (observed === undefined && !missing.has(urn))) {
      const why = reason ?? read.otherwise ?? "the engine came to no answer about it";
      reasons.set(why, [...(reasons.get(why) ?? []), `${named.kind} ${named.short}`]);
      continue;
    }
    drift.checked++;
    if (missing.has(urn) || observed?.isGone) {
      drift.gone.push(named);
      continue;
    }
    const judged = observed ? judge(observed) : { fields: [], noise: [] };
    noise.push(...judged.noise);
    if (judged.fields.length > 0) drift.changed.push({ ...named, fields: judged.fields.map(withoutTyped) });
  }
  drift.changed.sort(bySystem);
  drift.gone.sort(bySystem);
  drift.unchecked = [...reasons].map(([reason, objects]) => ({ reason, objects: objects.sort() }));
  drift.noise = [...NOISE, ...RECORD_NOISE]
    .map(({ id, why }) => ({ id, why, count: noise.filter((one) => one === id).length }))
    .filter(({ count }) => count > 0);
  return drift;
}

const judge = (observed: Observed): Judged =>
  observed.type.startsWith("kubernetes:") ? judgeObject(observed) : judgeRecord(observed);

const bySystem = (one: Gone, other: Gone) =>
  one.system.localeCompare(other.system) || one.kind.localeCompare(other.kind) || one.short.localeCompare(other.short);

/** Whether everything was looked at and nothing differs. */
export const isClean = ({ accidents, changed, gone, unchecked }: Drift): boolean =>
  accidents.length + changed.length + gone.length + unchecked.length === 0;
