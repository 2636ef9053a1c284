import { createHash } from "node:crypto";
import { UserError } from "../../../components/program/errors.ts";
import type { Progress } from "../../progress.ts";
import type { DataLab } from "../connect/lab.ts";
import { folderOf } from "../dataset/source.ts";
import { bucketOf } from "../store/bucket.ts";
import type { Store } from "../store/objects.ts";
import { removeBelow } from "../store/temporary.ts";
import { begin } from "./begin.ts";
import { followed } from "./followed.ts";
import { takenUp } from "./taken-up.ts";
import { clusterOf } from "./where.ts";
import type { Wish } from "./wish.ts";
import type { Work } from "./work.ts";

/** The names that they are cut at fit into one ConfigMap beside the program. */
const MOST_PODS = 100;

/** How a run says what it does, and is ended. */
export interface InClusterRun {
  progress: Progress;
  signal: AbortSignal;
}

/** What the pods have left: to be read before it is removed. */
export interface PartsDone {
  work: Work;
  /** The bucket of the data. */
  data: Store;
  /** The bucket of the temporary objects. */
  temporary: Store;
}

/**
 * Has pods of the lab's cluster do a work on a prefix, each a part of it, and joins what they come to. The Job and all that belongs to it is gone
 * afterwards, however it ends; where this process is killed, the next run of the same takes up the Job.
 * @param join reads what the pods have left
 * @returns undefined where the prefix is empty: then nothing runs
 * @throws UserError where the stack names no image for it, where the cluster refuses it, and with what a pod said that failed
 */
export async function inCluster<T>(
  lab: DataLab,
  wish: Wish,
  { progress, signal }: InClusterRun,
  join: (done: PartsDone) => Promise<T>,
): Promise<T | undefined> {
  const image = imageOf(lab);
  assertPods(wish.pods);
  const { place, name: bucket } = await lab.place(wish.role);
  const data = bucketOf(place, bucket, { signal });
  const { name: temporaryBucket } = await lab.place("cvat");
  const temporary = bucketOf(place, temporaryBucket, { signal });
  // What clears away does not end with the run.
  const clearing = bucketOf(place, temporaryBucket);
  const cluster = await clusterOf(lab, wish.claim);
  const digest = digestOf(wish, bucket, place.user);
  const begun =
    (await takenUp(cluster, digest, progress)) ??
    (await begin({ lab, wish, image, digest, cluster, place, data, temporary, clearing, progress }));
  if (begun === undefined) return undefined;
  const { name, work } = begun;
  try {
    await progress.task(`Job ${name} in namespace ${cluster.namespace}`, (task) =>
      followed({ cluster, name, work, temporary, task, signal }),
    );
    return await join({ work, data, temporary });
  } finally {
    await cleared(progress, name, async () => {
      await cluster.remove(name);
      await removeBelow(clearing, work.temporary.folder);
    });
  }
}

/** What cannot be cleared away is told, and takes nothing from what the run came to. */
async function cleared(progress: Progress, name: string, clear: () => Promise<void>): Promise<void> {
  await clear().catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    progress.line(
      `Not all of Job ${name} was removed: ${why} It goes by itself an hour after its end, and its objects with the next --in-cluster.`,
    );
  });
}

function imageOf({ plan }: DataLab): string {
  const { node } = plan.lab.images;
  if (node !== undefined) return node;
  throw new UserError(
    "--in-cluster runs an image of Node, and this stack names none: set vision-platform:images.node to one that its nodes can pull, by digest (docs/configure.md).",
    { exitCode: 2 },
  );
}

function assertPods(pods = 1): void {
  if (pods > MOST_PODS) throw new UserError(`--parallel: at most ${MOST_PODS} pods, and not ${pods}.`, { exitCode: 2 });
}

/** The same for the same question, whoever asks with the same key: the label of its Job. */
function digestOf(wish: Wish, bucket: string, user: string): string {
  const { verb, stack, role, prefix, deep = false, claim, dryRun = false } = wish;
  const asked = JSON.stringify([verb, stack, role, bucket, folderOf(prefix), deep, claim, dryRun, user]);
  return createHash("sha256").update(asked).digest("hex").slice(0, 20);
}
