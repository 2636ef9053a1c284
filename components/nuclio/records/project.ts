import { isDeepStrictEqual } from "node:util";
import type { RecordHandler } from "../../records/record.ts";
import { connect } from "../connect.ts";
import type { Connection } from "./function.ts";

interface Inputs {
  connection: Connection;
  name: string;
  after?: string;
}

/** A project of Nuclio: what CVAT looks for its functions in. One that is there is taken over, and stays while it holds functions. */
export const record: RecordHandler<Inputs> = {
  async create(inputs) {
    await make(inputs);
    return { id: inputs.name, outs: inputs };
  },
  async read(id, outs) {
    const { dashboard } = await connect(outs.connection, outs.connection.namespace);
    return (await dashboard.project(id)) ? { id, outs } : undefined;
  },
  async update(_id, _olds, news) {
    await make(news);
    return news;
  },
  async delete(id, { connection }) {
    const { dashboard } = await connect(connection, connection.namespace);
    // Others' functions in it are theirs.
    await dashboard.removeProject(id);
  },
  diff: (olds, news) => ({
    changes: olds.name !== news.name || !isDeepStrictEqual(olds.connection, news.connection),
    ...((olds.name !== news.name || olds.connection.namespace !== news.connection.namespace) && {
      replaces: ["name" as const],
    }),
  }),
};

async function make({ connection, name }: Inputs): Promise<void> {
  const { dashboard } = await connect(connection, connection.namespace);
  if (!(await dashboard.project(name))) await dashboard.createProject(name);
}
