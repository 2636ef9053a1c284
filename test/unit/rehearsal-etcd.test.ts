import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { trimLogOf } from "../../automation/rehearsal/cluster/etcd.ts";

let data: string;
const log = () => path.join(data, "member", "wal");
beforeEach(async () => {
  data = await mkdtemp(path.join(tmpdir(), "etcd-"));
  await mkdir(log(), { recursive: true });
});
afterEach(() => rm(data, { recursive: true }));

it.each([
  ["a few records", 10],
  ["just a page", 4096],
  ["more than is read at once", 3_000_000],
])("the room that etcd has set aside for later goes, and no record: %s", async (_, length) => {
  const records = Buffer.alloc(length, 1);
  await writeFile(path.join(log(), "0.wal"), Buffer.concat([records, Buffer.alloc(8_000_000)]));
  await writeFile(path.join(log(), "1.tmp"), Buffer.alloc(100));
  await trimLogOf(data);
  expect(await readdir(log())).toEqual(["0.wal"]);
  const kept = await readFile(path.join(log(), "0.wal"));
  expect(kept.subarray(0, length).equals(records)).toBe(true);
  // The zeros that a record may end with stay, too.
  expect(kept.length).toBeGreaterThanOrEqual(length + 8);
  expect(kept.length).toBeLessThan(length + 3 * 4096);
});

it("a log that is shorter is left as it is, and where there is none nothing is missed", async () => {
  await writeFile(path.join(log(), "0.wal"), Buffer.alloc(100, 1));
  await trimLogOf(data);
  expect(await readFile(path.join(log(), "0.wal"))).toHaveLength(100);
  await trimLogOf(path.join(data, "nowhere"));
});
