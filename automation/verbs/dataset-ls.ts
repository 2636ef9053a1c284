import { inDataLab } from "../data/connect/run.ts";
import { folderPrefix } from "../data/cvat/paths.ts";
import { bytesText, counted } from "../data/dataset/amounts.ts";
import { summaryOf, summaryText } from "../data/dataset/summary.ts";
import { streamProgress } from "../progress.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface BucketFlags extends StackFlags {
  /** What the bucket is for. */
  bucket: string;
  as?: string;
}

export interface ListFlags extends BucketFlags {
  depth: number;
}

/** Counts what lies below a prefix. */
export async function list(wanted: string, { json, bucket: role, depth, ...flags }: ListFlags): Promise<void> {
  const prefix = folderPrefix(wanted);
  const progress = streamProgress();
  const summary = await inDataLab(flags, progress, async (lab) => {
    const bucket = await lab.bucket(role);
    return progress.task(`Listing ${bucket.name}/${prefix}`, (task) =>
      summaryOf(bucket.name, prefix, bucket.list(prefix), depth, ({ objects, bytes }) =>
        task.update(`${counted(objects, "object")}, ${bytesText(bytes)}`),
      ),
    );
  });
  print(summary, summaryText(summary), json);
}
