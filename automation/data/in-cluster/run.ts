import { createHash, randomBytes } from "node:crypto";
import type { V1Job } from "@kubernetes/client-node";
import { kubeConfig } from "../../../components/kubernetes/kube-config.ts";
import { namespacesOf } from "../../../components/lab/namespaces.ts";
import { UserError } from "../../../components/program/errors.ts";
import type { S3Place } from "../../../components/storage/client/s3.ts";
import { hostAndPort } from "../../../components/storage/endpoint.ts";
import { duration, type Progress } from "../../progress.ts";
import type { DataLab } from "../connect/lab.ts";
import { Ranges } from "../dataset/ranges.ts";
import { folderOf, type Part } from "../dataset/source.ts";
import { bucketOf } from "../store/bucket.ts";
import type { Store } from "../store/objects.ts";
import { ownFolder, removeBelow, removeDead } from "../store/temporary.ts";
import { folderOfJob, WorkCluster } from "./cluster.ts";
import { followed } from "./followed.ts";
import { jobOf, type ClaimNode } from "./job.ts";
import { checkPackages } from "./packages.ts";
import { podProgram } from "./program.ts";
import { TEMPORARY, type Claimed, type Work } from "./work.ts";

/** Objects that each pod reads side by side, as a run on this machine does by default. */
const SIDE_BY_SIDE = 16;
const PODS = 4;

/** What is to be done in the cluster. */
export interface Wish {
  verb: Work["verb"];
  /** Name of the stack. */
  stack: string;
  /** What the data's bucket is for. */
  role: string;
  prefix: string;
  /** Whether every pixel is decoded. Default: no. */
  deep?: boolean;
  /** Of a push: what is sent. */
  claim?: Claimed;
  dryRun?: boolean;
  /** Pods. Default: 4, and 1 for a claim that only one node may have. */
  pods?: number | undefined;
}

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

interface Begun {
  name: string;
  work: Work;
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
    await cluster.remove(name);
    await removeBelow(clearing, work.temporary.folder);
  }
}

function imageOf({ plan }: DataLab): string {
  const { node } = plan.lab.images;
  if (node !== undefined) return node;
  throw new UserError(
    "--in-cluster runs an image of Node, and this stack names none: set vision-platform:images.node to one that its nodes can pull, by digest (docs/configure.md).",
    { exitCode: 2 },
  );
}

/** In the namespace of a claim that is read, else in the lab's first. */
async function clusterOf({ plan }: DataLab, claim: Claimed | undefined): Promise<WorkCluster> {
  const names = namespacesOf(plan.lab);
  const [first] = names;
  if (first === undefined)
    throw new UserError("--in-cluster has no namespace to run in: this stack installs neither CVAT nor ClearML.", {
      exitCode: 2,
    });
  const config = await kubeConfig(plan.lab.cluster);
  const clusters = names.map((name) => new WorkCluster(config, name));
  if (claim === undefined) return clusters[0] ?? new WorkCluster(config, first);
  const found: WorkCluster[] = [];
  for (const cluster of clusters) if ((await cluster.claim(claim.name)) !== undefined) found.push(cluster);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  const where = only === undefined ? `has no claim ${claim.name}` : `has more than one claim ${claim.name}`;
  throw new UserError(`The lab ${where} in its namespaces (${names.join(", ")}).`, { exitCode: 2 });
}

/** The same for the same question, whoever asks with the same key: the label of its Job. */
function digestOf(wish: Wish, bucket: string, user: string): string {
  const { verb, stack, role, prefix, deep = false, claim, dryRun = false } = wish;
  const asked = JSON.stringify([verb, stack, role, bucket, folderOf(prefix), deep, claim, dryRun, user]);
  return createHash("sha256").update(asked).digest("hex").slice(0, 20);
}

/** The Job that a run before has left, where it is still good. One that failed, or was never told all, is removed. */
async function takenUp(cluster: WorkCluster, digest: string, progress: Progress): Promise<Begun | undefined> {
  let found: Begun | undefined;
  for (const job of await cluster.jobs(digest)) {
    const name = job.metadata?.name ?? "";
    const work = found === undefined && isGood(job) ? await cluster.workOf(name) : undefined;
    if (work === undefined) {
      await cluster.remove(name);
      continue;
    }
    found = { name, work };
    const age = Date.now() - (job.metadata?.creationTimestamp?.getTime() ?? Date.now());
    progress.line(`Job ${name} of a run before does this already, since ${duration(age)}: it is taken up.`);
  }
  return found;
}

function isGood({ spec, status }: V1Job): boolean {
  const hasFailed = status?.conditions?.some(({ type, status: is }) => type === "Failed" && is === "True");
  return spec?.suspend !== true && hasFailed !== true;
}

interface Beginning {
  lab: DataLab;
  wish: Wish;
  image: string;
  digest: string;
  cluster: WorkCluster;
  place: S3Place;
  data: Store;
  temporary: Store;
  clearing: Store;
  progress: Progress;
}

async function begin(beginning: Beginning): Promise<Begun | undefined> {
  const { lab, wish, image, digest, cluster, place, data, temporary, clearing, progress } = beginning;
  const { verb, prefix, deep = false, claim, dryRun } = wish;
  const ownPrefix = `${lab.temporary}in-cluster/`;
  const atWork = new Set((await cluster.jobs()).map(folderOfJob));
  await removeDead(clearing, ownPrefix, { isWanted: (folder) => atWork.has(`${temporary.name}/${folder}`) });
  const shares = claim === undefined ? undefined : await sharesOf(cluster, claim, wish.pods);
  const cut =
    shares ??
    (await progress.task(`Listing ${data.name}/${prefix}`, (task) =>
      rangesOf(data, prefix, wish.pods ?? PODS, (text) => {
        task.update(text);
      }),
    ));
  if (cut.objects === 0) return undefined;
  const packages = verb === "check" ? checkPackages(deep) : undefined;
  const folder = ownFolder(ownPrefix);
  const work: Work = {
    ...{ verb, prefix, deep },
    bucket: data.name,
    parts: cut.parts,
    ...(cut.objects !== undefined && { objects: cut.objects }),
    ...(claim && { claim }),
    ...(dryRun && { dryRun }),
    parallel: SIDE_BY_SIDE,
    temporary: { bucket: temporary.name, folder },
    hasPackages: packages !== undefined,
  };
  const name = `dataset-${verb}-${randomBytes(4).toString("hex")}`;
  const job = jobOf({
    name,
    namespace: cluster.namespace,
    digest,
    image,
    work,
    processors: packages?.processors,
    node: shares?.node,
  });
  try {
    if (packages) await temporary.put(folder + TEMPORARY.packages, packages.archive());
    await cluster.begin(job, { program: await podProgram(), work, place: placeOfPods(lab, place) });
  } catch (error) {
    await removeBelow(clearing, folder);
    throw error;
  }
  return { name, work };
}

/** A work in parts. */
interface Cut {
  parts: Part[];
  objects?: number;
}

/** As many parts of a claim as pods may read it side by side. */
async function sharesOf(
  cluster: WorkCluster,
  { name }: Claimed,
  pods: number | undefined,
): Promise<Cut & { node: ClaimNode | undefined }> {
  const modes = (await cluster.claim(name))?.spec?.accessModes ?? [];
  const isShared = modes.some((mode) => mode === "ReadWriteMany" || mode === "ReadOnlyMany");
  const parts = Array.from({ length: pods ?? (isShared ? PODS : 1) }, () => ({}));
  const at = isShared ? undefined : await cluster.nodeOfClaim(name);
  return { parts, node: isShared ? undefined : at === undefined ? "one" : { name: at } };
}

async function rangesOf(data: Store, prefix: string, pods: number, update: (text: string) => void): Promise<Cut> {
  const folder = folderOf(prefix);
  const ranges = new Ranges();
  for await (const { key } of data.list(folder)) {
    ranges.add(key.slice(folder.length));
    if (ranges.count % 1000 === 0) update(`${ranges.count} objects`);
  }
  return { parts: ranges.parts(pods), objects: ranges.count };
}

/** The store as pods reach it, with the same key. */
function placeOfPods({ plan }: DataLab, { region, user, password }: S3Place): S3Place {
  const { store } = plan;
  if (store === undefined) throw new Error("a lab with a bucket has an object store");
  const { pods, caForPods: ca } = store;
  return { server: hostAndPort(pods), tls: pods.tls, region, user, password, ...(ca !== undefined && { ca }) };
}
