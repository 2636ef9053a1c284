import type { Engine } from "../../../components/backup/databases/database.ts";
import { UserError } from "../../../components/program/errors.ts";
import type { Progress } from "../../progress.ts";
import { decrypterWith } from "../identity.ts";
import { StillAtWork, type DatabaseCluster } from "./cluster.ts";
import { foundOf, type Found } from "./found.ts";
import { dumpText, lossesOf } from "./report.ts";
import type { Workload } from "./workloads.ts";

export const TITLES: Readonly<Record<Engine, string>> = {
  postgresql: "CVAT's PostgreSQL",
  mongodb: "ClearML's MongoDB",
};

export interface LookOptions {
  engine: Engine;
  cluster: DatabaseCluster;
  progress: Progress;
  /** Of the dump. Default: the newest that is well. */
  stamp?: string | undefined;
  /** File with the private key, of an encrypted dump. */
  identity?: string | undefined;
  /** Told how things stand, should the run be stopped. */
  stands: (how: string) => void;
}

export interface RestoreOptions extends LookOptions {
  /** Whether what uses the database is scaled down, and up again. */
  scaleDown: boolean;
  dryRun: boolean;
  /** Has the state let go of the records that lie in the database. */
  letGo: () => Promise<void>;
  /**
   * Whether what uses the database stays down afterwards, for who brings it up as another release: nothing of the one that is there may see the
   * database, the Job of its users neither. Default: it comes up.
   */
  staysDown?: boolean;
}

/** A dump that was read, and the database that it would be put in the place of. */
export interface Looked {
  title: string;
  backup: Found;
  /** What would be lost or brought back. */
  losses: string[];
  /** What uses the database and is at work. */
  atWork: readonly Workload[];
  /** What a restore that was killed took away and did not give back. */
  left: readonly Workload[];
}

export interface Restored {
  backup: Found;
  /** What was, or would be, lost or brought back. */
  losses: string[];
  /** What was, or would be, scaled down. */
  used: string[];
  done: boolean;
  /** Job of a run before this one, whose end this one has seen: what was lost was told by that one. */
  followed?: string;
}

/** Reads a dump, and looks at the database. Nothing is changed. @throws UserError where the dump is not well */
export async function looked({ engine, cluster, progress, stamp, stands }: LookOptions): Promise<Looked> {
  const title = TITLES[engine];
  stands(`${title} was not touched.`);
  for (const line of leftBy(await cluster.workloads())) progress.line(line);
  const backup = foundOf(await cluster.run(`Reading the dump and looking at ${title}`, { look: stamp ?? null }));
  progress.line(dumpText(title, backup));
  const workloads = await cluster.workloads();
  return {
    ...{ title, backup, losses: lossesOf(backup) },
    atWork: workloads.filter(({ replicas, pods }) => replicas > 0 || pods > 0),
    left: workloads.filter(isLeft),
  };
}

/**
 * Puts a database back as a dump has it. Until the last moment it stays as it is: PostgreSQL's is changed in one transaction, MongoDB's new
 * collections take the old ones' names when all have come. A run that was killed is taken up by the next one, which knows what was scaled down.
 * @throws UserError where the database is in use, where the dump is not well, and where it could not be put back
 */
export async function restored(options: RestoreOptions): Promise<Restored> {
  const { engine, cluster, progress, identity, scaleDown, dryRun } = options;
  const before = await cluster.atWork();
  const stamp = before?.request["restore"];
  if (before !== undefined && typeof stamp === "string") {
    assertSame(options, before.job, stamp);
    const backup = await putBack({ title: TITLES[engine], backup: { stamp }, atWork: [] }, undefined, options);
    return { backup, losses: [], used: [], done: true, followed: before.job };
  }
  const look = await looked(options);
  const { title, backup, losses, atWork } = look;
  const used = atWork.map(({ name }) => name);
  if (dryRun) {
    if (identity !== undefined) await fileKeyOf(backup, identity);
    return { backup, losses, used, done: false };
  }
  const fileKey = await fileKeyOf(backup, identity);
  for (const line of losses) progress.line(`lost or brought back: ${line}`);
  if (!scaleDown) refuseUsed(title, atWork, backup);
  return { backup: await putBack(look, fileKey, options), losses, used, done: true };
}

/** What is asked for now is what a Job does already. @throws UserError with exit code 2 where it is something else */
function assertSame({ engine, stamp, dryRun }: RestoreOptions, job: string, its: string): void {
  if (!dryRun && (stamp === undefined || stamp === its)) return;
  throw new UserError(
    [
      `${TITLES[engine]} is being put back as it was at ${its}, by Job ${job} of a run before this one. Nothing was begun.`,
      `To follow it to its end: npm run platform -- backup restore --database ${engine} --backup ${its}`,
    ],
    { exitCode: 2 },
  );
}

/** What is done when it is known what of. @param fileKey of an encrypted dump */
export async function putBack(
  { title, backup, atWork }: Pick<Looked, "title" | "atWork"> & { backup: Pick<Found, "stamp"> },
  fileKey: Uint8Array | undefined,
  {
    cluster,
    progress,
    stands,
    letGo,
    staysDown,
  }: Pick<RestoreOptions, "cluster" | "progress" | "stands" | "letGo" | "staysDown">,
): Promise<Found> {
  // Before anything else: of a database that stays as it is the next `up` finds them too.
  await letGo();
  let after: Found;
  try {
    if (atWork.length > 0) {
      stands("What uses the database is scaled down. Run the same again: it goes on, and scales up at its end.");
      await cluster.scaleDown(atWork);
    }
    stands(
      `${title} is either as it was or as the dump has it. Run the same again: it goes on, and scales up at its end.`,
    );
    after = foundOf(await cluster.run(`Restoring ${title}`, { restore: backup.stamp }, fileKey));
  } catch (error) {
    if (error instanceof StillAtWork) throw error;
    // Nothing is at work on it any more, and it is whole: what uses it may come back, also where this run was stopped.
    await cluster.scaleUp().then(
      () => stands(`${title} is either as it was or as the dump has it. What was scaled down was scaled up again.`),
      (other: unknown) => progress.line((other as Error).message),
    );
    throw error;
  }
  if (staysDown) return { ...backup, ...after };
  const down = "What was scaled down comes back when the same is run again, or by hand.";
  stands(`${title} is as the dump has it, with whom it had. ${down}`);
  try {
    await cluster.bringUpToDate();
  } catch (error) {
    // Who was removed since would be let in again.
    throw new UserError(
      [
        `${title} is as the dump has it, and did not come to what the stack file says of its users:`,
        error instanceof Error ? error.message : String(error),
        "So what uses it stays scaled down. Run the same again when that is mended.",
      ],
      { cause: error },
    );
  }
  await cluster.note(backup.stamp);
  stands(`${title} is as the dump has it. ${down}`);
  await cluster.scaleUp();
  return { ...backup, ...after };
}

const isLeft = ({ replicas, before = 0 }: Workload) => replicas < before;

/** What a restore that was killed took away and did not give back, each in a sentence. */
const leftBy = (workloads: readonly Workload[]): string[] =>
  workloads
    .filter(isLeft)
    .map(
      ({ kind, name, replicas, before = 0 }) =>
        `${kind} ${name} has ${replicas} replicas since a restore that did not end, and had ${before}. The next restore that ends scales it up; kubectl scale --replicas ${before} does too, where no Job of a restore is at work.`,
    );

function refuseUsed(title: string, atWork: readonly Workload[], { now }: Found): void {
  const others = now?.others ?? [];
  if (atWork.length === 0 && others.length === 0) return;
  const by = [...atWork.map(({ kind, name }) => `${kind} ${name}`), ...others.map((one) => `session of ${one}`)];
  throw new UserError(
    [
      `${title} is in use, and nothing was changed:`,
      ...by.map((one) => `  ${one}`),
      "Add --scale-down, and what runs is scaled down, and up again at the end.",
    ],
    { exitCode: 2 },
  );
}

/**
 * The key of one encrypted dump, got out of its header here: the private one stays on this machine.
 * @returns undefined where the dump is not encrypted
 */
export async function fileKeyOf(
  { recipient, header }: Found,
  identity: string | undefined,
): Promise<Uint8Array | undefined> {
  if (recipient === undefined || header === undefined) return undefined;
  if (identity === undefined)
    throw new UserError(`The dump is encrypted to ${recipient}: name the file with its private key in --identity.`, {
      exitCode: 2,
    });
  const decrypter = await decrypterWith(identity);
  try {
    return await decrypter.decryptHeader(Buffer.from(header, "base64"));
  } catch {
    // What age throws may have what it could not read in it.
    throw new UserError(`${identity} has no key that opens the dump, which is encrypted to ${recipient}.`, {
      exitCode: 2,
    });
  }
}
