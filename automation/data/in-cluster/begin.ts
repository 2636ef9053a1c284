import { randomBytes } from "node:crypto";
import type { S3Place } from "../../../components/storage/client/s3.ts";
import { hostAndPort } from "../../../components/storage/endpoint.ts";
import type { Progress } from "../../progress.ts";
import type { DataLab } from "../connect/lab.ts";
import { Ranges } from "../dataset/ranges.ts";
import { folderOf, type Part } from "../dataset/source.ts";
import type { Store } from "../store/objects.ts";
import { ownFolder, removeBelow, removeDead } from "../store/temporary.ts";
import { folderOfJob, type WorkCluster } from "./cluster.ts";
import { jobOf, type ClaimNode } from "./job.ts";
import { checkPackages } from "./packages.ts";
import { podProgram } from "./program.ts";
import type { Begun } from "./taken-up.ts";
import type { Wish } from "./wish.ts";
import { TEMPORARY, type Claimed, type Work } from "./work.ts";

/** Objects that each pod reads side by side, as a run on this machine does by default. */
const SIDE_BY_SIDE = 16;
const PODS = 4;

export interface Beginning {
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

/** Makes the Job of a work, with all that its pods read. @returns undefined where the prefix is empty */
export async function begin(beginning: Beginning): Promise<Begun | undefined> {
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
