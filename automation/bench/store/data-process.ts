import { readFileSync } from "node:fs";
import { makeManifest } from "../../data/dataset/manifest/make.ts";
import { push } from "../../data/dataset/push.ts";
import { pull } from "../../data/dataset/pull.ts";
import { summaryOf } from "../../data/dataset/summary.ts";
import { bucketOf } from "../../data/store/bucket.ts";
import type { S3Place } from "../../../components/storage/client/s3.ts";
import type { Work } from "./our-process.ts";

/** One data verb's work as a process of its own, so that its memory is its own: `data-process.ts WORK PLACE BUCKET FOLDER PREFIX`. */
const [what = "", place = "", name = "", folder = "", prefix = ""] = process.argv.slice(2);
const bucket = bucketOf(JSON.parse(place) as S3Place, name);

/** Each gives the number of files that it worked on. */
const WORKS: Record<Work, () => Promise<number>> = {
  push: async () => (await push(bucket, moving(false))).moved.files,
  dry: async () => (await push(bucket, moving(true))).moved.files,
  pull: async () => (await pull(bucket, moving(false))).moved.files,
  ls: async () => (await summaryOf(name, prefix, bucket.list(prefix), 1)).objects,
  list: async () => {
    let objects = 0;
    for await (const { size } of bucket.list(prefix)) objects += Number(size >= 0);
    return objects;
  },
  manifest: async () => {
    const { unchanged, pictures } = await makeManifest(bucket, prefix, { folder, parallel: 16 });
    if (!unchanged) throw new Error("The manifest that is there holds other objects.");
    return pictures;
  },
};

const moving = (dryRun: boolean) => ({ folder, prefix, dryRun, others: "count" as const });

const began = performance.now();
const files = await WORKS[what as Work]();
const seconds = (performance.now() - began) / 1000;
// Not what getrusage says: that begins with what the process had that started this one. (getrusage(2), execve(2))
const kilobytes = Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
process.stdout.write(JSON.stringify({ files, seconds, megabytes: kilobytes / 1000 }));
