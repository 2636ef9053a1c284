import type { Database, Engine } from "../../../components/backup/databases/database.ts";
import type { DatabaseCluster } from "../databases/cluster.ts";
import type { Found } from "../databases/found.ts";
import { looked, TITLES, type Looked, type LookOptions } from "../databases/restore.ts";
import type { ListedBackup } from "../kept/listing.ts";

/** What becomes of one database of a lab that comes back. */
export interface DatabaseStep {
  engine: Engine;
  title: string;
  cluster: DatabaseCluster;
  /**
   * `lost`: it is to be put back. `there`: it was put back before, and goes on from there. `occupied`: it has work that the dump has not. `none`:
   * there is no dump.
   */
  is: "lost" | "there" | "occupied" | "none";
  /** The dump and the database, where there is a dump. */
  look?: Looked;
  /** Stamp of the dump that it is, or will be, put back from. */
  stamp?: string;
}

export interface DatabaseStepArgs extends Omit<LookOptions, "engine" | "stamp" | "identity"> {
  database: Pick<Database, "engine">;
  listed: readonly ListedBackup[];
  /** How many projects `up` makes in CVAT: a lab that has only those is empty. */
  ownProjects: number;
}

/** Looks at a database and at its newest dump. Nothing is changed. @throws UserError where the dump is not well */
export async function databaseStep({ database, listed, ownProjects, ...at }: DatabaseStepArgs): Promise<DatabaseStep> {
  const { engine } = database;
  const step = { engine, title: TITLES[engine], cluster: at.cluster };
  const noted = await at.cluster.noted();
  if (!listed.some((one) => one.database === engine && one.bad === undefined)) return { ...step, is: "none" };
  const begun = await at.cluster.atWork();
  // Of a run that was killed: what it comes to is seen in the database.
  if (begun !== undefined && "restore" in begun.request)
    await at.cluster.run(`Following Job ${begun.job}, which a run before this one began`, begun.request);
  const look = await looked({ ...at, engine });
  const is = judged(engine, look, { noted, ownProjects });
  return { ...step, is, look, stamp: is === "there" && noted !== undefined ? noted : look.backup.stamp };
}

/** @param known.noted stamp of the dump that it was put back from. Default: it was not */
export function judged(
  engine: Engine,
  { backup, losses, left }: Pick<Looked, "backup" | "losses" | "left">,
  { noted, ownProjects }: { noted: string | undefined; ownProjects: number },
): "lost" | "there" | "occupied" {
  if (noted !== undefined && !isEmpty(engine, backup)) return "there";
  // One that is as the dump has it was put back by a run that was killed before it wrote that down; so was one that is still scaled down for it.
  const isBegun = losses.length === 0 || left.length > 0;
  return hasWork(engine, backup, ownProjects) && !isBegun ? "occupied" : "lost";
}

const count = (counts: Readonly<Record<string, number>> | undefined, table: string) => counts?.[table] ?? 0;

/** The table without which nothing in it is of use. */
const TASKS: Readonly<Record<Engine, string>> = { postgresql: "engine_task", mongodb: "backend.task" };

const isEmpty = (engine: Engine, { counts, now }: Found) =>
  count(counts, TASKS[engine]) > 0 && count(now?.counts, TASKS[engine]) === 0;

/** Whether somebody has worked in it. ClearML fills a new one with examples, which are older than any dump. */
function hasWork(engine: Engine, { now }: Found, ownProjects: number): boolean {
  if (engine === "mongodb") return Object.keys(now?.newer ?? {}).length > 0;
  return count(now?.counts, TASKS.postgresql) > 0 || count(now?.counts, "engine_project") > ownProjects;
}
