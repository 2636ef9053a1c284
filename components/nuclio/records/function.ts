import type { ClusterAccess } from "../../kubernetes/cluster.ts";
import { unlessEnded } from "../../rest/ending.ts";
import { changedKeys } from "../../records/changed.ts";
import type { ResourceKind, Run } from "../../records/kind.ts";
import { HalfMade } from "../../records/half-made.ts";
import { hasEnded } from "../client/types.ts";
import { connect } from "../connect.ts";
import { deployFunction } from "../deploy.ts";
import type { DeployOptions } from "../deploy-options.ts";
import { departures, digestOf } from "../handed-over.ts";
import type { Seen } from "../observe.ts";
import { removeFunction } from "../remove.ts";
import type { FunctionObject } from "../spec.ts";

/** How the dashboard is reached. */
export interface Connection extends ClusterAccess {
  namespace: string;
}

interface Inputs {
  connection: Connection;
  function: FunctionObject;
  /** RuntimeClass its pods must have; empty: none. */
  runtimeClass: string;
  readyMs: number;
  buildMs: number;
  /** What a look before the run saw. Not part of what is wanted. */
  seen?: Seen;
  /** Resolves when Nuclio is there. */
  after?: string;
}

interface Outs extends Inputs {
  image: string;
  runtimeClassBy: string;
  /** What a refresh found to be other than it should be. */
  drift: string[];
}

const BY_PULUMI: DeployOptions["everyMs"] = 500;

/** A function of Nuclio, natural key: its name in its namespace. */
export const kind: ResourceKind<Inputs, Outs> = {
  async create(inputs, run) {
    const id = inputs.function.metadata.name;
    const known = { toNuclio: false };
    const handedOver = () => {
      known.toNuclio = true;
    };
    try {
      return { id, outs: await deploy(inputs, run, handedOver) };
    } catch (error) {
      if (!known.toNuclio) throw error;
      throw new HalfMade(error, { id, outs: { ...inputs, image: "", runtimeClassBy: "none", drift: [] } });
    }
  },
  async read(id, outs, { signal }) {
    const { dashboard } = await connect(outs.connection, outs.connection.namespace, { signal });
    const live = await dashboard.function(id);
    if (!live) return undefined;
    const broken = hasEnded(live) && live.status?.state !== "ready" ? ["status.state"] : [];
    return { id, outs: { ...outs, drift: [...broken, ...departures(outs.function, live)] } };
  },
  update: (_id, _olds, news, run) => deploy(news, run),
  async delete(id, { connection }, { signal }) {
    const nuclio = await connect(connection, connection.namespace, { signal });
    await unlessEnded(signal, () => removeFunction(nuclio, id, { signal }));
  },
  diff(olds: Partial<Outs>, news) {
    const { drift = [], function: before = news.function, connection = news.connection } = olds;
    const changed = [
      ...changedKeys(["function", "connection", "runtimeClass"], olds, news),
      ...(drift.length > 0 ? ["drift"] : []),
      ...(isOther(news) ? ["seen"] : []),
    ];
    const replaces = [
      ...(before.metadata.name === news.function.metadata.name ? [] : ["function"]),
      ...(connection.namespace === news.connection.namespace ? [] : ["connection"]),
    ];
    return { changed, replaces };
  },
};

/**
 * Whether Nuclio has something else than this, or has it and it does not run. What it was handed last is known from Nuclio alone where a
 * run was broken off.
 */
function isOther({ function: wanted, seen }: Inputs): boolean {
  if (seen === undefined) return false;
  return seen.finding !== "fine" || (seen.mark !== undefined && seen.mark !== digestOf(wanted));
}

async function deploy(inputs: Inputs, { signal }: Run, handedOver?: () => void): Promise<Outs> {
  const nuclio = await connect(inputs.connection, inputs.connection.namespace, { signal });
  const options: DeployOptions = {
    readyMs: inputs.readyMs,
    buildMs: inputs.buildMs,
    ...(inputs.runtimeClass !== "" && { runtimeClass: inputs.runtimeClass }),
    everyMs: BY_PULUMI,
    signal,
    ...(handedOver && { handedOver }),
  };
  const deployed = await unlessEnded(signal, () => deployFunction(nuclio, inputs.function, options));
  return { ...inputs, ...deployed, drift: [] };
}
