import { readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import type { CloudStorageConfig } from "../../components/cvat/plan.ts";
import { UserError } from "../../components/program/errors.ts";
import type { DataLab } from "../data/connect/lab.ts";
import { inDataLab } from "../data/connect/run.ts";
import { storagesOf } from "../data/cvat/find.ts";
import { storageUrns, unknownIn, unnamedIn, withManifest } from "../data/dataset/manifest/in-stack.ts";
import { makeManifest, putManifest, type Made } from "../data/dataset/manifest/make.ts";
import { MANIFEST } from "../data/dataset/manifest/record.ts";
import { folderOf } from "../data/dataset/source.ts";
import { inWorkFolder } from "../data/dataset/manifest/work-folder.ts";
import type { InClusterRun } from "../data/in-cluster/run.ts";
import { binaryText } from "../data/room/binary-text.ts";
import type { Store } from "../data/store/objects.ts";
import { countsText } from "../engine/counts.ts";
import { openUserStack } from "../engine/door.ts";
import { runEngine } from "../engine/run.ts";
import { streamProgress, type Progress } from "../progress.ts";
import { stackFilePath } from "../stackfile/stack-file.ts";
import type { DatasetFlags } from "./dataset-flags.ts";
import { print } from "./print.ts";

export interface ManifestFlags extends DatasetFlags {
  /** Pictures read side by side, and in the cluster pods. Default: 16, and 4 pods. */
  parallel?: number;
  inCluster?: true;
  skipBroken?: true;
  dryRun?: true;
  /** Default: true. */
  storage: boolean;
}

const SIDE_BY_SIDE = 16;

/** `dataset manifest`: writes CVAT's manifest of a prefix beside its pictures, and names it in the cloud storages of the stack file. */
export async function manifest(prefix: string, flags: ManifestFlags): Promise<void> {
  const progress = streamProgress();
  const { made, storages } = await inDataLab(flags, progress, async (lab, signal, stands) => {
    stands("No manifest was written.");
    const bucket = await lab.bucket(flags.bucket);
    const clearing = await lab.bucket(flags.bucket, { signal: null });
    const key = folderOf(prefix) + MANIFEST;
    const before = await bucket.stat(key);
    stands(async () => {
      const isNew = (await clearing.stat(key))?.etag !== before?.etag;
      return isNew ? `${key} is written; whether CVAT knows it was not looked at.` : "No manifest was written.";
    });
    const made = await inWorkFolder(
      async (folder) =>
        (flags.inCluster && (await madeInCluster(lab, prefix, flags, { progress, signal, folder }))) ||
        madeHere(bucket, prefix, flags, { progress, signal, folder }),
    );
    refuse(made, prefix, flags);
    return { made, storages: flags.storage ? await storagesToName(lab, flags.bucket, made.key) : [] };
  });
  const text = [madeText(made, flags)];
  if (storages.length > 0 && flags.dryRun)
    text.push(
      `It would be named in the cloud storages ${storages.map(({ name }) => name).join(", ")} of the stack file.`,
    );
  else if (storages.length > 0) text.push(await nameInStack(made.key, storages, flags, progress));
  print({ ...made, namedIn: storages.map(({ name }) => name) }, text.join("\n"), flags.json);
}

interface Making extends InClusterRun {
  /** A folder of this run's own. */
  folder: string;
}

async function madeHere(
  bucket: Store,
  prefix: string,
  { parallel = SIDE_BY_SIDE, skipBroken, dryRun }: ManifestFlags,
  { progress, signal, folder }: Making,
): Promise<Made> {
  return progress.task(`Reading pictures of ${bucket.name}/${prefix}`, (task) => {
    const start = Date.now();
    return makeManifest(bucket, prefix, {
      ...{ folder, signal, parallel },
      ...(skipBroken && { skipBroken }),
      ...(dryRun && { dryRun }),
      seen: ({ pictures, read, broken }) => {
        const count = pictures + broken.count;
        if (count % 100 !== 0) return;
        const rate = Math.round(count / Math.max(0.001, (Date.now() - start) / 1000));
        task.update(`${count} pictures, ${read} of them read, ${rate} a second`);
      },
    });
  });
}

/** Beside the data. Undefined: there is nothing. */
async function madeInCluster(
  lab: DataLab,
  prefix: string,
  { stack, bucket: role, parallel: pods, skipBroken, dryRun }: ManifestFlags,
  { progress, signal, folder }: Making,
): Promise<Made | undefined> {
  const [{ inCluster }, { joinedManifest }] = await Promise.all([
    import("../data/in-cluster/run.ts"),
    import("../data/in-cluster/joined.ts"),
  ]);
  return inCluster(lab, { verb: "manifest", stack, role, prefix, pods }, { progress, signal }, (done) =>
    progress.task("Joining what the pods read", async () =>
      putManifest(done.data, await joinedManifest(done, folder), {
        signal,
        ...(skipBroken && { skipBroken }),
        ...(dryRun && { dryRun }),
      }),
    ),
  );
}

/** What cannot be written is told whole. */
function refuse({ pictures, broken }: Made, prefix: string, { skipBroken }: ManifestFlags): void {
  if (broken.count > 0 && !skipBroken)
    throw new UserError([
      `${broken.count} of ${broken.count + pictures} pictures have no size that can be read, so no manifest was written:`,
      ...broken.first.map(({ name, why }) => `  ${name}: ${why}`),
      ...(broken.count > broken.first.length ? [`  and ${broken.count - broken.first.length} more`] : []),
      "Fetch them again or remove them, or leave them out of the manifest: --skip-broken.",
    ]);
  if (pictures === 0) throw new UserError(`There is no picture below ${prefix}: no manifest was written.`);
}

function madeText(made: Made, { dryRun }: ManifestFlags): string {
  const { key, pictures, read, broken, films, bytes, unchanged } = made;
  const what = unchanged ? "is there already, as it would be written" : dryRun ? "would be written" : "is written";
  const left = [...(broken.count > 0 ? [`${broken.count} broken ones`] : []), ...(films > 0 ? [`${films} films`] : [])];
  return `${key} ${what}: ${pictures} pictures, ${binaryText(bytes)}; the headers of ${read} were read.${
    left.length > 0 ? ` Not in it: ${left.join(", ")}.` : ""
  }`;
}

/** Cloud storages that do not name the manifest yet, in the stack file or in CVAT alone. */
async function storagesToName(lab: DataLab, role: string, key: string): Promise<CloudStorageConfig[]> {
  const all = lab.plan.cvat?.cloudStorages ?? [];
  const unnamed = unnamedIn(all, role, key);
  if (!all.some(({ manifests }) => manifests.includes(key))) return unnamed;
  const space = await lab.space();
  return [...unnamed, ...unknownIn(all, key, space.organization, await storagesOf(space))];
}

/** Edits the stack file, shows what that does, and does that alone. */
async function nameInStack(
  key: string,
  storages: readonly CloudStorageConfig[],
  { stack: name, folder }: ManifestFlags,
  progress: Progress,
): Promise<string> {
  const file = stackFilePath(folder, name);
  const { plan } = await openUserStack({ stack: name, folder, create: false, reads: true, progress });
  const all = plan.cvat?.cloudStorages ?? [];
  const isMeant = (one: CloudStorageConfig) => storages.some((storage) => storage.name === one.name);
  const unnamed = all.filter((one) => isMeant(one) && !one.manifests.includes(key));
  if (unnamed.length > 0) await rewrite(file, withManifest(await readFile(file, "utf8"), all, unnamed, key));
  const names = storages.map((storage) => storage.name).join(", ");
  try {
    const { stack } = await openUserStack({ stack: name, folder, create: false, progress });
    const target = storageUrns(name, all.filter(isMeant), plan.cvat?.config.organizations[0]?.slug ?? "");
    const { counts } = await runEngine(stack, "preview", { progress, target });
    progress.line(`${file} names it in the cloud storages ${names}: ${countsText(counts, "will")}.`);
    await runEngine(stack, "up", { progress, target });
  } catch (error) {
    progress.line(`The manifest is written, and ${file} names it. CVAT knows it after the same command once more.`);
    throw error;
  }
  return `CVAT's cloud storages ${names} name it, in ${file} too.`;
}

/** At one go: a run that is killed leaves the one or the other. */
async function rewrite(file: string, text: string): Promise<void> {
  const place = await realpath(file);
  const beside = `${place}.${process.pid}.new`;
  try {
    await writeFile(beside, text, { mode: (await stat(place)).mode });
    await rename(beside, place);
  } finally {
    await rm(beside, { force: true });
  }
}
