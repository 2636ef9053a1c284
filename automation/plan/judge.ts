import { isDeepStrictEqual } from "node:util";
import { departuresBetween } from "../../provider/protocol/values.ts";
import { partsOf, valueAt } from "../engine/changes.ts";
import { UNKNOWN_MARK, UNSEEN_MARK } from "./of-steps.ts";
import { isUnknown, isWithin } from "./places.ts";
import type { Marks, PlannedStep } from "./plan.ts";

/** How a change departs from the one that was reviewed. */
export interface Departed {
  /** Left out: it is about the object. */
  path?: string;
  about:
    | "unplanned" // It was not to change.
    | "operation"
    | "reason" // It is replaced for another reason, or the old one goes first.
    | "retained"
    | "from" // It was something else at the review.
    | "to" // It becomes something else than was reviewed.
    | "secret" // A secret becomes another than was reviewed.
    | "former secret"; // A secret was another at the review.
  reviewed?: unknown;
  now?: unknown;
}

export interface Refused {
  step: PlannedStep;
  departed: Departed[];
}

/** What comes of holding a preview against the plan that was reviewed. */
export interface Judgement {
  /** What would be done and was not reviewed. Empty: all that would be done was. */
  refused: Refused[];
  /** How many changes would be made, those that only wait among them. */
  planned: number;
  /** Objects that stand in the plan and need no change any more: it was made already, or is not asked for any more. */
  settled: string[];
  /** `Deployment a: spec.x`: places that were not known at the review and are now. */
  nowKnown: string[];
}

/**
 * Whether every change that would be made stands in a reviewed plan. Object by object, and by what changes in it: from what to what. What else
 * an object has may have become another since, by somebody's reviewed change of it.
 */
export function judge(reviewed: readonly PlannedStep[], fresh: readonly PlannedStep[]): Judgement {
  const plan = new Map(reviewed.map((step) => [step.urn, step]));
  const changing = new Set(fresh.map(({ urn }) => urn));
  const refused = fresh.flatMap((step) => {
    const departed = departures(plan.get(step.urn), step);
    return departed.length > 0 ? [{ step, departed }] : [];
  });
  const rest = reviewed.filter(({ urn, onlyWaits }) => !changing.has(urn) && !onlyWaits);
  return {
    refused,
    planned: fresh.length,
    settled: rest.map(({ object }) => object).sort(),
    nowKnown: fresh.flatMap((step) => nowKnown(plan.get(step.urn), step)),
  };
}

/**
 * Secrets of the stack file that are others than at the review, where something is known only after up: what a change becomes then may be made
 * of them, and nobody could have reviewed it.
 */
export function openSecrets(reviewed: Marks, now: Marks, fresh: readonly PlannedStep[]): string[] {
  if (!fresh.some(({ knownAfterUp }) => knownAfterUp.length > 0)) return [];
  const keys = [...new Set([...Object.keys(reviewed), ...Object.keys(now)])].sort();
  return keys.filter((key) => reviewed[key] !== now[key]);
}

function nowKnown(reviewed: PlannedStep | undefined, { object, knownAfterUp }: PlannedStep): string[] {
  return (reviewed?.knownAfterUp ?? [])
    .filter((path) => !knownAfterUp.some((open) => isWithin(partsOf(path), partsOf(open))))
    .map((path) => `${object}: ${path}`);
}

function departures(reviewed: PlannedStep | undefined, now: PlannedStep): Departed[] {
  if (reviewed === undefined) return [{ about: "unplanned", now: now.operation }, ...differences(now)];
  if (reviewed.operation !== now.operation)
    return [{ about: "operation", reviewed: reviewed.operation, now: now.operation }];
  return [
    ...handling(reviewed, now),
    ...ofValues(reviewed, now),
    ...ofSecrets(reviewed, now),
    ...ofFields(reviewed, now),
  ];
}

/** What an object that was not to change would become. */
function differences(now: PlannedStep): Departed[] {
  if (now.before === undefined || now.after === undefined) return [];
  return changedPaths(now).map((path) => ({
    about: "to",
    path,
    reviewed: valueAt(now.before, path),
    now: valueAt(now.after, path),
  }));
}

const changedPaths = ({ before = {}, after = {} }: PlannedStep): string[] =>
  departuresBetween(before, after, "").map(({ path }) => path.replace(/^\./, ""));

function handling(reviewed: PlannedStep, now: PlannedStep): Departed[] {
  const departed: Departed[] = [];
  const reasons = now.replacedFor.filter((path) => !reviewed.replacedFor.some((known) => covers(known, path)));
  if (reasons.length > 0) departed.push({ about: "reason", reviewed: reviewed.replacedFor, now: reasons });
  if (reviewed.deletedFirst !== now.deletedFirst)
    departed.push({
      about: "reason",
      path: "deleteBeforeReplace",
      reviewed: reviewed.deletedFirst,
      now: now.deletedFirst,
    });
  // Whether what was there stays when it goes, and whether what comes will.
  const goes = now.operation === "delete" || now.operation === "keep" || now.operation === "replace";
  if (goes && reviewed.retained !== now.retained)
    departed.push({ about: "retained", path: "retainOnDelete", reviewed: reviewed.retained, now: now.retained });
  if (now.retainedAfter !== undefined && now.retainedAfter !== (reviewed.retainedAfter ?? false))
    departed.push({
      about: "retained",
      path: "retainOnDelete",
      reviewed: reviewed.retainedAfter ?? false,
      now: now.retainedAfter,
    });
  return departed;
}

function ofValues(reviewed: PlannedStep, now: PlannedStep): Departed[] {
  if (now.before === undefined) return between(reviewed.after, now.after, "to", "");
  if (now.after === undefined) return between(reviewed.before, now.before, "from", "");
  return changedPaths(now).flatMap((path) => [
    ...between(valueAt(reviewed.before, path), valueAt(now.before, path), "from", path),
    ...(wasUnknown(reviewed, path) ? [] : between(valueAt(reviewed.after, path), valueAt(now.after, path), "to", path)),
  ]);
}

/** Where two values of one place differ, less what was reviewed as not known yet. */
function between(reviewed: unknown, now: unknown, about: "from" | "to", at: string): Departed[] {
  return departuresBetween(reviewed, now, at).flatMap(({ path: found }) => {
    const path = found.replace(/^\./, "");
    const inner = path.slice(at.length);
    const [was, is] = [under(reviewed, inner), under(now, inner)];
    return about === "to" && isUnknown(was) ? [] : [{ about, path, reviewed: was, now: is }];
  });
}

const under = (value: unknown, path: string) => (path === "" ? value : valueAt(value, path));

/** Whether a place, or one that it lies in, was known only after up when it was reviewed. */
const wasUnknown = ({ knownAfterUp }: PlannedStep, path: string) => knownAfterUp.some((open) => covers(open, path));

const covers = (outer: string, path: string) => isWithin(partsOf(path), partsOf(outer));

function ofSecrets({ secrets: plan, ...reviewed }: PlannedStep, { secrets, before, after }: PlannedStep): Departed[] {
  const places = [...new Set([...Object.keys(secrets.before), ...Object.keys(secrets.after)])].sort();
  return places.flatMap((path): Departed[] => {
    const [from, to] = [secrets.before[path], secrets.after[path]];
    if (from === to && to !== UNKNOWN_MARK && to !== UNSEEN_MARK) return [];
    const departed: Departed[] = [];
    if (before !== undefined && from !== plan.before[path]) departed.push({ about: "former secret", path });
    if (after === undefined || wasUnknown({ secrets: plan, ...reviewed }, path)) return departed;
    if (to === UNSEEN_MARK || to !== plan.after[path]) departed.push({ about: "secret", path });
    return departed;
  });
}

/** What the plugin alone finds different: of what differs among the inputs too, the values were compared already. */
function ofFields(reviewed: PlannedStep, now: PlannedStep): Departed[] {
  const changed = changedPaths(now);
  const isCompared = (path: string) => changed.some((one) => covers(one, path) || covers(path, one));
  const isSecret = (path: string) =>
    Object.keys({ ...now.secrets.before, ...now.secrets.after }).some((one) => covers(one, path) || covers(path, one));
  return now.fields.flatMap((field): Departed[] => {
    if (wasUnknown(reviewed, field.path) || isCompared(field.path)) return [];
    const known = reviewed.fields.find(({ path }) => covers(path, field.path));
    if (known === undefined)
      return isSecret(field.path) ? [] : [{ about: "to", path: field.path, reviewed: field.before, now: field.after }];
    if (known.path !== field.path) return [];
    return [
      ...(isDeepStrictEqual(known.before, field.before)
        ? []
        : [{ about: "from" as const, path: field.path, reviewed: known.before, now: field.before }]),
      ...(isDeepStrictEqual(known.after, field.after) || isUnknown(known.after)
        ? []
        : [{ about: "to" as const, path: field.path, reviewed: known.after, now: field.after }]),
    ];
  });
}
