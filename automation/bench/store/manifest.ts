import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { execa } from "execa";
import { makeManifest } from "../../data/dataset/manifest/make.ts";
import { HEADER, lineOf, MANIFEST } from "../../data/dataset/manifest/record.ts";
import { bucketOf } from "../../data/store/bucket.ts";
import type { Bucket, Store } from "../../data/store/objects.ts";
import { RUN_TYPESCRIPT } from "../../project.ts";
import { median, rounded } from "../measure.ts";
import { SCRIPTED_USER } from "./scripted-s3.ts";

const PREFIX = "many/";

/** Medians of the rounds. */
export interface ManifestBench {
  objects: number;
  /** Seconds of a plain listing. */
  listing: number;
  /** Seconds of a manifest whose objects are all known. */
  manifest: number;
  ratio: number;
  /** The most memory that this process had while it made one. */
  peakMiB: number;
}

/** A manifest of objects that are all known beside a plain listing of them, by turns, from a scripted store in a process of its own. */
export async function benchManifest(objects: number, rounds: number): Promise<ManifestBench> {
  const server = execa(process.execPath, [
    RUN_TYPESCRIPT,
    path.join(import.meta.dirname, "serve-many.ts"),
    String(objects),
    PREFIX,
  ]);
  const folder = await mkdtemp(path.join(tmpdir(), "manifest-bench-"));
  try {
    const [address = ""] = await firstLine(server.stdout);
    const place = { server: address, tls: false, region: "us-east-1", user: SCRIPTED_USER, password: "of-nobody" };
    const bucket = bucketOf(place, "datasets");
    await bucket.put(PREFIX + MANIFEST, Readable.from(known(bucket), { objectMode: false }));
    const listing: number[] = [];
    const manifest: number[] = [];
    let peak = 0;
    for (let round = 0; round < rounds; round += 1) {
      listing.push(await seconds(() => listed(bucket)));
      const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50);
      manifest.push(await seconds(() => made(bucket, folder, objects)));
      clearInterval(timer);
    }
    const [list, make] = [median(listing), median(manifest)];
    return {
      ...{ objects, listing: rounded(list), manifest: rounded(make) },
      ...{ ratio: rounded(make / list), peakMiB: Math.round(peak / 2 ** 20) },
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

async function listed(bucket: Bucket): Promise<number> {
  let bytes = 0;
  for await (const { size } of bucket.list(PREFIX)) bytes += size;
  return bytes;
}

async function made(bucket: Store, folder: string, objects: number): Promise<void> {
  const { unchanged, pictures } = await makeManifest(bucket, PREFIX, { folder, parallel: 16 });
  if (!unchanged || pictures !== objects) throw new Error(`The manifest of ${objects} objects had ${pictures}.`);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function firstLine(input: Readable): Promise<string[]> {
  for await (const line of createInterface({ input })) return [line];
  return [];
}
