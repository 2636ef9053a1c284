import { expect, it } from "vitest";
import { wholeOf } from "../../automation/data/store/whole.ts";
import { memoryBucket } from "../data/memory-bucket.ts";

it("a small object that another run makes longer while it is read comes whole", async () => {
  const bucket = memoryBucket({ progress: Buffer.from('{"objects":99}') });
  const read = wholeOf(
    {
      async stat(key) {
        const there = await bucket.stat(key);
        await bucket.put(key, Buffer.from('{"objects":100}'));
        return there;
      },
      range: (...asked) => bucket.range(...asked),
    },
    "progress",
  );
  expect(JSON.parse(String(await read))).toEqual({ objects: 100 });
  expect(await wholeOf(bucket, "other")).toBeUndefined();
});
