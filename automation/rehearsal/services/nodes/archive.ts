import { pipeline } from "node:stream/promises";
import type { Readable } from "node:stream";
import { Parser } from "tar";

/** One image of an archive: its name, and its configuration as it is stored. */
export interface ArchivedImage {
  reference: string;
  config: Buffer;
}

interface ManifestEntry {
  Config: string;
  RepoTags: string[];
  Layers: string[];
}

/**
 * Reads an archive as `docker save` writes it.
 * @throws Error, as ctr says it, when it is none or not whole
 */
export async function readArchive(stream: Readable): Promise<ArchivedImage[]> {
  const files = new Map<string, Buffer>();
  const parser = new Parser({
    strict: true,
    onReadEntry(entry) {
      const chunks: Buffer[] = [];
      entry.on("data", (chunk: Buffer) => chunks.push(chunk));
      entry.on("end", () => files.set(entry.path, Buffer.concat(chunks)));
    },
  });
  try {
    await pipeline(stream, parser as unknown as NodeJS.WritableStream);
  } catch {
    throw new Error("ctr: archive/tar: invalid tar header");
  }
  const manifest = files.get("manifest.json");
  if (!manifest) throw new Error("ctr: unrecognized image format");
  return (JSON.parse(manifest.toString("utf8")) as ManifestEntry[]).flatMap(({ Config, RepoTags, Layers }) => {
    const config = files.get(Config);
    const missing = [...(config ? [] : [Config]), ...Layers.filter((layer) => !files.has(layer))];
    if (!config || missing.length > 0) throw new Error(`ctr: content ${missing.join(", ")}: not found`);
    return RepoTags.map((reference) => ({ reference, config }));
  });
}
