import type { LedgerRow } from "../../components/charts/ledger.ts";
import { UNKNOWN } from "../../components/records/kind.ts";
import { departuresBetween } from "../../provider/protocol/values.ts";
import { valueAt, type Operation } from "../engine/changes.ts";
import { chartMoves, type ChartMove } from "../engine/chart-versions.ts";
import type { Step } from "../engine/steps.ts";
import type { Seen } from "../engine/run.ts";
import type { Compared } from "./compared.ts";
import { findingsIn, type Finding } from "./findings/finding.ts";
import { imageMoves, restarts, type ImageMove } from "./findings/pods.ts";
import { FINDING_ROWS } from "./findings/rows.ts";
import type { LabGraph } from "./graph/graph.ts";
import { marked } from "./graph/marked.ts";
import { waitsFor, type Dependencies, type Waiting } from "./waits.ts";
import { objectDiff, type ObjectDiff } from "./object-diff.ts";

/** What a preview comes to, for whoever reads it before it is done. */
export interface PlanReport {
  stack: string;
  /** What was compared with what. Undefined: what would be installed with what is. */
  compared?: Compared | undefined;
  /** One sentence: whether it is routine, and else why not. */
  verdict: string;
  findings: Finding[];
  /** Objects of which it is known only after `up` whether they change: they are given what is not known yet. */
  waiting: Waiting[];
  /** How many of each system's objects change, by what happens to them. */
  counts: Record<string, Partial<Record<Operation, number>>>;
  unchanged: number;
  /** Workloads whose pods start anew: `Deployment cvat-backend-server`. */
  restarts: string[];
  images: (ImageMove & { object: string })[];
  /** Charts that are installed in another version. */
  charts: ChartMove[];
  /** Objects that were renamed or moved, and nothing else became of them. */
  moved: { object: string; from: string }[];
  objects: ObjectReport[];
  /** The lab with what becomes of its parts. Undefined: nothing of it changes, all of it is new, or the lab is not known. */
  graph: LabGraph | undefined;
  /** What becomes of the fixes, where this preview came so far. */
  fixes: readonly LedgerRow[];
  warnings: readonly string[];
  /** Why the preview ended before it had seen everything. Undefined: it has. */
  failure: string | undefined;
}

export interface ObjectReport {
  system: string;
  kind: string;
  name: string;
  operation: Operation;
  diff: ObjectDiff;
  /** What its values wait for that are known only after `up`. */
  until: string[];
}

export interface Previewed extends Seen {
  stack: string;
  compared?: Compared | undefined;
  warnings: readonly string[];
  failure?: string | undefined;
  /** The lab of the stack file, to be marked. Default: the report has no picture. */
  lab?: LabGraph | undefined;
  /** Of the last run's state. Default: not known, and nothing says what it waits for. */
  dependencies?: Dependencies;
}

/** What a preview comes to in one sentence, for whoever reads no more: without the differences of each object. */
export const verdictOf = (previewed: Previewed): string => weighed(previewed).verdict;

/** The changes of a preview, told apart, and how grave they are. */
function weighed(previewed: Previewed) {
  const { compared, failure } = previewed;
  // The engine tells of them in another order each time.
  const steps = [...previewed.steps].sort(bySystemAndKind);
  const all = steps.filter(({ change }) => change !== undefined);
  const waiting = all.filter(onlyWaits);
  const withoutWaiting = steps.filter((step) => !waiting.includes(step));
  const changing = all.filter((step) => !waiting.includes(step));
  const isNew = steps.length > 0 && steps.every(({ before }) => before === undefined);
  // Of a lab that is made, everything opens and nothing is at stake.
  const findings = isNew ? [] : findingsIn({ ...previewed, steps: withoutWaiting }, FINDING_ROWS);
  const anew = changing.filter(restarts).map(named).sort();
  const sentence = verdictText(findings, {
    changing,
    rollouts: anew.length,
    failure,
    isNew,
    isAlone: compared?.alone !== undefined,
    isAnySeen: steps.length > 0,
  });
  return { steps, waiting, withoutWaiting, changing, isNew, findings, anew, verdict: sentence };
}

/** The report of a preview. */
export function planReport(previewed: Previewed): PlanReport {
  const { stack, compared, fixes, warnings, failure } = previewed;
  const { steps, waiting, withoutWaiting, changing, isNew, findings, anew, verdict } = weighed(previewed);
  const until = (step: Step) => waitsFor(step, steps, previewed.dependencies ?? {});
  return {
    stack,
    ...(compared && { compared }),
    verdict,
    findings,
    waiting: waiting.map((step) => ({ object: named(step), until: until(step) })).sort(byObject),
    counts: countsOf(changing),
    unchanged: steps.length - waiting.length - changing.length,
    restarts: anew,
    images: changing.flatMap((step) => imageMoves(step).map((move) => ({ object: named(step), ...move }))),
    charts: previewed.charts ? chartMoves(previewed.charts) : [],
    moved: steps.flatMap((step) =>
      step.was ? [{ object: named(step), from: `${step.was.kind} ${step.was.name}` }] : [],
    ),
    objects: changing.map((step) => ({
      system: step.system,
      kind: step.kind,
      name: step.short,
      operation: step.change?.operation ?? "update",
      diff: objectDiff(step),
      until: until(step),
    })),
    graph: previewed.lab && changing.length > 0 && !isNew ? marked(previewed.lab, withoutWaiting, findings) : undefined,
    fixes: fixes.after,
    warnings,
    failure,
  };
}

const byObject = (one: Waiting, other: Waiting) => one.object.localeCompare(other.object);

const bySystemAndKind = (one: Step, other: Step) =>
  one.system.localeCompare(other.system) || one.kind.localeCompare(other.kind) || one.short.localeCompare(other.short);

/** Whether an update gives an object nothing new but what is not known yet: a known difference beside one that is not is a change. */
export function onlyWaits({ change, before, after }: Step): boolean {
  if (change?.operation !== "update" || before === undefined || after === undefined) return false;
  const departures = departuresBetween(before, after, "");
  const isKnown = (path: string) => !String(valueAt(after, path)).includes(UNKNOWN);
  return departures.length > 0 && departures.every(({ path }) => !isKnown(path));
}

const named = ({ kind, short }: Step) => `${kind} ${short}`;

interface Extent {
  changing: readonly Step[];
  rollouts: number;
  failure: string | undefined;
  /** Nothing of it is there yet. */
  isNew: boolean;
  /** What it would be compared with is not there. */
  isAlone: boolean;
  /** Whether the preview came to any object. */
  isAnySeen: boolean;
}

function verdictText(
  findings: readonly Finding[],
  { changing, rollouts, failure, isNew, isAlone, isAnySeen }: Extent,
): string {
  const careful = findings.filter(({ severity }) => severity === "careful");
  const extent = `${counted(changing.length, "object changes", "objects change")}, ${counted(rollouts, "rollout", "rollouts")}`;
  if (failure !== undefined && !isAnySeen) return "Nothing was seen: the preview failed before its first object.";
  if (failure !== undefined) return `Not all was seen: the preview failed. Of what was seen, ${extent}.`;
  const titles = [...new Set(careful.map(({ title }) => title))];
  if (isNew && isAlone)
    return `Compared with nothing: all ${counted(changing.length, "object is shown as new", "objects are shown as new")}.`;
  if (isNew)
    return `New: this stack has nothing yet, and ${counted(changing.length, "object is made", "objects are made")}.`;
  if (titles.length > 0) return `Careful: ${titles.join(", ")}. ${capital(extent)}.`;
  if (changing.length === 0) return "Routine: nothing changes.";
  return `Routine: ${extent}, no data touched.`;
}

function counted(count: number, one: string, more: string): string {
  return `${count === 0 ? "no" : count} ${count === 1 ? one : more}`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function countsOf(changing: readonly Step[]): PlanReport["counts"] {
  const counts: PlanReport["counts"] = {};
  for (const { system, change } of changing) {
    const own = (counts[system] ??= {});
    if (change) own[change.operation] = (own[change.operation] ?? 0) + 1;
  }
  return counts;
}
