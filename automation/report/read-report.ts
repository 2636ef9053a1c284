import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { z } from "zod";
import { UserError } from "../../components/program/errors.ts";
import type { PlanReport } from "./plan-report.ts";

/** What `preview --report` wrote. */
export type ReadReport =
  | { kind: "json"; plan: PlanReport }
  | {
      kind: "markdown";
      text: string;
      /** In words; empty where there is none. */
      verdict: string;
      failed: boolean;
    };

/** A report of a lab that is made anew is 2 MB; more than this is none. */
const LARGEST_BYTES = 8 * 1024 * 1024;

const count = z.number().int().min(0).max(1_000_000);
const short = z.string().max(1_000);
const text = z.string().max(20_000);
const list = <T extends z.ZodType>(item: T, most = 5_000) => z.array(item).max(most);
const operation = z.enum(["create", "update", "replace", "delete", "keep", "import"]);

/** Of a part in the picture: what stands there bare, and so must be no more than a word. (graph/graph.ts) */
const id = z.string().regex(/^\w{1,500}$/);
const graph = z.object({
  nodes: list(
    z
      .object({
        id,
        shape: z.enum(["people", "address", "program", "store"]),
        lines: list(short, 20),
        frame: short.optional(),
        mark: z.enum(["added", "changed", "removed", "careful"]).optional(),
      })
      .transform((node) => ({ ...node, frame: node.frame })),
    500,
  ),
  edges: list(z.object({ from: id, to: id, what: short }), 2_000),
});

const compared = z
  .object({
    base: z.object({ name: short, commit: short }).optional(),
    head: z.object({ commit: short, changed: z.boolean() }).optional(),
    alone: text.optional(),
    notes: list(text, 100),
  })
  .transform(({ base, head, alone, notes }) => ({ base, head, alone, notes }));

/** A report as it may come from anybody: of the known parts alone, each of a size that somebody could read. */
const planSchema = z.object({
  stack: short,
  verdict: text,
  findings: list(
    z.object({ id: short, severity: z.enum(["careful", "note"]), title: text, system: short, object: short, text }),
  ),
  waiting: list(z.object({ object: short, until: list(short, 100) })),
  counts: z.record(short, z.partialRecord(operation, count)),
  unchanged: count,
  restarts: list(short),
  images: list(z.object({ object: short, from: text, to: text })),
  charts: list(z.object({ chart: short, from: short, to: short })).default([]),
  moved: list(z.object({ object: short, from: short })),
  objects: list(
    z.object({
      system: short,
      kind: short,
      name: short,
      operation,
      diff: z.object({ lines: list(z.string().max(200_000), 50_000), leftOut: count }),
      until: list(short, 100),
    }),
  ),
  fixes: list(
    z.object({
      chart: short,
      id: short,
      outcome: z.enum(["applied", "already right", "not matched"]),
      objects: list(short),
      why: text,
      source: text,
    }),
  ),
  warnings: list(text),
  failure: z.string().max(200_000).optional(),
  graph: graph.optional(),
  compared: compared.optional(),
});

export interface ReadOptions {
  /** It was made by somebody else's program: JSON alone is taken, and no link is followed to it. */
  untrusted: boolean;
}

/**
 * Reads a report, Markdown or JSON, whichever it is.
 * @throws UserError of bad usage: it is not there, too large, or no report
 */
export async function readReport(file: string, { untrusted }: ReadOptions): Promise<ReadReport> {
  const read = await textOf(file, untrusted);
  if (/^\s*[{[]/.test(read)) return { kind: "json", plan: planIn(read, file) };
  if (untrusted)
    throw bad(file, "is not JSON: Markdown of somebody else's could say anything. Write it with --report-format json.");
  if (read.trim() === "") throw bad(file, "is empty.");
  return { kind: "markdown", text: read, ...verdictIn(read) };
}

function planIn(read: string, file: string): PlanReport {
  let value: unknown;
  try {
    value = JSON.parse(read);
  } catch {
    throw bad(file, "begins as JSON and is none: it was cut off, or is not a report.");
  }
  const { data, error } = planSchema.safeParse(value);
  // Whatever a report has is listed above, or this does not compile.
  if (data)
    return { ...data, failure: data.failure, graph: data.graph, compared: data.compared } satisfies Record<
      keyof PlanReport,
      unknown
    >;
  const problems = error.issues.slice(0, 5).map(({ path, message }) => `  ${placeOf(path)}: ${message}`);
  throw bad(file, ["is no report of `preview --report-format json`:", ...problems].join("\n"));
}

/** A place without texts of the report's own: a key may be anything. */
const placeOf = (path: readonly PropertyKey[]) =>
  path
    .map((part) => (typeof part === "number" || /^[a-z]{1,20}$/i.test(String(part)) ? String(part) : "?"))
    .join(".") || "the whole";

/** Reads no more than a report may have, whatever a file says of its size. */
async function textOf(file: string, untrusted: boolean): Promise<string> {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (untrusted ? constants.O_NOFOLLOW : 0);
  const handle = await open(file, flags).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    const why = { ENOENT: "is not there.", ELOOP: "is a link: name the file itself." }[code ?? ""];
    throw bad(file, why ?? `cannot be read (${code ?? String(error)}).`);
  });
  try {
    const about = await handle.stat();
    if (!about.isFile()) throw bad(file, "is no file.");
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of handle.createReadStream({
      autoClose: false,
      end: LARGEST_BYTES,
    }) as AsyncIterable<Buffer>) {
      parts.push(part);
      bytes += part.length;
    }
    if (bytes > LARGEST_BYTES) throw bad(file, `is larger than ${LARGEST_BYTES / 1024 / 1024} MB: it is no report.`);
    return new TextDecoder().decode(Buffer.concat(parts));
  } finally {
    await handle.close();
  }
}

/** The verdict is the first bold line. (plan-markdown.ts) */
function verdictIn(markdown: string): { verdict: string; failed: boolean } {
  const [, bold = ""] = /^\*\*(.+)\*\*$/m.exec(markdown.slice(0, 5_000)) ?? [];
  const verdict = bold
    .replace(/&#(\d{1,6});/g, (_all, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll("\u200b", "");
  return { verdict, failed: verdict.startsWith("Not all was seen") };
}

const bad = (file: string, words: string) => new UserError(`--report ${file} ${words}`, { exitCode: 2 });
