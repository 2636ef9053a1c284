import type * as auto from "@pulumi/pulumi/automation/index.js";
import type { Plan } from "../../components/lab/plan.ts";
import { isMap } from "../../components/program/maps.ts";
import { UserError } from "../../components/program/errors.ts";
import type { StateResource } from "../../components/program/state.ts";
import { knownSecrets, withoutSecrets } from "../engine/known-secrets.ts";
import { withoutDanger, type ReadBack } from "../engine/observed.ts";
import { runEngine } from "../engine/run.ts";
import { stateOf } from "../engine/state.ts";
import type { Progress } from "../progress.ts";
import { Stopped } from "../signals.ts";
import { authorityOfState } from "../stackfile/authority-file.ts";
import type { StackFile } from "../stackfile/stack-file.ts";
import { AnotherStore, lookBeforeRead } from "../storage/guard.ts";
import { classify, isOfTheLab, type Drift } from "./classify.ts";
import type { Accident } from "./finding.ts";
import { identify, type Identity } from "./identity.ts";

export interface LookOptions {
  stack: auto.Stack;
  plan: Plan;
  file: StackFile;
  progress: Progress;
  /** Ends the look when it is aborted. Default: a signal to this process alone does. */
  signal?: AbortSignal | undefined;
}

/** What was found, and what whoever repairs it needs to know. */
export interface Look {
  drift: Drift;
  identity: Identity;
  /** What the stack made as the last `up` left it, secrets in clear. */
  state: StateResource[];
  /** URNs of what the object store itself says it has not. */
  missing: ReadonlySet<string>;
}

/**
 * Compares what is there with what the last `up` made. It changes nothing, the state neither, and takes no lock. The cluster and the store
 * are asked first whether they are the lab's: what is not, or does not answer, is not checked, and never gone.
 * @throws UserError when the stack has nothing
 */
export async function lookForDrift({ stack, plan, file, progress, signal }: LookOptions): Promise<Look> {
  const state = await stateOf(stack);
  const all = state.filter(({ type }) => isOfTheLab(type));
  if (all.length === 0) throw new UserError(`Stack ${stack.name} has made nothing yet: npm run platform -- up`);
  const [identity, store] = await Promise.all([identify(plan.lab, state), storeOf(stack, state)]);
  const inCluster = all.filter(({ type }) => type.startsWith("kubernetes:"));
  const inStore = all.filter(({ type }) => type.startsWith("minio:"));
  const left = new Map([
    ...(identity.unread === undefined ? [] : inCluster.map(({ urn }) => [urn, identity.unread ?? ""] as const)),
    ...(store.unread === undefined ? [] : inStore.map(({ urn }) => [urn, store.unread ?? ""] as const)),
  ]);
  const exclude = [...new Set([...left.keys(), ...identity.lost, ...store.missing])];
  const isRead = all.some(({ urn }) => !exclude.includes(urn));
  const read = isRead ? await readBack(stack, exclude, { progress, signal }) : NOTHING_READ;
  const drift = classify({
    stack: stack.name,
    resources: all.map(({ urn, type, outputs }) => ({ urn, type, namespace: namespaceIn(outputs) })),
    read,
    missing: store.missing,
    left,
    lost: identity.lost,
    accidents: [...identity.accidents, ...store.accidents],
  });
  return { drift: withoutSecrets(drift, await knownSecrets(stack, file)), identity, state, missing: store.missing };
}

const NOTHING_READ: ReadBack = { observed: [], unread: new Map() };

interface StoreState {
  missing: ReadonlySet<string>;
  unread: string | undefined;
  accidents: Accident[];
}

async function storeOf(stack: auto.Stack, state: readonly StateResource[]): Promise<StoreState> {
  const inStore = state.filter(({ type }) => type.startsWith("minio:"));
  const nothing = { missing: new Set<string>(), unread: undefined, accidents: [] };
  if (inStore.length === 0) return nothing;
  try {
    const looks = await lookBeforeRead(state, await authorityOfState(state, stack.workspace.workDir));
    return { ...nothing, missing: new Set(looks.flatMap(({ missing }) => missing.map(({ urn }) => urn))) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const accidents: Accident[] =
      error instanceof AnotherStore ? [{ kind: "store", text: error.message, count: inStore.length }] : [];
    return { ...nothing, unread: error.message, accidents };
  }
}

/** What was read is kept though the refresh fails: one system that is down ends it. */
async function readBack(
  stack: auto.Stack,
  exclude: string[],
  options: Pick<LookOptions, "progress" | "signal">,
): Promise<ReadBack> {
  let read = NOTHING_READ;
  const keep = (found: ReadBack) => {
    read = found;
  };
  try {
    await runEngine(stack, "preview-refresh", { ...options, exclude, read: keep });
    return read;
  } catch (error) {
    if (!(error instanceof UserError) || error instanceof Stopped) throw error;
    // Of what it did not come to, this is why.
    const [why = ""] = error.problems;
    return { ...read, otherwise: `the engine ended before it came to it: ${withoutDanger(why)}` };
  }
}

function namespaceIn(outputs: StateResource["outputs"]): string | undefined {
  const metadata = outputs["metadata"];
  const namespace = isMap(metadata) ? metadata["namespace"] : undefined;
  return typeof namespace === "string" ? namespace : undefined;
}
