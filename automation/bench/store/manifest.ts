import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { execa } from "execa";
import { countText } from "../../data/dataset/amounts.ts";
import { HEADER, lineOf, MANIFEST } from "../../data/dataset/manifest/record.ts";
import { bucketOf } from "../../data/store/bucket.ts";
import type { Bucket } from "../../data/store/objects.ts";
import { RUN_TYPESCRIPT } from "../../project.ts";
import type { Progress } from "../../progress.ts";
import { textTable } from "../../report/table.ts";
import { median, rounded } from "../measure.ts";
import { ourProcess, type Measured } from "./our-process.ts";
import { SCRIPTED_SECRET, SCRIPTED_USER } from "./scripted-s3.ts";

const BUCKET = "datasets";
const PREFIX = "many/";

/** Medians of the rounds, each of a process of its own. */
export interface ManifestBench {
  objects: number;
  /** Seconds of a plain listing. */
  listing: number;
  /** Seconds of a manifest whose objects are all known. */
  manifest: number;
  ratio: number;
  /** The most memory that a listing, and that a manifest had, in MB. */
  megabytes: { listing: number; manifest: number };
}

export interface ManifestBenchOptions {
  /** Numbers of objects. */
  sizes: readonly number[];
  rounds: number;
  progress: Progress;
}

/** A manifest of objects that are all known beside a plain listing of them, by turns, from a scripted store in a process of its own. */
export async function benchManifests({ sizes, rounds, progress }: ManifestBenchOptions): Promise<ManifestBench[]> {
  const found: ManifestBench[] = [];
  for (const objects of sizes) {
    const what = `A manifest of ${countText(objects)} objects`;
    found.push(await progress.task(what, (task) => one(objects, rounds, (text) => task.update(text))));
  }
  return found;
}

async function one(objects: number, rounds: number, update: (text: string) => void): Promise<ManifestBench> {
  const server = execa(process.execPath, [
    RUN_TYPESCRIPT,
    path.join(import.meta.dirname, "serve-many.ts"),
    String(objects),
    PREFIX,
  ]);
  const folder = await mkdtemp(path.join(tmpdir(), "manifest-bench-"));
  try {
    const [address = ""] = await firstLine(server.stdout);
    const place = { server: address, tls: false, region: "us-east-1", user: SCRIPTED_USER, password: SCRIPTED_SECRET };
    const bucket = bucketOf(place, BUCKET);
    update("writing the one that is there");
    await bucket.put(PREFIX + MANIFEST, Readable.from(known(bucket), { objectMode: false }));
    const run = (what: "list" | "manifest") => ourProcess(what, place, BUCKET, folder, PREFIX, objects);
    const listings: Measured[] = [];
    const manifests: Measured[] = [];
    for (let round = 1; round <= rounds; round++) {
      update(`round ${round} of ${rounds}`);
      listings.push(await run("list"));
      manifests.push(await run("manifest"));
    }
    const seconds = (all: readonly Measured[]) => median(all.map((each) => each.seconds));
    const most = (all: readonly Measured[]) => Math.round(Math.max(...all.map((each) => each.megabytes)));
    const [listing, manifest] = [seconds(listings), seconds(manifests)];
    return {
      ...{ objects, listing: rounded(listing), manifest: rounded(manifest), ratio: rounded(manifest / listing) },
      megabytes: { listing: most(listings), manifest: most(manifests) },
    };
  } finally {
    server.stdin.end();
    await server;
    await rm(folder, { recursive: true });
  }
}

async function* known(bucket: Bucket): AsyncGenerator<Buffer, void> {
  let piece = HEADER.map((line) => `${line}\n`).join("");
  for await (const { key, etag, size } of bucket.list(PREFIX)) {
    piece += `${lineOf({ name: key.slice(PREFIX.length), width: 640, height: 480, etag, size })}\n`;
    if (piece.length < 2 ** 16) continue;
    yield Buffer.from(piece);
    piece = "";
  }
  yield Buffer.from(piece);
}

async function firstLine(input: Readable): Promise<string[]> {
  for await (const line of createInterface({ input })) return [line];
  return [];
}

/** A result as a person reads it. */
export function manifestBenchText(all: readonly ManifestBench[]): string {
  const rows = all.map(({ objects, listing, manifest, ratio, megabytes }) => [
    countText(objects),
    ...[listing, manifest, ratio].map((number) => number.toFixed(2)),
    ...[megabytes.listing, megabytes.manifest].map(String),
  ]);
  return textTable(["objects, all known", "listing s", "manifest s", "ratio", "most MB listing", "manifest"], rows);
}
