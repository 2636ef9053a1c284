import { setTimeout as sleep } from "node:timers/promises";
import { STAGES, type Stage } from "../charts/stages.ts";
import { UserError } from "../errors.ts";
import type { NamespaceReader } from "./client.ts";
import type { Expectation } from "./expectation.ts";
import { claimsForFirstPod, obstacles } from "./explain.ts";
import { stateOf, type Snapshot } from "./snapshot.ts";

export interface GateOptions {
  /** What is waited for, by the name a person knows it by: `CVAT`. */
  title: string;
  expectations: readonly Expectation[];
  /** How long to wait at most, in milliseconds. */
  timeoutMs: number;
  /** Where the bound is set, for the error: `vision-platform:cluster.readyTimeout`. */
  timeoutKey: string;
  reader: NamespaceReader;
  /** Gets one line per change. */
  say: (line: string) => void;
}

const FIRST_POLL_MS = 250;
const LONGEST_POLL_MS = 3000;
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
 * @throws UserError when the time is up, naming each object that is not ready, the reason and the cure.
 */
export async function waitUntilReady(options: GateOptions): Promise<Snapshot> {
  const { title, expectations, reader, say } = options;
  const kinds = new Set(expectations.map(({ kind }) => kind));
  const start = Date.now();
  const said = new Map<string, string>();
  const once = (key: string, line: string) => {
    if (said.get(key) === line) return;
    said.set(key, line);
    say(line);
  };
  let stage: Stage | undefined;
  let poll = FIRST_POLL_MS;
  for (;;) {
    const snapshot = await reader.snapshot(kinds);
    const pending = expectations.filter(({ kind, name }) => !stateOf(kind, name, snapshot).ready);
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
    if (current === undefined) return snapshot;

    for (const { kind, name } of pending.filter((expectation) => !blocking.includes(expectation)))
      once(`${kind}/${name}`, `${title}: ${kind} ${name} is bound when the first pod that uses it is scheduled`);
    const waiting = blocking.filter((expectation) => expectation.stage === current);
    for (const { kind, name } of waiting) {
      once(`${kind}/${name}`, `${title}: waiting for ${kind} ${name}: ${stateOf(kind, name, snapshot).detail}`);
    }
    const elapsed = Date.now() - start;
    const over = elapsed >= options.timeoutMs;
    if (elapsed >= EXPLAIN_AFTER_MS || over) {
      const found = obstacles(over ? pending : waiting, await reader.pods(), await reader.events());
      if (over) throw new UserError(timeoutProblems(options, pending, snapshot, found));
      for (const { object, reason, cure } of found) {
        // Reasons of one cause alternate and count up (back-off 10s, 20s); the cure tells whether there is something new to say.
        const key = `${object} ${cure}`;
        if (!said.has(key)) once(key, `${title}: ${object} is stuck: ${reason.replace(/[.;]?$/, ".")} ${cure}`);
      }
    }
    await sleep(Math.min(poll, Math.max(0, options.timeoutMs - elapsed)));
    poll = Math.min(poll * 1.5, LONGEST_POLL_MS);
  }
}

function stagesBetween(from: Stage, to: Stage | undefined, expectations: readonly Expectation[]): Stage[] {
  const end = to === undefined ? STAGES.length : STAGES.indexOf(to);
  return STAGES.slice(STAGES.indexOf(from), end).filter((stage) =>
    expectations.some((expectation) => expectation.stage === stage),
  );
}

function timeoutProblems(
  { title, timeoutMs, timeoutKey }: GateOptions,
  pending: readonly Expectation[],
  snapshot: Snapshot,
  found: ReturnType<typeof obstacles>,
): string[] {
  const lines = pending.map(({ kind, name }) => {
    const why = found.find(({ object }) => object === `${kind}/${name}`);
    const cause = why ? `${why.reason}\n    ${why.cure}` : kind === "Service" ? `\n    ${NO_ADDRESS}` : "";
    return `  ${kind} ${name}: ${stateOf(kind, name, snapshot).detail}${cause ? `: ${cause}` : ""}`;
  });
  return [
    `${title} was not ready within ${Math.round(timeoutMs / 1000)} s. Still waited for:`,
    ...lines,
    `What is there stays; cure it and run up again, or allow more time with ${timeoutKey}.`,
  ];
}

const NO_ADDRESS =
  "Nothing gives this Service an address: check that MetalLB (or K3s' ServiceLB) runs and that its pool has the address asked for (kubectl get ipaddresspool -A).";
