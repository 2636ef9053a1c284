import { stat } from "node:fs/promises";
import { UserError } from "../../components/program/errors.ts";
import { inDataLab } from "../data/connect/run.ts";
import type { Claimed } from "../data/in-cluster/work.ts";
import { folderPrefix } from "../data/cvat/paths.ts";
import { movedText } from "../data/dataset/moved-text.ts";
import { pull } from "../data/dataset/pull.ts";
import { push } from "../data/dataset/push.ts";
import type { Moved } from "../data/dataset/tally.ts";
import { streamProgress } from "../progress.ts";
import type { BucketFlags } from "./dataset-ls.ts";
import { print } from "./print.ts";

export interface MoveFlags extends BucketFlags {
  dryRun?: boolean;
  delete?: boolean;
  yes?: string;
}

export interface PushFlags extends MoveFlags {
  inCluster?: true;
  /** Pods. */
  parallel?: number;
}

/** Sends what differs from a folder to the bucket. */
export async function pushFolder(folder: string, wanted: string, flags: PushFlags): Promise<void> {
  const claim = claimIn(folder);
  if (claim !== undefined || flags.inCluster) {
    await pushClaim({ claim, name: folder, wanted }, flags);
    return;
  }
  const there = await stat(folder).catch(() => undefined);
  if (there?.isDirectory() !== true)
    throw new UserError(`${folder} is ${there === undefined ? "not there" : "no folder"}.`, { exitCode: 2 });
  await moved(flags, {
    names: { from: folder, to: wanted },
    words: SENDS,
    work: push,
    folder,
    prefix: folderPrefix(wanted),
  });
}

/** Fetches what differs from the bucket into a folder. */
export async function pullPrefix(wanted: string, folder: string, flags: MoveFlags): Promise<void> {
  await moved(flags, {
    names: { from: wanted, to: folder },
    words: { did: "Fetched", would: "would be fetched", onlyThere: `only in ${folder}` },
    work: pull,
    folder,
    prefix: folderPrefix(wanted),
  });
}

/** `pvc:NAME/FOLDER`; undefined for a folder of this machine. */
export function claimIn(text: string): Claimed | undefined {
  const [, name, folder = ""] = /^pvc:([a-z0-9][a-z0-9.-]*)(?:\/(.*))?$/.exec(text) ?? [];
  return name === undefined ? undefined : { name, folder: folder.replace(/\/+$/, "") };
}

/** Sends what differs from a claim of the cluster, by pods that mount it. */
async function pushClaim(
  { claim, name, wanted }: { claim: Claimed | undefined; name: string; wanted: string },
  {
    json,
    bucket: role,
    dryRun = false,
    delete: deletes = false,
    inCluster: isAsked,
    parallel: pods,
    ...flags
  }: PushFlags,
): Promise<void> {
  const usage = (text: string) => new UserError(text, { exitCode: 2 });
  if (claim === undefined)
    throw usage(`--in-cluster sends from a claim of the cluster, pvc:NAME or pvc:NAME/FOLDER, and ${name} is none.`);
  if (!isAsked) throw usage(`${name} is a claim of the cluster, which pods read: push it with --in-cluster.`);
  if (claim.folder.split("/").includes("..")) throw usage(`${name} leads out of the claim.`);
  if (deletes) throw usage("--delete does not go with --in-cluster: what only the bucket has is counted and left.");
  const progress = streamProgress();
  const [{ inCluster }, { joinedPush }] = await Promise.all([
    import("../data/in-cluster/run.ts"),
    import("../data/in-cluster/joined.ts"),
  ]);
  const wish = { verb: "push", stack: flags.stack, role, prefix: wanted, claim, dryRun, pods } as const;
  const result = await inDataLab(flags, progress, (lab, signal) =>
    inCluster(lab, wish, { progress, signal }, joinedPush),
  );
  if (result !== undefined) report(result, { ...SENDS, dryRun, name: wanted, deletes }, json);
}

const SENDS = { did: "Sent", would: "would be sent", onlyThere: "only in the bucket" };

interface Move {
  /** As a person gave them. */
  names: { from: string; to: string };
  words: { did: string; would: string; onlyThere: string };
  work: typeof push;
  folder: string;
  prefix: string;
}

async function moved(
  { json, bucket: role, dryRun = false, delete: deletes = false, yes, ...flags }: MoveFlags,
  { names, words, work, folder, prefix }: Move,
): Promise<void> {
  if (yes !== undefined && !deletes)
    throw new UserError("--yes goes with --delete: nothing else removes anything.", { exitCode: 2 });
  if (yes !== undefined && yes !== names.to)
    throw new UserError(`--yes says ${yes}, and what would lose files is ${names.to}: nothing was done.`, {
      exitCode: 2,
    });
  const progress = streamProgress();
  const result = await inDataLab(flags, progress, async (lab, signal) => {
    const bucket = await lab.bucket(role);
    const others = deletes && yes !== undefined ? "remove" : "count";
    const title = `${dryRun ? "Comparing" : words.did === "Sent" ? "Sending" : "Fetching"} ${names.from}`;
    try {
      return await progress.task(title, (task) => work(bucket, { folder, prefix, dryRun, others, signal, task }));
    } catch (error) {
      if (signal.aborted && !dryRun)
        progress.line("What was done stays, files that were on their way too: the same once more goes on from there.");
      throw error;
    }
  });
  report(result, { ...words, dryRun, name: names.to, deletes }, json);
}

function report(result: Moved, words: Parameters<typeof movedText>[1], json: boolean | undefined): void {
  print({ dryRun: words.dryRun, ...result }, movedText(result, words), json);
  if (result.failed.count > 0) process.exitCode = 1;
}
