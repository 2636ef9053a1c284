import { changedKeys } from "../../records/changed.ts";
import type { ResourceKind, Run } from "../../records/kind.ts";
import { connect } from "../connect.ts";
import type { Connection } from "./function.ts";

interface Inputs {
  connection: Connection;
  name: string;
  after?: string;
}

/** A project of Nuclio: what CVAT looks for its functions in. One that is there is taken over, and stays while it holds functions. */
export const kind: ResourceKind<Inputs> = {
  async create(inputs, run) {
    await make(inputs, run);
    return { id: inputs.name, outs: inputs };
  },
  async read(id, outs, { signal }) {
    const { dashboard } = await connect(outs.connection, outs.connection.namespace, { signal });
    return (await dashboard.project(id)) ? { id, outs } : undefined;
  },
  async update(_id, _olds, news, run) {
    await make(news, run);
    return news;
  },
  async delete(id, { connection }, { signal }) {
    const { dashboard } = await connect(connection, connection.namespace, { signal });
    // Others' functions in it are theirs.
    await dashboard.removeProject(id);
  },
  diff(olds: Partial<Inputs>, news) {
    const { connection = news.connection } = olds;
    const moved = connection.namespace === news.connection.namespace ? [] : ["connection"];
    return {
      changed: changedKeys(["name", "connection"], olds, news),
      replaces: [...changedKeys(["name"], olds, news), ...moved],
    };
  },
};

async function make({ connection, name }: Inputs, { signal }: Run): Promise<void> {
  const { dashboard } = await connect(connection, connection.namespace, { signal });
  if (!(await dashboard.project(name))) await dashboard.createProject(name);
}
