import { isDeepStrictEqual } from "node:util";
import type { ClusterAccess } from "../../cluster.ts";
import type { RecordHandler } from "../../records/record.ts";
import { hasEnded } from "../client/types.ts";
import { differences } from "../compare.ts";
import { connect } from "../connect.ts";
import { deployFunction, removeFunction, type DeployOptions } from "../deploy.ts";
import type { Finding } from "../observe.ts";
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
  /** What a look before the run found. Not part of what is wanted. */
  finding?: Finding;
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
export const record: RecordHandler<Inputs, Outs> = {
  async create(inputs) {
    return { id: inputs.function.metadata.name, outs: await deploy(inputs) };
  },
  async read(id, outs) {
    const { dashboard } = await connect(outs.connection, outs.connection.namespace);
    const live = await dashboard.function(id);
    if (!live) return undefined;
    const broken = hasEnded(live) && live.status?.state !== "ready" ? ["status.state"] : [];
    return { id, outs: { ...outs, drift: [...broken, ...differences(outs.function, live)] } };
  },
  update: (_id, _olds, news) => deploy(news),
  async delete(id, { connection }) {
    await removeFunction(await connect(connection, connection.namespace), id);
  },
  diff(olds, news) {
    const { metadata } = news.function;
    const moved =
      olds.function.metadata.name !== metadata.name || olds.connection.namespace !== news.connection.namespace;
    const changes =
      !isDeepStrictEqual(olds.function, news.function) ||
      !isDeepStrictEqual(olds.connection, news.connection) ||
      olds.runtimeClass !== news.runtimeClass ||
      olds.drift.length > 0 ||
      (news.finding ?? "fine") !== "fine";
    return { changes, ...(moved && { replaces: ["function"] }) };
  },
};

async function deploy(inputs: Inputs): Promise<Outs> {
  const nuclio = await connect(inputs.connection, inputs.connection.namespace);
  const deployed = await deployFunction(nuclio, inputs.function, {
    readyMs: inputs.readyMs,
    buildMs: inputs.buildMs,
    ...(inputs.runtimeClass !== "" && { runtimeClass: inputs.runtimeClass }),
    everyMs: BY_PULUMI,
  });
  return { ...inputs, ...deployed, drift: [] };
}
