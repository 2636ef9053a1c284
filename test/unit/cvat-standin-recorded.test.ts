import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { unzipped, zipped } from "../../automation/rehearsal/services/cvat/zip.ts";
import { mp4Of, pngOf } from "../fixtures/cvat/pictures.ts";
import { startCvat, storageBody, type TestCvat } from "../fixtures/cvat/stand-in.ts";

/**
 * What CVAT 2.64.0, run from its source, answered one call after the other, made again of the stand-in: the same statuses, and bodies of the same
 * keys and kinds of values. (test/fixtures/cvat/recorded-2.64.jsonl and recorded-uploads-2.64.jsonl, a step a line. The events of the second were kept
 * by a program that speaks with CVAT as ClickHouse does, in memory.)
 */
type Json = Record<string, unknown>;

interface Step {
  method?: string;
  path?: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** A body that is no JSON, in base64. */
  bytes?: string;
  /** What is sent to in later steps, by a name for the place that the answer leads to. */
  keepPlace?: string;
  /** Some of the answer's headers. */
  told?: Record<string, string>;
  /** Names for what is in the answer, by its path there; later steps have them in braces. */
  keep?: Record<string, string>;
  /** The request that the step before began, once it has ended. */
  finished?: true;
  /** An archive that lies in the bucket then. */
  zip?: string;
  /** One that is put there, of these files. */
  put?: string;
  files?: Record<string, string>;
  status?: number;
  type?: string;
  answer?: unknown;
}

const stepsIn = (file: string): Step[] =>
  readFileSync(path.resolve(import.meta.dirname, "../fixtures/cvat", file), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Step);

let cvat: TestCvat;
const kept: Record<string, unknown> = {};

beforeAll(async () => {
  cvat = await startCvat();
  cvat.s3.buckets = { datasets: [], cvat: [] };
  for (const name of ["a/im04", "a/im05", "a/b/im07"]) put(`datasets/rec/${name}.png`, pngOf(100, 50));
  put("datasets/rec/film.mp4", mp4Of(100, 50, 30));
  put("datasets/rec/bad/empty.jpg", "");
  for (const [name, resource] of Object.entries({ pictures: "datasets", exports: "cvat" }))
    kept[name] = idOf(await cvat.call("POST", "cloudstorages", { body: { ...storageBody(), resource } }));
});
afterAll(() => cvat.end());

const idOf = ({ body }: { body: unknown }) => (body as { id: number }).id;

function put(place: string, body: Buffer | string): void {
  const [, bucket = "", key = ""] = /^([^/]+)\/(.*)$/.exec(place) ?? [];
  (cvat.s3.buckets[bucket] ??= []).push(key);
  cvat.s3.bodies[place] = body;
}

function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one)]));
  if (typeof value !== "string") return value;
  const [, alone = ""] = /^\{(\w+)\}$/.exec(value) ?? [];
  return alone in kept ? kept[alone] : value.replace(/\{(\w+)\}/g, (all, name: string) => textOf(kept[name] ?? all));
}

/** Kinds of values by key; what is null tells nothing. */
function form(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(form).reduce(joined, "nothing");
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, form(one)]));
  return value === null ? "nothing" : typeof value;
}

function joined(one: unknown, other: unknown): unknown {
  if (one === "nothing") return other;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return one;
  const [mine, others] = [one as Json, other as Json];
  return Object.fromEntries(
    [...new Set([...Object.keys(mine), ...Object.keys(others)])].map((key) => [
      key,
      joined(mine[key] ?? "nothing", others[key] ?? "nothing"),
    ]),
  );
}

/** What is nothing on either side is like anything. */
function differences(real: unknown, ours: unknown, at = ""): string[] {
  if (real === "nothing" || ours === "nothing") return [];
  if (typeof real !== "object" || typeof ours !== "object" || real === null || ours === null)
    return real === ours ? [] : [`${at}: ${JSON.stringify(real)}, and ${JSON.stringify(ours)}`];
  const [there, here] = [real as Json, ours as Json];
  return [...new Set([...Object.keys(there), ...Object.keys(here)])].sort().flatMap((key) => {
    if (!(key in there)) return [`${at}.${key}: CVAT has none`];
    if (!(key in here)) return [`${at}.${key}: missing`];
    return differences(there[key], here[key], `${at}.${key}`);
  });
}

/** `name=car` finds the one in a list. */
function within(value: unknown, key: string): unknown {
  const [, field = "", wanted] = /^(\w+)=(.*)$/.exec(key) ?? [];
  return field === "" ? (value as Json)[key] : (value as Json[]).find((one) => one[field] === wanted);
}

const textOf = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
const isRefusal = ({ status = 200 }: Step) => status >= 400;
const lastLine = (text: unknown) =>
  String(text)
    .trim()
    .split("\n")
    .at(-1)
    ?.replace(/\/\S*\/tmp\/\w+/g, "TMP");

/** Pictures are told by their name alone, COCO by its form, and lines in any order: CVAT's own varies. */
function contentOf(name: string, bytes: Buffer | string): unknown {
  if (name.endsWith(".png")) return "a picture";
  if (name.endsWith(".json")) return form(typeof bytes === "string" ? JSON.parse(bytes) : JSON.parse(bytes.toString()));
  return bytes.toString().split("\n").sort().join("\n");
}

/** What is encoded already stays as it is. */
const placeOf = (step: Step) => encodeURI(String(filled(step.path))).replace(/%25([0-9A-F]{2})/g, "%$1");

async function made(step: Step): Promise<string[]> {
  if (step.put !== undefined) {
    put(
      `cvat/${step.put}`,
      zipped(Object.entries(step.files ?? {}).map(([name, text]) => ({ name, bytes: Buffer.from(text) }))),
    );
    return [];
  }
  if (step.zip !== undefined) {
    const entries = (await unzipped(cvat.s3.bodies[`cvat/${step.zip}`] as Buffer)) ?? [];
    const ours = Object.fromEntries(entries.map(({ name, bytes }) => [name, contentOf(name, bytes)]));
    const real = Object.entries(step.answer as Json).map(([name, text]) => [name, contentOf(name, text as string)]);
    return differences(Object.fromEntries(real), ours);
  }

  if (step.finished) {
    const ended = await cvat.done({ body: { rq_id: kept["request"] } });
    const { message: said, ...real } = step.answer as Json;
    const { message, ...ours } = ended;
    return [
      ...differences(form(real), form(ours)),
      ...(real["status"] === ours["status"]
        ? []
        : [`status: ${String(real["status"])}, and ${String(ours["status"])}`]),
      ...(lastLine(said) === lastLine(message) ? [] : [`message: ${lastLine(said)}, and ${lastLine(message)}`]),
    ];
  }
  const called = await cvat.call(step.method ?? "", placeOf(step), {
    ...(step.body !== undefined && { body: filled(step.body) }),
    ...(step.bytes !== undefined && { bytes: Buffer.from(step.bytes, "base64") }),
    ...(step.headers && { headers: step.headers }),
  });
  if (step.keepPlace !== undefined) kept[step.keepPlace] = called.headers.get("location")?.split("/api/")[1];
  for (const [name, where] of Object.entries(step.keep ?? {}))
    kept[name] = where.split(".").reduce<unknown>(within, called.body);
  const { rq_id } = (called.body ?? {}) as { rq_id?: string };
  if (rq_id !== undefined) Object.assign(kept, { request: rq_id, requestId: encodeURIComponent(rq_id) });
  if (called.status !== step.status)
    return [`status ${step.status}, and ${called.status} ${JSON.stringify(called.body)}`];
  const told = Object.entries(step.told ?? {}).filter(([name, value]) => called.headers.get(name) !== value);
  if (told.length > 0) return told.map(([name, value]) => `${name}: ${value}, and ${called.headers.get(name) ?? ""}`);
  if (step.type === "text/csv") return tableDifferences(String(step.answer), String(called.body));
  if (isRefusal(step))
    return JSON.stringify(called.body) === JSON.stringify(step.answer) || step.answer === "<page>"
      ? []
      : [`${JSON.stringify(step.answer)}, and ${JSON.stringify(called.body)}`];
  return step.answer === undefined ? [] : differences(form(step.answer), form(called.body));
}

/** The columns, and which of them CVAT fills of a task that was made. It notes more events than the stand-in does. */
function tableDifferences(real: string, ours: string): string[] {
  const [columns = "", ...rows] = real.split("\r\n");
  const [own = "", ...ownRows] = ours.split("\r\n");
  if (columns !== own) return [`${columns}, and ${own}`];
  const fields = columns.split(",");
  const filledOf = (all: readonly string[]) => {
    // What comes before the payload has no comma.
    const values = all.find((row) => row.startsWith("create:task,"))?.split(",") ?? [];
    return fields.slice(0, fields.indexOf("payload")).filter((_, at) => (values[at] ?? "") !== "");
  };
  const [theirs, mine] = [filledOf(rows).join(" "), filledOf(ownRows).join(" ")];
  return theirs === mine && mine !== "" ? [] : [`filled: ${theirs}, and ${mine}`];
}

test.each(["recorded-2.64.jsonl", "recorded-uploads-2.64.jsonl"])(
  "the stand-in answers as CVAT did: %s",
  async (file) => {
    const found: Record<string, string[]> = {};
    for (const [index, step] of stepsIn(file).entries()) {
      const differing = await made(step);
      if (differing.length > 0)
        found[
          `${index + 1} ${step.method ?? (step.zip !== undefined ? "zip" : "request")} ${step.path ?? step.zip ?? ""}`
        ] = differing;
    }
    expect(found).toEqual({});
  },
);
