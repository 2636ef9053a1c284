import { isDeepStrictEqual } from "node:util";
import type { ClusterAccess } from "../../cluster.ts";
import type { RecordHandler } from "../../records/record.ts";
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
export const record: RecordHandler<Inputs, Outs> = {
  async create(inputs) {
    const id = inputs.function.metadata.name;
    const known = { toNuclio: false };
    const handedOver = () => {
      known.toNuclio = true;
    };
    try {
      return { id, outs: await deploy(inputs, { handedOver }) };
    } catch (error) {
      if (!known.toNuclio) throw error;
      throw new HalfMade(error, { id, outs: { ...inputs, image: "", runtimeClassBy: "none", drift: [] } });
    }
  },
  async read(id, outs) {
    const { dashboard } = await connect(outs.connection, outs.connection.namespace);
    const live = await dashboard.function(id);
    if (!live) return undefined;
    const broken = hasEnded(live) && live.status?.state !== "ready" ? ["status.state"] : [];
    return { id, outs: { ...outs, drift: [...broken, ...departures(outs.function, live)] } };
  },
  update: (_id, _olds, news) => deploy(news),
  async delete(id, { connection }) {
    await removeFunction(await connect(connection, connection.namespace), id);
  },
  diff(olds, news) {
    const moved = isOtherOne(olds, news) || olds.connection.namespace !== news.connection.namespace;
    const changes =
      !isDeepStrictEqual(olds.function, news.function) ||
      !isDeepStrictEqual(olds.connection, news.connection) ||
      olds.runtimeClass !== news.runtimeClass ||
      olds.drift.length > 0 ||
      isOther(news);
    return { changes, ...(moved && { replaces: ["function"] }) };
  },
};

/**
 * Whether it is another function. One that is not known is the same: the engine asks what hangs on a Secret that it makes anew with a text in
 * place of the inputs that come from it. (pulumi: step_generator.go, calculateDependentReplacements)
 */
const isOtherOne = (olds: Outs, news: { function: FunctionObject | string }) =>
  typeof news.function !== "string" && news.function.metadata.name !== olds.function.metadata.name;

/**
 * Whether Nuclio has something else than this, or has it and it does not run. What it was handed last is known from Nuclio alone where a
 * run was broken off.
 */
function isOther({ function: wanted, seen }: Inputs): boolean {
  if (seen === undefined) return false;
  return seen.finding !== "fine" || (seen.mark !== undefined && seen.mark !== digestOf(wanted));
}

async function deploy(inputs: Inputs, options: Pick<DeployOptions, "handedOver"> = {}): Promise<Outs> {
  const nuclio = await connect(inputs.connection, inputs.connection.namespace);
  const deployed = await deployFunction(nuclio, inputs.function, {
    readyMs: inputs.readyMs,
    buildMs: inputs.buildMs,
    ...(inputs.runtimeClass !== "" && { runtimeClass: inputs.runtimeClass }),
    everyMs: BY_PULUMI,
    ...options,
  });
  return { ...inputs, ...deployed, drift: [] };
}
