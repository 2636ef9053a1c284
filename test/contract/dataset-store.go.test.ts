import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { Client } from "minio";
import { afterAll, beforeAll, expect, it } from "vitest";
import { pull } from "../../automation/data/dataset/pull.ts";
import { push } from "../../automation/data/dataset/push.ts";
import { bucketOf } from "../../automation/data/store/bucket.ts";
import { isDead, removeDead, runName, withTemporary } from "../../automation/data/store/temporary.ts";
import { kill } from "../../automation/processes.ts";
import { RUN_TYPESCRIPT } from "../../automation/project.ts";
import { silentProgress } from "../../automation/progress.ts";
import { ensureMinio, type RunningMinio } from "../../automation/rehearsal/services/minio/row.ts";
import { nameOf } from "../../automation/runs/owner.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import { agentFor } from "../../components/storage/client/agent.ts";
import type { S3Place } from "../../components/storage/client/s3.ts";

const MIB = 1024 * 1024;
const LARGE = 18 * MIB;
/** Ten processes start one after the other: seven seconds, and a minute on a busy machine. */
const SLOW_MS = 300_000;
const CHILD = path.join(import.meta.dirname, "dataset-child.ts");

let home: string;
let minio: RunningMinio;
let place: S3Place;
let client: Client;

beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), "vision-platform-dataset-store-"));
  minio = await ensureMinio(home, await obtainTools(["minio"], { progress: silentProgress }), {
    tls: true,
    region: "eu-lab-1",
  });
  const { accessKey: user, secretKey: password } = minio.credentials;
  place = { server: `127.0.0.1:${minio.port}`, tls: true, region: "eu-lab-1", user, password, ca: minio.ca };
  client = s3Client();
  await client.makeBucket("datasets", "eu-lab-1");
}, 600_000);
afterAll(async () => {
  kill(minio.pid);
  await rm(home, { recursive: true });
});

const KEYS = [
  " a ",
  ".h/..x.jpg",
  "007",
  "100%/a+b&c=d#e?.jpg",
  "ends/",
  "quo'te\"s<>&amp;.jpg",
  "день/кадр (1)*!~\u{1F600}.jpg",
];

it("keys, ranges and listings are as MinIO has them, in its order", async () => {
  const bucket = bucketOf(place, "datasets");
  for (const key of KEYS) await bucket.put(`keys/${key}`, key.endsWith("/") ? Buffer.alloc(0) : Buffer.from(key));
  const listed = await all(bucket.list("keys/"));
  const expected = KEYS.map((key) => `keys/${key}`).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  expect(listed.map(({ key }) => key)).toEqual(expected);
  expect((await bucket.range("keys/007", 1, 9)).toString()).toBe("07");
  expect((await bucket.range("keys/007", 3, 9)).toString()).toBe("");
  await expect(bucket.range("keys/007", 0, 9, "0".repeat(32))).rejects.toThrow("was replaced while it was read");
  expect((await bucket.stat("keys/007"))?.size).toBe(3);
  expect(await bucket.stat("keys/008")).toBeUndefined();
  const [after] = await all(bucket.list("keys/", { after: "keys/007" }));
  expect(after?.key).toBe(expected[expected.indexOf("keys/007") + 1]);
  await bucket.remove(expected);
  expect(await all(bucket.list("keys/"))).toEqual([]);
});

it("says whose key, which bucket, what to do", async () => {
  await expect(bucketOf({ ...place, user: "nobody" }, "datasets").range("a", 0, 1)).rejects.toThrow(
    "knows no key nobody",
  );
  await expect(bucketOf({ ...place, password: "canary-wrong" }, "datasets").range("a", 0, 1)).rejects.toThrow(
    /^The object store at [^ ]+ does not accept the secret of the key [^ ]+\. Run up, which sets the keys of the stack again\.$/,
  );
  await expect(all(bucketOf(place, "no-such-bucket").list(""))).rejects.toThrow("has no bucket no-such-bucket");
  await expect(bucketOf({ ...place, ca: undefined }, "datasets").range("a", 0, 1)).rejects.toThrow(
    "does not trust its certificate",
  );
});

it(
  "push and pull, killed at five points each and run again: the same bytes, no doubles, nothing left",
  async () => {
    const source = path.join(home, "source");
    const back = path.join(home, "back");
    await mkdir(path.join(source, "deep/er"), { recursive: true });
    for (let at = 0; at < 12; at++)
      await writeFile(path.join(source, at % 2 === 0 ? "deep/er" : "", `${at}.jpg`), `picture ${at}`);
    await writeFile(path.join(source, "film.mp4"), Buffer.alloc(LARGE, "a film of many pictures "));
    const bucket = bucketOf(place, "datasets");
    const options = { folder: source, prefix: "kills/", dryRun: false, others: "count" as const };

    await killedAt("begins", 1, "push", source);
    await killedAt("puts kills/deep", 1, "push", source);
    await killedAt("sent", 4, "push", source);
    await killedAt(`sent ${5 * MIB} of kills/film`, 1, "push", source);
    await killedAt(`sent ${5 * MIB} of kills/film`, 3, "push", source);
    const halves = await unfinished("kills/film.mp4");
    const result = await push(bucket, { ...options, others: "remove" });
    expect(halves).toBeDefined();
    expect(await unfinished("kills/film.mp4")).toBeUndefined();
    expect(result.moved.files + result.unchanged.files).toBe(13);
    expect((await all(bucket.list("kills/"))).map(({ key }) => key.slice(6)).sort()).toEqual(
      (await names(source)).sort(),
    );
    expect(await push(bucket, options)).toMatchObject({
      moved: { files: 0 },
      unchanged: { files: 13 },
      others: { count: 0 },
    });

    await killedAt("begins", 1, "pull", back);
    await killedAt("got kills/deep", 1, "pull", back);
    await killedAt("got", 8, "pull", back);
    await killedAt("got kills/film", 1, "pull", back);
    await killedAt("got kills/film", 1, "pull", back);
    await pull(bucket, { ...options, folder: back });
    expect((await names(back)).sort()).toEqual((await names(source)).sort());
    for (const name of await names(source))
      expect((await readFile(path.join(back, name))).equals(await readFile(path.join(source, name)))).toBe(true);
  },
  SLOW_MS,
);

it(
  "temporary objects go with their run, and those of runs that were killed with the next",
  async () => {
    const bucket = bucketOf(place, "datasets");
    await killedAt("begins", 1, "temporary");
    await killedAt("puts temporary", 1, "temporary");
    await killedAt("puts temporary", 2, "temporary");
    await killedAt(`sent ${5 * MIB} of temporary`, 1, "temporary");
    await killedAt("works", 1, "temporary");
    const living = `temporary/${runName(new Date(), nameOf(process.pid))}/labels.zip`;
    await bucket.put(living, Buffer.from("of a run that lives"));
    await bucket.put("temporary/somebody-elses.zip", Buffer.from("not ours"));
    await removeDead(bucket, "temporary/");
    expect((await all(bucket.list("temporary/"))).map(({ key }) => key)).toEqual([
      living,
      "temporary/somebody-elses.zip",
    ]);
    await bucket.remove([living, "temporary/somebody-elses.zip"]);

    let key = "";
    const failed = withTemporary(bucket, "temporary/", async (temporary) => {
      key = await temporary.put("labels.zip", Buffer.from("labels"));
      expect((await bucket.range(key, 0, 9)).toString()).toBe("labels");
      throw new Error("in the middle");
    });
    await expect(failed).rejects.toThrow("in the middle");
    expect(await bucket.stat(key)).toBeUndefined();
  },
  SLOW_MS,
);

it("takes a run on another machine for dead after two days, one here when its process is gone", () => {
  const here = nameOf(process.pid);
  const there = { ...here, machine: { ...here.machine, host: "another_machine" } };
  const day = 24 * 60 * 60 * 1000;
  const now = new Date();
  const named = (name: typeof here, days: number) => isDead(runName(new Date(now.getTime() - days * day), name), now);
  expect([named(here, 5), named({ ...here, start: "1" }, 0), named(there, 1), named(there, 3)]).toEqual([
    false,
    true,
    false,
    true,
  ]);
  expect(isDead("a folder of a person", now)).toBe(false);
});

/** Runs the child until something has happened for the so-manieth time, and there it is killed. */
async function killedAt(point: string, times: number, what: string, folder = ""): Promise<void> {
  const words = [RUN_TYPESCRIPT, CHILD, what, JSON.stringify(place), folder, point, String(times)];
  const { signal, stderr } = await execa(process.execPath, words, { reject: false });
  expect({ point, signal, stderr }).toEqual({ point, signal: "SIGKILL", stderr: "" });
}

const unfinished = (key: string) => client.findUploadId("datasets", key);

function s3Client(): Client {
  const agent = agentFor(minio.ca);
  return new Client({
    endPoint: "127.0.0.1",
    port: minio.port,
    useSSL: true,
    region: "eu-lab-1",
    ...minio.credentials,
    ...(agent && { transportAgent: agent }),
  });
}

async function names(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
