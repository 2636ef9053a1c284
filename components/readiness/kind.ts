import { changedPlace, type Place } from "../kubernetes/cluster.ts";
import { UserError } from "../program/errors.ts";
import { changedKeys } from "../records/changed.ts";
import { IN_STATE_ALONE } from "../records/in-state.ts";
import { UNKNOWN, type Difference, type ResourceKind, type Run } from "../records/kind.ts";
import { limitedTo } from "../rest/ending.ts";
import { namespaceReader } from "./client.ts";
import type { Expectation } from "./expectation.ts";
import { waitUntilReady } from "./gate.ts";
import { whatBroke } from "./look.ts";
import type { Waiting } from "./report.ts";
import { addressIn, type Snapshot } from "./snapshot.ts";

/** What a gate waits for, and what tells when it must wait again. */
export interface GateInputs extends Waiting {
  connection: Place;
  expectations: Expectation[];
  /** Digest of every object that was rendered: another one is waited for again. */
  rendered: string;
  /** Digest of each LoadBalancer Service, by its name: with another one, its address may be another. */
  services: Record<string, string>;
  /** More to say where the wait fails. Default: nothing. */
  hint?: string;
}

interface GateOuts extends GateInputs {
  /** The address of each LoadBalancer Service, by its name. */
  addresses: Record<string, string>;
}

/** A look in passing takes no longer, in milliseconds. */
const LOOK_MS = 3_000;

/**
 * A wait until what was rendered is ready. It is asked again whenever that changes, and after a wait that failed or died: it is in the state
 * when all was ready. Where nothing changes, one look says what broke since.
 */
export const kind: ResourceKind<GateInputs, GateOuts> = {
  async diff(olds, news, run) {
    const changed = changedIn(olds, news);
    if (changed.length === 0) await lookOnce(news, run);
    return { changed } satisfies Difference;
  },
  foresee: (news, olds) => ({ addresses: foreseen(news, olds) }),
  async create(inputs, run) {
    return { id: "ready", outs: await waited(inputs, run) };
  },
  ...IN_STATE_ALONE,
  update: (_id, _olds, news, run) => waited(news, run),
};

/** How the cluster is reached, what the wait is called, and how long it may take, are nothing of what is waited for. */
function changedIn(olds: Partial<GateOuts>, news: GateInputs): string[] {
  return [...changedPlace(olds, news), ...changedKeys(["expectations", "rendered", "services"], olds, news)];
}

async function waited(inputs: GateInputs, { signal, say }: Run): Promise<GateOuts> {
  const { title, expectations, timeoutMs, timeoutKey, connection, hint } = inputs;
  try {
    const reader = await namespaceReader(connection, connection.namespace, { signal });
    const snapshot = await waitUntilReady({ title, expectations, timeoutMs, timeoutKey, reader, say, signal });
    return { ...inputs, addresses: addressesOf(expectations, snapshot) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UserError) throw hint === undefined ? error : new UserError([...error.problems, hint]);
    // The API server's: it can be read no more, or may not be.
    throw new UserError(`${title}: cannot tell whether it is ready: ${messageOf(error)}`, { cause: error });
  }
}

async function lookOnce({ title, expectations, connection }: GateInputs, run: Run): Promise<void> {
  try {
    const broken = await limitedTo(LOOK_MS, run.signal, async (signal) => {
      const reader = await namespaceReader(connection, connection.namespace, { signal, attempts: 1 });
      return whatBroke({ title, expectations, reader });
    });
    if (broken !== undefined) run.warn(broken);
  } catch (error) {
    // It changes nothing, so nothing fails with it.
    if (!run.signal.aborted) run.warn(`${title}: cannot tell whether it is still ready: ${messageOf(error)}`);
  }
}

const loadBalancers = (expectations: readonly Expectation[]) => expectations.filter(({ kind }) => kind === "Service");

/** Where several were asked for, the first one is told, as a preview tells it. */
function addressesOf(expectations: readonly Expectation[], snapshot: Snapshot): Record<string, string> {
  return Object.fromEntries(
    loadBalancers(expectations).map(({ name, addresses }) => [
      name,
      addresses?.[0] ?? addressIn(snapshot, "Service", name) ?? "",
    ]),
  );
}

/** What was asked for comes, or the wait fails; any other stays while its Service does. */
function foreseen({ expectations, services }: GateInputs, olds: Partial<GateOuts> | undefined): Record<string, string> {
  // What is not known yet comes as a text.
  if (typeof expectations === "string") return expectations;
  return Object.fromEntries(
    loadBalancers(expectations).map(({ name, addresses }) => {
      const stays = olds?.services?.[name] === services[name];
      return [name, addresses?.[0] ?? (stays ? olds?.addresses?.[name] : undefined) ?? UNKNOWN];
    }),
  );
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
