import { STAGES, type Stage } from "./stages.ts";
import { UserError } from "../program/errors.ts";
import { until } from "../rest/until.ts";
import type { NamespaceReader } from "./client.ts";
import type { Expectation } from "./expectation.ts";
import { isUnpublished, UNPUBLISHED, withKeys } from "./addresses.ts";
import { claimsForFirstPod, obstacles } from "./explain.ts";
import { refusalProblems, timeoutProblems, type Waiting } from "./report.ts";
import { keyOf, stateOf, type Snapshot } from "./snapshot.ts";

export interface GateOptions extends Waiting {
  expectations: readonly Expectation[];
  reader: NamespaceReader;
  /** Gets one line per change. */
  say: (line: string) => void;
  /** Ends the wait. Default: nothing does. */
  signal?: AbortSignal | undefined;
}

const FIRST_POLL_MS = 250;
const SLOWER = { factor: 1.5, atMostMs: 3000 };
/** Warning events and waiting containers are normal in the first seconds of a start. */
const EXPLAIN_AFTER_MS = 8000;
const STAGE_WORDS: Record<Stage, string> = {
  claims: "claims are bound",
  databases: "databases are ready",
  server: "the server is ready",
  workers: "workers are ready",
  addresses: "addresses are given",
};

/**
 * Waits until every expected object is ready, stage by stage, and says what it waits for and why it is stuck.
 * When everything is ready already it costs one round of list calls and says nothing.
 * @throws UserError when the time is up, naming each object that is not ready, the reason and the cure; what the signal was aborted with.
 */
export async function waitUntilReady(options: GateOptions): Promise<Snapshot> {
  const { title, expectations, reader, say, signal } = options;
  const kinds = new Set(expectations.map(({ kind }) => kind));
  const start = Date.now();
  const said = new Map<string, string>();
  const once = (key: string, line: string) => {
    if (said.get(key) === line) return;
    said.set(key, line);
    say(line);
  };
  let stage: Stage | undefined;
  /** Since when only Ingresses are waited for. */
  let onlyIngresses: number | undefined;
  /** Refusals of the last look: what is refused for good is refused at the next look too. */
  let refusedBefore = new Set<string>();
  const look = async () => {
    const snapshot = await reader.snapshot(kinds);
    const state = ({ kind, name, addresses }: Expectation) => stateOf(kind, name, snapshot, addresses);
    const notReady = expectations.filter((expectation) => !state(expectation).ready);
    onlyIngresses = notReady.every(({ kind }) => kind === "Ingress") ? (onlyIngresses ?? Date.now()) : undefined;
    const unpublished = notReady.filter((expectation) => isUnpublished(expectation, snapshot, onlyIngresses));
    for (const { kind, name } of unpublished) once(`${kind}/${name}`, `${title}: ${kind} ${name} ${UNPUBLISHED}`);
    const pending = notReady.filter((expectation) => !unpublished.includes(expectation));
    // A claim for the first pod holds nothing up: its pod does, in its own stage, and a claim that no pod wants is never bound.
    const onFirstPod = pending.some(({ kind }) => kind === "PersistentVolumeClaim")
      ? claimsForFirstPod(await reader.events())
      : new Set<string>();
    const blocking = pending.filter(({ kind, name }) => kind !== "PersistentVolumeClaim" || !onFirstPod.has(name));
    const current = STAGES.find((candidate) => blocking.some((expectation) => expectation.stage === candidate));
    if (stage !== undefined && stage !== current) {
      for (const passed of stagesBetween(stage, current, expectations)) {
        if (!pending.some((expectation) => expectation.stage === passed))
          once(`stage ${passed}`, `${title}: ${STAGE_WORDS[passed]}`);
      }
    }
    stage = current;
    if (current === undefined) return { snapshot, pending, isReady: true };

    for (const { kind, name } of pending.filter((expectation) => !blocking.includes(expectation)))
      once(`${kind}/${name}`, `${title}: ${kind} ${name} is bound when the first pod that uses it is scheduled`);
    const waiting = blocking.filter((expectation) => expectation.stage === current);
    for (const expectation of waiting) {
      const { kind, name } = expectation;
      once(`${kind}/${name}`, `${title}: waiting for ${kind} ${name}: ${state(expectation).detail}`);
    }
    if (Date.now() - start < EXPLAIN_AFTER_MS) return { snapshot, pending, isReady: false };
    const found = await inTheWay(pending, snapshot, reader);
    const refused = found.filter(({ final }) => final);
    if (refused.some(({ object }) => refusedBefore.has(object)))
      throw new UserError(refusalProblems(options, pending, snapshot, refused));
    refusedBefore = new Set(refused.map(({ object }) => object));
    for (const { object, reason, cure } of found) {
      if (!waiting.some(({ kind, name }) => keyOf(kind, name) === object)) continue;
      // Reasons of one cause alternate and count up (back-off 10s, 20s); the cure tells whether there is something new to say.
      const key = `${object} ${cure}`;
      if (!said.has(key)) once(key, `${title}: ${object} is stuck: ${reason.replace(/[.;]?$/, ".")} ${cure}`);
    }
    return { snapshot, pending, isReady: false, found };
  };
  const { snapshot } = await until(look, {
    isDone: ({ isReady }) => isReady,
    everyMs: FIRST_POLL_MS,
    slower: SLOWER,
    withinMs: options.timeoutMs,
    late: async ({ pending, snapshot, found }) =>
      new UserError(timeoutProblems(options, pending, snapshot, found ?? (await inTheWay(pending, snapshot, reader)))),
    signal,
  });
  return snapshot;
}

/** What holds up the objects that are not ready, each with its key in the stack file. */
async function inTheWay(pending: readonly Expectation[], snapshot: Snapshot, reader: NamespaceReader) {
  return withKeys(pending, obstacles(pending, await reader.pods(), await reader.events(), snapshot), reader);
}

function stagesBetween(from: Stage, to: Stage | undefined, expectations: readonly Expectation[]): Stage[] {
  const end = to === undefined ? STAGES.length : STAGES.indexOf(to);
  return STAGES.slice(STAGES.indexOf(from), end).filter((stage) =>
    expectations.some((expectation) => expectation.stage === stage),
  );
}
