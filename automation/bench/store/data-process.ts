import { push } from "../../data/dataset/push.ts";
import { pull } from "../../data/dataset/pull.ts";
import { summaryOf } from "../../data/dataset/summary.ts";
import { bucketOf } from "../../data/store/bucket.ts";
import type { S3Place } from "../../../components/storage/client/s3.ts";

/** One data verb's work as a process of its own, so that its memory is its own: `data-process.ts push|pull|dry|ls PLACE BUCKET FOLDER PREFIX`. */
const [what = "", place = "", name = "", folder = "", prefix = ""] = process.argv.slice(2);
const bucket = bucketOf(JSON.parse(place) as S3Place, name);
const options = { folder, prefix, dryRun: what === "dry", others: "count" as const };

const began = performance.now();
const files =
  what === "ls"
    ? (await summaryOf(name, prefix, bucket.list(prefix), 1)).objects
    : (await (what === "pull" ? pull : push)(bucket, options)).moved.files;
const seconds = (performance.now() - began) / 1000;
process.stdout.write(JSON.stringify({ files, seconds, megabytes: process.resourceUsage().maxRSS / 1000 }));
