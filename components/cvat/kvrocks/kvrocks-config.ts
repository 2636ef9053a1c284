import * as z from "zod";
import { resources } from "../../schema/pods.ts";
import { bytes, bytesOf, sizeWhere, timeSpan } from "../../schema/values.ts";
import type { SectionRule } from "../../schema/section-rules.ts";
import { cacheExternal } from "../external/external-config.ts";
import { claim } from "../settings.ts";

const GI = 2 ** 30;
const TIME = /^([01][0-9]|2[0-3]):[0-5][0-9]$/;

/** Keys of `vision-platform:cvat.kvrocks`. */
export const kvrocksConfig = claim("50Gi")
  .extend({
    maxDbSize: bytes
      .refine(
        sizeWhere((size) => size % GI === 0),
        "must be whole Gi, such as 40Gi: Kvrocks counts in them",
      )
      .optional()
      .describe(
        "What the cache may grow to; beyond it Kvrocks takes nothing new. Default: what leaves room in the claim for what is written meanwhile and for compaction, 42Gi of 50Gi.",
      ),
    walTtl: timeSpan
      .default("10s")
      .describe("How long a log that was written into the cache is kept beside it. Only a replica would read it."),
    walSizeLimit: bytes
      .default("512Mi")
      .describe("What such logs may come to. Kvrocks looks each half of `walTtl`, so it can be more in between."),
    compactAt: z
      .string()
      .regex(TIME, "must be a time of the day such as 03:00")
      .default("03:00")
      .describe(
        "When the whole cache is compacted each day, in UTC. What has expired (pictures after a day) takes room until then.",
      ),
    resources: resources.optional().describe("Requests and limits."),
    external: cacheExternal.optional(),
  })
  .prefault({})
  .describe("Cache of image chunks. Automatic annotation fills it with every original frame for a day.");

export type KvrocksConfig = z.output<typeof kvrocksConfig>;

/**
 * What stays free by default: a compaction of everything takes 32 files' worth of 128 MiB beside what is there, whatever there is; logs that
 * are written take 512 MiB and kept ones 1 GiB. (measured with RocksDB through rocksdict 0.3.29; a file system takes some of a claim, too)
 */
const HEADROOM_GI = 8;
const SHARE = 0.85;

/** What the cache may grow to, in GiB: whole ones, at least one. */
export function maxDbSizeGi({ size, maxDbSize }: Pick<KvrocksConfig, "size" | "maxDbSize">): number {
  if (maxDbSize !== undefined) return bytesOf(maxDbSize) / GI;
  const claimed = bytesOf(size) / GI;
  const roomy = Math.min(claimed * SHARE, claimed - HEADROOM_GI);
  return Math.max(1, Math.floor(Math.max(roomy, claimed / 2)));
}

/** The cache and its logs must fit into the claim, with something left. */
export const KVROCKS_RULE: SectionRule<{ kvrocks: KvrocksConfig }> = {
  reads: ["kvrocks"],
  problems: ({ kvrocks }) => {
    const { size, maxDbSize, walSizeLimit, external } = kvrocks;
    if (external) return [];
    const most = maxDbSizeGi(kvrocks);
    const free = bytesOf(size) - bytesOf(walSizeLimit);
    if (most * GI < free) return [];
    const sum = `${most}Gi and ${walSizeLimit} of logs (cvat.kvrocks.walSizeLimit)`;
    // The largest number of whole Gi that is less than what is free.
    const fitting = Math.min(maxDbSizeGi({ size }), Math.ceil(free / GI) - 1);
    const smaller = fitting < 1 ? [] : [`give at most ${fitting}Gi`];
    return maxDbSize === undefined
      ? [
          {
            path: ["kvrocks", "size"],
            message: `is too small for a cache of ${sum}; make it larger, or one of the two smaller (cvat.kvrocks.maxDbSize)`,
          },
        ]
      : [
          {
            path: ["kvrocks", "maxDbSize"],
            message: `leaves nothing of the claim of ${size} (cvat.kvrocks.size) beside ${sum}; ${[...smaller, "make the claim larger", "make the limit of the logs smaller"].join(", or ")}`,
          },
        ];
  },
};
