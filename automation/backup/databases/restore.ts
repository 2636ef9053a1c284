import type { Engine } from "../../../components/backup/databases/database.ts";
import { UserError } from "../../../components/program/errors.ts";
import type { Progress } from "../../progress.ts";
import { decrypterWith } from "../identity.ts";
import { StillAtWork, type DatabaseCluster } from "./cluster.ts";
import { foundOf, type Found } from "./found.ts";
import { dumpText, lossesOf } from "./report.ts";
import type { Workload } from "./workloads.ts";

const TITLES: Readonly<Record<Engine, string>> = { postgresql: "CVAT's PostgreSQL", mongodb: "ClearML's MongoDB" };

export interface RestoreOptions {
  engine: Engine;
  cluster: DatabaseCluster;
  progress: Progress;
  /** Of the dump. Default: the newest that is well. */
  stamp?: string | undefined;
  /** File with the private key, of an encrypted dump. */
  identity?: string | undefined;
  /** Whether what uses the database is scaled down, and up again. */
  scaleDown: boolean;
  dryRun: boolean;
  /** Told how things stand, should the run be stopped. */
  stands: (how: string) => void;
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

/**
 * Puts a database back as a dump has it. Until the last moment it stays as it is: PostgreSQL's is changed in one transaction, MongoDB's new
 * collections take the old ones' names when all have come. A run that was killed is taken up by the next one, which knows what was scaled down.
 * @throws UserError where the database is in use, where the dump is not well, and where it could not be put back
 */
export async function restored(options: RestoreOptions): Promise<Restored> {
  const { engine, cluster, progress, identity, scaleDown, dryRun, stands } = options;
  const title = TITLES[engine];
  stands(`${title} was not touched.`);
  for (const line of leftBy(await cluster.workloads())) progress.line(line);
  const before = await cluster.atWork();
  const stamp = before?.request["restore"];
  if (before !== undefined && typeof stamp === "string") {
    assertSame(options, before.job, stamp);
    const backup = await putBack(options, { stamp, atWork: [], fileKey: undefined });
    return { backup, losses: [], used: [], done: true, followed: before.job };
  }
  const look = await cluster.run(`Reading the dump and looking at ${title}`, { look: options.stamp ?? null });
  const backup = foundOf(look);
  const fileKey = dryRun && identity === undefined ? undefined : await fileKeyOf(backup, identity);
  const losses = lossesOf(backup);
  progress.line(dumpText(title, backup));
  const workloads = await cluster.workloads();
  const atWork = workloads.filter(({ replicas, pods }) => replicas > 0 || pods > 0);
  const used = atWork.map(({ name }) => name);
  if (dryRun) return { backup, losses, used, done: false };
  for (const line of losses) progress.line(`lost or brought back: ${line}`);
  if (!scaleDown) refuseUsed(title, atWork, backup);
  const after = await putBack(options, { stamp: backup.stamp, atWork, fileKey });
  return { backup: { ...backup, ...after }, losses, used, done: true };
}

interface PutBack {
  stamp: string;
  /** What is scaled down before. */
  atWork: readonly Workload[];
  fileKey: Uint8Array | undefined;
}

/** From the moment that anything is touched, to the one that all is at work again. */
async function putBack(options: RestoreOptions, { stamp, atWork, fileKey }: PutBack): Promise<Found> {
  const { engine, cluster, progress, stands } = options;
  const title = TITLES[engine];
  let after: Found;
  try {
    if (atWork.length > 0) {
      stands("What uses the database is scaled down. Run the same again: it goes on, and scales up at its end.");
      await cluster.scaleDown(atWork);
    }
    stands(
      `${title} is either as it was or as the dump has it. Run the same again: it goes on, and scales up at its end.`,
    );
    after = foundOf(await cluster.run(`Restoring ${title}`, { restore: stamp }, fileKey));
  } catch (error) {
    if (error instanceof StillAtWork) throw error;
    // Nothing is at work on it any more, and it is whole: what uses it may come back, also where this run was stopped.
    await cluster.scaleUp().then(
      () => stands(`${title} is either as it was or as the dump has it. What was scaled down was scaled up again.`),
      (other: unknown) => progress.line((other as Error).message),
    );
    throw error;
  }
  stands(`${title} is as the dump has it. What was scaled down comes back when the same is run again, or by hand.`);
  await cluster.scaleUp();
  return after;
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

/** What a restore that was killed took away and did not give back. */
const leftBy = (workloads: readonly Workload[]): string[] =>
  workloads
    .filter(({ replicas, before = 0 }) => replicas < before)
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
async function fileKeyOf({ recipient, header }: Found, identity: string | undefined): Promise<Uint8Array | undefined> {
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
