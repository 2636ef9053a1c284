import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { Header, Parser } from "tar";
import * as z from "zod";
import { UserError } from "../../../components/program/errors.ts";

const entry = z.strictObject({
  /** In the tar. */
  name: z.string().min(1),
  sha256: z.string(),
  /** As the stack file has it, where that names the file. */
  named: z.string().optional(),
  /** The key of the stack file. */
  key: z.string().optional(),
  /** What `named` is relative to: this program's folder, or that of Pulumi.yaml. */
  base: z.enum(["program", "folder"]).optional(),
});

/** What is said of a stack's backup in itself: `about.json`. */
const aboutSchema = z.strictObject({
  kind: z.literal("stack"),
  version: z.literal(1),
  stack: z.string().regex(/^[A-Za-z0-9_.-]+$/),
  /** When it was made, UTC. */
  made: z.string(),
  program: z.strictObject({
    version: z.string(),
    node: z.string(),
    commit: z.string().optional(),
    /** Whether files differed from that commit. */
    changed: z.boolean().optional(),
    engine: z.string(),
  }),
  state: z.strictObject({
    /** When the run that wrote it ended, UTC; of a stack that nothing was done with: left out. */
    saved: z.string().optional(),
    resources: z.number(),
    /** Begun by a run and not ended. */
    pending: z.number(),
    /** Where it lay. */
    backend: z.string(),
    /** What its secrets open with: `passphrase`, or a key service's name. */
    secrets: z.string().optional(),
  }),
  /** The API server that the kubeconfig reaches. */
  cluster: z.string(),
  files: z.array(entry),
  /** What the stack file names and this is without. */
  without: z.array(z.string()),
});

export type About = z.output<typeof aboutSchema>;
export type BundledFile = About["files"][number];

/** Names in the tar that are no files of the stack file's. */
export const NAMES = {
  about: "about.json",
  state: "state.json",
  kubeconfig: "kubeconfig",
  passphrase: "passphrase",
  project: "Pulumi.yaml",
} as const;

export interface Bundle {
  about: About;
  /** By their names in the tar. */
  contents: ReadonlyMap<string, Buffer>;
}

const BLOCK = 512;
/** Longest name of a header without an extension. */
const NAME_BYTES = 100;

export const sha256Of = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

/** A tar by gzip, made in memory: nothing of it may lie on a disk in clear. Any tar unpacks it. */
export function pack({ about, contents }: Bundle): Buffer {
  const made = new Date(about.made);
  const all = [[NAMES.about, Buffer.from(`${JSON.stringify(about, null, 2)}\n`)] as const, ...contents];
  const blocks = all.flatMap(([name, content]) => [headOf(name, content.length, made), padded(content)]);
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]));
}

function headOf(name: string, size: number, mtime: Date): Buffer {
  if (Buffer.byteLength(name) > NAME_BYTES) throw new Error(`${name} is too long for a name in a tar`);
  const header = new Header({ path: name, mode: 0o600, size, mtime, type: "File" });
  header.encode();
  if (header.block === undefined) throw new Error("tar has made no header");
  return header.block;
}

const padded = (content: Buffer) => Buffer.concat([content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);

/**
 * Reads it, and compares each file with what was said of it.
 * @param file how it is called to a person
 * @throws UserError
 */
export async function unpack(file: string, packed: Buffer): Promise<Bundle> {
  const refuse = (why: string) => new UserError(`${file} ${why}`);
  const contents = await entriesOf(packed).catch(() => {
    throw refuse("opens, and holds no archive: it is no backup of a stack.");
  });
  const about = aboutIn(contents.get(NAMES.about));
  if (about === undefined)
    throw refuse("opens, and is no backup of a stack that this program knows: see whether a newer one made it.");
  contents.delete(NAMES.about);
  const broken = about.files.filter(({ name, sha256 }) => {
    const content = contents.get(name);
    return content === undefined || sha256Of(content) !== sha256;
  });
  if (broken.length > 0) throw refuse(`is damaged: ${broken.map(({ name }) => name).join(", ")}.`);
  return { about, contents };
}

async function entriesOf(packed: Buffer): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const parser = new Parser({
    strict: true,
    onReadEntry(one) {
      const chunks: Buffer[] = [];
      one.on("data", (chunk: Buffer) => chunks.push(chunk));
      one.on("end", () => found.set(one.path, Buffer.concat(chunks)));
    },
  });
  await pipeline(Readable.from([gunzipSync(packed)]), parser as unknown as NodeJS.WritableStream);
  return found;
}

function aboutIn(content: Buffer | undefined): About | undefined {
  try {
    return aboutSchema.safeParse(JSON.parse(content?.toString("utf8") ?? "")).data;
  } catch {
    return undefined;
  }
}
