import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { makeManifest } from "../../data/dataset/manifest/make.ts";
import { HEADER, lineOf, MANIFEST } from "../../data/dataset/manifest/record.ts";
import { bucketOf } from "../../data/store/bucket.ts";
import { SCRIPTED_USER, scriptedS3 } from "./scripted-s3.ts";

const PREFIX = "many/";

export interface ManifestBench {
  objects: number;
  listing: { seconds: number; peakMiB: number };
  manifest: { seconds: number; peakMiB: number };
  ratio: number;
}

/** A manifest of objects that are all known, beside a plain listing of them, from a scripted store in this process's neighbour. */
export async function benchManifest(objects: number): Promise<ManifestBench> {
  const store = await scriptedS3({ many: { count: objects, prefix: PREFIX } });
  const folder = await mkdtemp(path.join(tmpdir(), "manifest-bench-"));
  try {
    const place = {
      server: store.server,
      tls: false,
      region: "us-east-1",
      user: SCRIPTED_USER,
      password: "password-of-it",
    };
    const bucket = bucketOf(place, "datasets");
    const lines: string[] = [...HEADER];
    const listing = await measured(async () => {
      for await (const { key, etag, size } of bucket.list(PREFIX))
        if (lines.length < 3) lines.push(lineOf({ name: key.slice(PREFIX.length), width: 1, height: 1, etag, size }));
    });
    lines.length = 2;
    for await (const { key, etag, size } of bucket.list(PREFIX))
      lines.push(lineOf({ name: key.slice(PREFIX.length), width: 640, height: 480, etag, size }));
    const there = Buffer.from(`${lines.join("\n")}\n`);
    lines.length = 0;
    store.objects.set(PREFIX + MANIFEST, there);
    store.etags.set(PREFIX + MANIFEST, createHash("md5").update(there).digest("hex"));
    const manifest = await measured(async () => {
      const made = await makeManifest(bucket, PREFIX, { folder, parallel: 16 });
      if (!made.unchanged || made.pictures !== objects) throw new Error(`bench: ${JSON.stringify(made)}`);
    });
    return { objects, listing, manifest, ratio: manifest.seconds / listing.seconds };
  } finally {
    await store.close();
    await rm(folder, { recursive: true });
  }
}

async function measured(work: () => Promise<void>) {
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 100);
  const start = performance.now();
  await work();
  clearInterval(timer);
  return { seconds: (performance.now() - start) / 1000, peakMiB: Math.round(peak / 2 ** 20) };
}
