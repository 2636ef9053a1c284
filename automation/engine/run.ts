import { setTimeout as pause } from "node:timers/promises";
import type * as auto from "@pulumi/pulumi/automation/index.js";
import type { LedgerRow } from "../../components/charts/ledger.ts";
import { UserError } from "../../components/program/errors.ts";
import { PACKAGE } from "../../components/records/tokens.ts";
import type { Progress, ProgressTask } from "../progress.ts";
import { authorityOfState } from "../stackfile/authority-file.ts";
import { lookBeforeDestroy, lookBeforeRead, missingText, readyToDestroy } from "../storage/guard.ts";
import { chartsIn } from "./chart-versions.ts";
import { changesIn, type Change } from "./changes.ts";
import { countsIn } from "./counts.ts";
import { Stopped } from "../signals.ts";
import { whileAtWork } from "./at-work.ts";
import { plain, problemsIn } from "./diagnostics.ts";
import { locksStack, removeLeftLocks } from "./locks.ts";
import { isOwnDoing } from "./own-doing.ts";
import { secretsHidden } from "./outputs.ts";
import { refusal } from "./refusal.ts";
import { withoutSdkDebugging } from "./sdk-debugging.ts";
import { isForDebugging } from "./secrets.ts";
import { forget, stateOf } from "./state.ts";
import { afterPending, withoutAdvice } from "./pending-warning.ts";
import { stepsIn, type Step } from "./steps.ts";
import { stoppedText } from "./stopped.ts";
import { withProviders } from "./providers.ts";
import { foundIn, readBackIn, type ReadBack } from "./observed.ts";
import { parseUrn } from "./urn.ts";

/** What a run of the engine did, or a preview found. */
export interface Outcome {
  changes: Change[];
  /** Number of resources by what happened to them, as the engine counts: `same` among them, and `unseen` where a system was not looked at. */
  counts: Record<string, number>;
  /** What became of every fix; empty where the program did not run. */
  ledger: LedgerRow[];
  /** Warnings of the engine and of the program. */
  warnings: string[];
  milliseconds: number;
  /** Of an `up`: the stack's outputs, with every secret hidden. */
  outputs?: Record<string, unknown>;
}

export interface RunOptions {
  progress: Progress;
  /** How many resources the engine works on at once. Default: the engine's own, 4 for each core. */
  parallel?: number | undefined;
  /** URNs that a destroy or a refresh leaves alone. */
  exclude?: string[];
  /** URNs of the only resources that an up, a preview or a refresh works on. Default: all. */
  target?: string[];
  /** Ends the run when it is aborted, as Ctrl-C does. Default: a signal to this process alone ends it. */
  signal?: AbortSignal | undefined;
  /** Is told of every resource that was seen, whether the run ends well or fails. Default: nobody asks, and nothing is gathered. */
  seen?: (seen: Seen) => void;
  /** Is told in the same way what a refresh read. */
  read?: (read: ReadBack) => void;
  /** Of a preview and an up: lays something around the program, for this run alone. Default: the program runs as it is. */
  around?: Around | undefined;
}

/** Gives a program that does something more. The engine runs it once it has the stack's lock, where its operation takes one. */
export type Around = (program: auto.PulumiFn) => auto.PulumiFn;

/** What a run saw, as far as it came. */
export interface Seen {
  /** Every resource, those that stay too. */
  steps: readonly Step[];
  /** What the last run and this one say of the fixes. Of a stack that is new the last has none. */
  fixes: { before: readonly LedgerRow[]; after: readonly LedgerRow[] };
  /** Versions of the charts that the last run and this one install, by chart. Default: not known. */
  charts?: { before: Readonly<Record<string, string>>; after: Readonly<Record<string, string>> };
}

/** `preview-refresh` reads what is there and changes nothing, the state neither, and takes no lock; `refresh` takes it into the state. */
export type Verb = "preview" | "up" | "preview-destroy" | "destroy" | "preview-refresh" | "refresh";

const TITLES: Record<Verb, string> = {
  preview: "Previewing",
  up: "Bringing up",
  "preview-destroy": "Looking at what destroy would remove from",
  destroy: "Taking down",
  "preview-refresh": "Reading what is there of",
  refresh: "Taking note of what is there of",
};

/**
 * Runs one operation of the engine with progress, and gives what changed.
 * @throws UserError with what the engine and the API server refused, object by object; Stopped when this process was asked to end.
 */
export async function runEngine(stack: auto.Stack, verb: Verb, options: RunOptions): Promise<Outcome> {
  if (isRefresh(verb)) await assertReadable(stack, options);
  const gone = isDestroy(verb) ? await lookBack(stack, options.exclude) : [];
  const events: auto.EngineEvent[] = [];
  const start = Date.now();
  const perform = async (task: ProgressTask) => {
    const show = showing(options.progress, task);
    const onEvent = (event: auto.EngineEvent) => {
      if (isForDebugging(event)) return;
      events.push(event);
      show(event);
    };
    const common = { onEvent, color: "never", parallel: options.parallel } as const;
    const engine = withoutReview(stack);
    const own = stack.workspace.program;
    const program = own && options.around?.(own);
    const some = { ...common, target: options.target, ...(program && { program }) };
    if (verb === "preview") await engine.preview(some);
    else if (verb === "up") await engine.up(some);
    else if (verb === "preview-destroy") await engine.previewDestroy({ ...common, exclude: options.exclude });
    else if (verb === "destroy") {
      await readyToDestroy(gone, (urn) => forget(stack, urn));
      await engine.destroy({ ...common, exclude: options.exclude });
    }
    // Without the program, whose gates would wait for what is gone. (pull-requests.md, 5)
    else {
      const read = { ...common, target: options.target, exclude: options.exclude };
      await (verb === "refresh" ? engine.refresh(read) : engine.previewRefresh(read));
    }
  };
  const hadLock = () => locksStack(verb) && events.length > 0;
  // A program that failed is over before all of its promises are. What one of them rejects with then was told, or is of no interest any more.
  process.on("unhandledRejection", ignored);
  try {
    await options.progress.task(`${TITLES[verb]} stack ${stack.name}`, (task) =>
      whileAtWork(stack, { progress: options.progress, hadLock, signal: options.signal }, async (runs) => {
        const attempt = () => withProviders(stack.workspace, () => withoutSdkDebugging(() => perform(task)));
        try {
          await attempt();
        } catch (error) {
          const removed = await removeLeftLocks(stack, error, runs);
          if (removed.length === 0) throw error;
          for (const text of removed) options.progress.line(text);
          await attempt();
        }
      }),
    );
  } catch (error) {
    // A next run in this process would be told what belongs to this one.
    await pause(LATE_MS);
    options.seen?.(seenIn(events));
    options.read?.(readBackIn(events));
    throw error instanceof Stopped ? new Stopped(error.signal, stoppedText(verb, events)) : failure(error, events);
  } finally {
    process.off("unhandledRejection", ignored);
  }
  options.seen?.(seenIn(events));
  options.read?.(readBackIn(events));
  const warnings = warningsIn(events);
  const outputs = outputsIn(events);
  return {
    changes: isRefresh(verb) ? foundIn(events) : changesIn(events),
    counts: countsIn(events),
    ledger: ledgerIn(outputs),
    warnings: [
      ...(changesLab(verb) ? await afterPending(stack, warnings) : warnings.map(withoutAdvice)),
      ...missingText(gone),
    ],
    milliseconds: Date.now() - start,
    ...(verb === "up" && { outputs }),
  };
}

/**
 * After an operation the SDK calls the command line for the outputs, twice, and for the history: 1.5 s on a quiet machine, 3 s on a busy one,
 * for what the events have told already.
 */
function withoutReview(stack: auto.Stack): auto.Stack {
  const nothing = () => Promise.resolve({});
  return Object.assign(Object.create(stack) as auto.Stack, { outputs: nothing, info: nothing });
}

const ignored = () => undefined;
/** How much later than a failed run its program's last promises reject. */
const LATE_MS = 250;

const changesLab = (verb: Verb) => verb === "up" || verb === "destroy";
const isDestroy = (verb: Verb) => verb === "destroy" || verb === "preview-destroy";

const isRefresh = (verb: Verb) => verb === "refresh" || verb === "preview-refresh";

/** @throws UserError where a refresh would take for gone what is in an object store that does not answer */
async function assertReadable(stack: auto.Stack, { target, exclude = [] }: RunOptions): Promise<void> {
  const state = await stateOf(stack);
  const isRead = ({ urn, type }: { urn: string; type: string }) =>
    type.startsWith("minio:") && (target?.includes(urn) ?? true) && !exclude.includes(urn);
  if (!state.some(isRead)) return;
  await lookBeforeRead(state, await authorityOfState(state, stack.workspace.workDir));
}

async function lookBack(stack: auto.Stack, exclude: readonly string[] | undefined) {
  const state = await stateOf(stack);
  return lookBeforeDestroy(state, exclude, await authorityOfState(state, stack.workspace.workDir));
}

/** The stack's outputs come with the last event of its root resource, at a preview too. */
function outputsIn(events: readonly auto.EngineEvent[]): Record<string, unknown> {
  const root = events.findLast(({ resOutputsEvent }) => resOutputsEvent?.metadata.type === "pulumi:pulumi:Stack");
  return secretsHidden(root?.resOutputsEvent?.metadata.new?.outputs ?? {}) as Record<string, unknown>;
}

function seenIn(events: readonly auto.EngineEvent[]): Seen {
  const root = events.find(({ resourcePreEvent }) => resourcePreEvent?.metadata.type === "pulumi:pulumi:Stack");
  const before = secretsHidden(root?.resourcePreEvent?.metadata.old?.outputs ?? {}) as Record<string, unknown>;
  const after = outputsIn(events);
  return {
    steps: stepsIn(events),
    fixes: { before: ledgerIn(before), after: ledgerIn(after) },
    charts: { before: chartsIn(before), after: chartsIn(after) },
  };
}

function ledgerIn({ ledger }: Readonly<Record<string, unknown>>): LedgerRow[] {
  return Array.isArray(ledger) ? (ledger as LedgerRow[]) : [];
}

function warningsIn(events: readonly auto.EngineEvent[]): string[] {
  const texts = events.flatMap(({ diagnosticEvent }) =>
    diagnosticEvent?.severity === "warning" && !diagnosticEvent.ephemeral ? [plain(diagnosticEvent.message)] : [],
  );
  return [...new Set(texts)].filter((text) => !isOwnDoing(text));
}

function failure(error: unknown, events: readonly auto.EngineEvent[]): unknown {
  const problems = problemsIn(events);
  if (problems.length > 0) return new UserError(problems, { cause: error });
  return refusal(error);
}

/** Turns events into progress: how many objects of which system are done, and each line the readiness gates say. */
function showing(progress: Progress, task: ProgressTask): (event: auto.EngineEvent) => void {
  const done = new Map<string, number>();
  return ({ resOutputsEvent, diagnosticEvent }) => {
    if (resOutputsEvent && parseUrn(resOutputsEvent.metadata.urn).type.startsWith("kubernetes:")) {
      const { system } = parseUrn(resOutputsEvent.metadata.urn);
      done.set(system, (done.get(system) ?? 0) + 1);
      task.update([...done].map(([name, count]) => `${name} ${count} objects`).join(", "));
    }
    // Only our own components and resources speak to a person; the engine says of each object that it skips its waits.
    if (diagnosticEvent?.urn && isOurs(diagnosticEvent.urn) && diagnosticEvent.severity.startsWith("info")) {
      const line = plain(diagnosticEvent.message);
      if (line !== "") progress.line(`  ${line}`);
    }
  };
}

const isOurs = (urn: string) => parseUrn(urn).type.startsWith(`${PACKAGE}:`);
