import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { Client } from "minio";
import type { S3Place } from "../../../components/storage/client/s3.ts";
import { bytesText, countText } from "../../data/dataset/amounts.ts";
import { severally } from "../../data/store/several.ts";
import { silentProgress, type Progress } from "../../progress.ts";
import type { Home } from "../../rehearsal/cluster/homes.ts";
import { ensureMinio } from "../../rehearsal/services/minio/row.ts";
import { textTable } from "../../report/table.ts";
import { obtainTools } from "../../tools/obtain.ts";
import { median, rounded } from "../measure.ts";
import { ourProcess, type Measured } from "./our-process.ts";
import { s5cmd } from "./s5cmd.ts";
import { scriptedS3, SCRIPTED_SECRET, SCRIPTED_USER } from "./scripted-s3.ts";

const SMALL = { files: 10_000, bytes: 20_000 };
const LARGE = { files: 10, bytes: 64 * 1024 * 1024 };
const LISTED = [1_000, 10_000, 100_000, 1_000_000];
const TREE = 1_000_000;
const LOOK_EVERY_MS = 20;

export interface DataBenchOptions {
  rounds: number;
  home: Home;
  progress: Progress;
}

/** One thing measured, of each round. */
export interface DataRow {
  what: string;
  seconds: number[];
  /** Most memory that the process had, in MB. */
  megabytes: number[];
}

export interface DataBench {
  rows: DataRow[];
  ratios: Record<string, number>;
}

/**
 * What the data verbs take: push and pull of small and of large files beside s5cmd in the same rounds against a real MinIO; a listing that
 * grows to a million objects, of a scripted store; a tree of a million files.
 */
export async function dataBench({ rounds, home, progress }: DataBenchOptions): Promise<DataBench> {
  const program = await progress.task("Building s5cmd", () => s5cmd());
  const tools = await obtainTools(["minio"], { progress: silentProgress });
  const minio = await ensureMinio(home.folder, tools);
  const { accessKey: user, secretKey: password } = minio.credentials;
  const place = { server: `127.0.0.1:${minio.port}`, tls: false, region: "us-east-1", user, password };
  const rows = new Map<string, DataRow>();
  const note = (what: string, { seconds, megabytes }: Measured) => {
    const row = rows.get(what) ?? { what, seconds: [], megabytes: [] };
    row.seconds.push(rounded(seconds));
    row.megabytes.push(Math.round(megabytes));
    rows.set(what, row);
  };

  for (const [kind, { files, bytes }] of Object.entries({ small: SMALL, large: LARGE })) {
    const what = `${countText(files)} ${kind} files (${bytesText(bytes)})`;
    const folder = path.join(home.folder, kind);
    await progress.task(`Writing ${what}`, () => drawn(folder, files, bytes));
    await progress.task(what, async (task) => {
      for (let round = 1; round <= rounds; round++) {
        task.update(`round ${round} of ${rounds}`);
        await inBuckets(place, async (ours, theirs) => {
          // Who begins has the colder disk.
          const turns = [
            async () => note(`push ${what}`, await ourProcess("push", place, ours, folder, "p/", files)),
            async () =>
              note(`s5cmd cp ${what}`, await theirProcess(program, place, [`${folder}/`, `s3://${theirs}/p/`])),
          ];
          for (const turn of round % 2 === 0 ? turns.reverse() : turns) await turn();
          const back = path.join(home.folder, "back");
          const backTurns = [
            async () => note(`pull ${what}`, await ourProcess("pull", place, ours, path.join(back, "a"), "p/", files)),
            async () =>
              note(`s5cmd cp back ${what}`, await theirProcess(program, place, [`s3://${theirs}/p/*`, `${back}/b/`])),
          ];
          for (const turn of round % 2 === 0 ? backTurns.reverse() : backTurns) await turn();
          await rm(back, { recursive: true });
          note(`push ${what}, nothing differs`, await ourProcess("push", place, ours, folder, "p/", 0));
        });
      }
    });
    await rm(folder, { recursive: true });
  }

  for (const count of LISTED) {
    const store = await scriptedS3({ many: { count, prefix: "big/" } });
    const at = { ...place, server: store.server, user: SCRIPTED_USER, password: SCRIPTED_SECRET };
    const what = `ls of ${countText(count)}`;
    await progress.task(what, async () => note(what, await ourProcess("ls", at, "datasets", "", "big/", count)));
    await store.close();
  }
  await progress.task(`A tree of ${countText(TREE)} files`, async (task) => {
    task.update("writing it");
    const folder = path.join(home.folder, "tree");
    await drawn(folder, TREE, 1);
    task.update("comparing it");
    const store = await scriptedS3();
    const at = { ...place, server: store.server, user: SCRIPTED_USER, password: SCRIPTED_SECRET };
    note(`push --dry-run of ${countText(TREE)}`, await ourProcess("dry", at, "datasets", folder, "big/", TREE));
    await store.close();
    await rm(folder, { recursive: true });
  });

  const of = (what: string) => median(rows.get(what)?.seconds ?? []);
  const ratios = Object.entries({ small: SMALL, large: LARGE }).flatMap(([kind, { files, bytes }]) => {
    const what = `${countText(files)} ${kind} files (${bytesText(bytes)})`;
    return [
      [`push / s5cmd, ${kind}`, rounded(of(`push ${what}`) / of(`s5cmd cp ${what}`))],
      [`pull / s5cmd, ${kind}`, rounded(of(`pull ${what}`) / of(`s5cmd cp back ${what}`))],
    ];
  });
  return { rows: [...rows.values()], ratios: Object.fromEntries(ratios) as Record<string, number> };
}

/** The same for a person. */
export function dataBenchText({ rows, ratios }: DataBench): string {
  const spread = (values: readonly number[]) => `${Math.min(...values)} to ${Math.max(...values)}`;
  return [
    textTable(
      ["what", "median s", "range", "most MB"],
      rows.map(({ what, seconds, megabytes }) => [
        what,
        median(seconds).toFixed(2),
        spread(seconds),
        Math.max(...megabytes),
      ]),
      { right: [1, 3] },
    ),
    "",
    ...Object.entries(ratios).map(([what, ratio]) => `${what}: ${ratio}`),
  ].join("\n");
}

async function theirProcess(
  program: string,
  { server, user, password }: S3Place,
  words: readonly string[],
): Promise<Measured> {
  const began = performance.now();
  const running = execa(program, ["--endpoint-url", `http://${server}`, "--log", "error", "cp", ...words], {
    env: { AWS_ACCESS_KEY_ID: user, AWS_SECRET_ACCESS_KEY: password, AWS_REGION: "us-east-1" },
  });
  let megabytes = 0;
  const timer = setInterval(() => {
    megabytes = Math.max(megabytes, memoryOf(running.pid ?? 0));
  }, LOOK_EVERY_MS);
  try {
    await running;
  } finally {
    clearInterval(timer);
  }
  return { seconds: (performance.now() - began) / 1000, megabytes };
}

/** The most memory that a process has had, in MB; 0 where the system does not say. */
function memoryOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1000;
  } catch {
    return 0;
  }
}

async function inBuckets(
  { server, region, user, password }: S3Place,
  work: (ours: string, theirs: string) => Promise<void>,
): Promise<void> {
  const [endPoint = "", port = ""] = server.split(":");
  const client = new Client({
    endPoint,
    port: Number(port),
    useSSL: false,
    accessKey: user,
    secretKey: password,
    region,
  });
  const names = ["bench-ours", "bench-theirs"] as const;
  for (const name of names) await client.makeBucket(name, region);
  await work(...names);
  for (const name of names) {
    const keys: string[] = [];
    for await (const item of client.listObjectsV2(name, "", true)) keys.push((item as { name: string }).name);
    await client.removeObjects(name, keys);
    await client.removeBucket(name);
  }
}

/** Files of random bytes, a thousand to a folder. */
async function drawn(folder: string, files: number, bytes: number): Promise<void> {
  const digits = 7;
  for (let at = 0; at < files; at += 1000)
    await mkdir(path.join(folder, String(at / 1000).padStart(digits, "0")), { recursive: true });
  await severally(Array.from({ length: files }).keys(), 16, async (at) => {
    const below = String(Math.floor(at / 1000)).padStart(digits, "0");
    await writeFile(path.join(folder, below, `${String(at).padStart(digits, "0")}.jpg`), randomBytes(bytes));
  });
}
