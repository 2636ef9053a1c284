import { push } from "../../automation/data/dataset/push.ts";
import { pull } from "../../automation/data/dataset/pull.ts";
import { bucketOf } from "../../automation/data/store/bucket.ts";
import { withTemporary } from "../../automation/data/store/temporary.ts";
import type { Store } from "../../automation/data/store/objects.ts";
import type { S3Place } from "../../components/storage/client/s3.ts";

/** One run of what a verb does, which is killed when something has happened in the bucket for the so-manieth time. */
const [what = "", place = "", folder = "", point = "", times = "1"] = process.argv.slice(2);
let left = Number(times);
function happens(line: string): void {
  if (line.startsWith(point) && --left === 0) process.kill(process.pid, "SIGKILL");
}
const store = bucketOf(JSON.parse(place) as S3Place, "datasets", { part: 5 * 1024 * 1024 });

const told: Store = {
  ...store,
  async range(key, offset, length, etag) {
    const bytes = await store.range(key, offset, length, etag);
    happens(`got ${key}`);
    return bytes;
  },
  async put(key, body, options) {
    const sent = (bytes: number) => {
      happens(`sent ${bytes} of ${key}`);
      options?.sent?.(bytes);
    };
    happens(`puts ${key}`);
    return store.put(key, body, { ...options, sent });
  },
};
const options = { folder, prefix: "kills/", dryRun: false, others: "remove" as const };

happens("begins");
if (what === "push") await push(told, options);
else if (what === "pull") await pull(told, options);
else
  await withTemporary(told, "temporary/", async (temporary) => {
    await temporary.put("labels.zip", Buffer.alloc(12_000_000, "labels"));
    happens("works");
  });
happens("ends");
