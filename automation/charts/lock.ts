import { readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import lockfile from "proper-lockfile";
import semver from "semver";
import { Document, isMap, isSeq, parseDocument, YAMLMap, YAMLSeq } from "yaml";
import { z } from "zod";
import { UserError } from "../../components/program/errors.ts";
import { isTrustworthy } from "../http.ts";

/** The lock file of this repository. */
export const LOCK_FILE = path.join(import.meta.dirname, "../../charts.lock.yaml");

/** What Helm allows for a chart's name, less what would be awkward as a folder's name. */
export const chartName = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/, "must be a chart's name: letters, digits, - . _");
/** A whole version: it names one archive, so ranges and `latest` are refused. */
export const chartVersion = z
  .string("must be a text: put the version in quotes")
  .refine((text) => semver.valid(text) === text, "must be a whole version such as 7.14.7");

const repository = z
  .string()
  .refine(isTrustworthy, "must be the https:// address of a Helm repository, without a login")
  .transform((url) => url.replace(/\/+$/, ""));
const oci = z
  .string()
  .regex(/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/, "must be REGISTRY/REPOSITORY, without oci:// and tag");

const entrySchema = z
  .strictObject({
    version: chartVersion,
    repository: repository.optional(),
    oci: oci.optional(),
    digest: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 hexadecimal digits")
      .optional(),
    default: z.boolean().optional(),
  })
  .refine((entry) => (entry.repository === undefined) !== (entry.oci === undefined), {
    message: "needs its source: either repository or oci",
  });

const versionsSchema = z
  .array(entrySchema)
  .min(1, "needs at least one version")
  .superRefine((entries, context) => {
    const versions = entries.map((entry) => entry.version);
    versions.forEach((version, index) => {
      if (versions.indexOf(version) < index)
        context.addIssue({ code: "custom", path: [index], message: `${version} is listed twice` });
    });
    if (entries.filter((entry) => entry.default).length > 1)
      context.addIssue({ code: "custom", message: "only one version can be the default" });
  });

const lockSchema = z.strictObject({ charts: z.record(chartName, versionsSchema) });

/** Where a chart comes from: a Helm repository, or a chart in a container registry. Exactly one is set. */
export interface ChartSource {
  /** `https://` address of the Helm repository, without its index.yaml. */
  repository?: string;
  /** `registry/repository`, without scheme and tag. */
  oci?: string;
}

/** One version of one chart in the lock file. */
export interface LockedChart extends ChartSource {
  name: string;
  version: string;
  /** `sha256:<hex>` of the archive; absent until the first pull records it. */
  digest?: string;
  /** Taken when nobody names a version. */
  default: boolean;
}

/**
 * Reads the lock file: every version of every chart, in the file's order.
 * @throws UserError (exit code 2) with every problem in it.
 */
export async function readLock(file: string = LOCK_FILE): Promise<LockedChart[]> {
  return entriesOf((await parse(file)).toJS(), path.basename(file));
}

/**
 * Reads a lock file that is no file here, such as an earlier commit's.
 * @param title names it in errors
 * @throws UserError (exit code 2) with every problem in it
 */
export function lockIn(text: string, title: string): LockedChart[] {
  return entriesOf(documentIn(text, title).toJS(), title);
}

const TYPED: Record<string, string> = { name: "NAME", version: "VERSION", repository: "--repository", oci: "--oci" };

/**
 * One entry made of what a user typed, by the rules of the lock file.
 * @throws UserError (exit code 2) with every problem, by argument and option.
 */
export function checkEntry(name: string, version: string, source: ChartSource): LockedChart {
  const result = entrySchema.safeExtend({ name: chartName }).safeParse({ name, version, ...source });
  if (result.success) return { ...result.data, default: false };
  throw new UserError(
    result.error.issues.map(({ path: [key], message }) => `charts lock: ${TYPED[String(key)] ?? name}: ${message}`),
    { exitCode: 2 },
  );
}

/** The entry for `name` and `version`; without a version, the chart's default. */
export function findLocked(entries: readonly LockedChart[], name: string, version?: string): LockedChart | undefined {
  return entries.find((e) => e.name === name && (version === undefined ? e.default : e.version === version));
}

/** What to say when `findLocked` finds nothing: what is locked, and how to add what is not. */
export function notLocked(entries: readonly LockedChart[], name: string, version?: string): string {
  const versions = entries.filter((entry) => entry.name === name).map((entry) => entry.version);
  if (versions.length > 0)
    return (
      `chart ${name} ${version ?? ""} is not in charts.lock.yaml, which has ${name} ${versions.join(", ")}. ` +
      `Take one of these, or add it: npm run platform -- charts lock ${name} ${version ?? "VERSION"}`
    );
  const known = [...new Set(entries.map((entry) => entry.name))].join(", ");
  return (
    `chart ${name} is not in charts.lock.yaml, which has ${known}. ` +
    `Add it: npm run platform -- charts lock ${name} ${version ?? "VERSION"} --repository URL (or --oci REF)`
  );
}

/**
 * Adds an entry, or sets the digest, source and default of the one with that name and version; all comments stay.
 * Two processes that write at once take turns.
 * @throws UserError when the file cannot be written or would be wrong afterwards.
 */
export async function recordEntry(entry: LockedChart, file: string = LOCK_FILE): Promise<void> {
  const release = await lockfile
    .lock(file, { retries: { retries: 20, minTimeout: 50, maxTimeout: 500 } })
    .catch((cause: unknown) => {
      throw new UserError(`${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    });
  const scratch = `${file}.${process.pid}.new`;
  try {
    const document = await parse(file);
    setEntry(document, entry);
    entriesOf(document.toJS(), path.basename(file));
    await writeFile(scratch, document.toString({ lineWidth: 0 }));
    await rename(scratch, file);
  } finally {
    await rm(scratch, { force: true });
    await release();
  }
}

async function parse(file: string): Promise<Document> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new UserError(`${file} cannot be read: it says which charts are installed; get it back from git`, {
      exitCode: 2,
      cause,
    });
  });
  return documentIn(text, path.basename(file));
}

function documentIn(text: string, title: string): Document {
  const document = parseDocument(text);
  if (document.errors.length > 0)
    throw new UserError(
      document.errors.map((error) => `${title}: ${error.message}`),
      { exitCode: 2 },
    );
  return document;
}

function entriesOf(content: unknown, title: string): LockedChart[] {
  const result = lockSchema.safeParse(content);
  if (!result.success)
    throw new UserError(
      result.error.issues.map((issue) => {
        const where = issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
        return `${title}: ${where.slice(1) || "the file"}: ${issue.message}`;
      }),
      { exitCode: 2 },
    );
  return Object.entries(result.data.charts).flatMap(([name, versions]) => {
    const marked = versions.findIndex((entry) => entry.default);
    return versions.map((entry, index) => ({ ...entry, name, default: index === Math.max(marked, 0) }));
  });
}

function setEntry(document: Document, entry: LockedChart): void {
  const charts = document.get("charts");
  if (!isMap(charts)) throw new TypeError("a lock file that was checked has charts");
  let versions = charts.get(entry.name);
  if (!isSeq(versions)) {
    versions = new YAMLSeq(document.schema);
    charts.set(entry.name, versions);
  }
  const list = versions as YAMLSeq;
  let item = list.items.find((node): node is YAMLMap => isMap(node) && node.get("version") === entry.version);
  if (!item) {
    item = new YAMLMap(document.schema);
    list.add(item);
    item.set("version", entry.version);
  }
  for (const key of ["repository", "oci", "digest"] as const) {
    if (entry[key] === undefined) item.delete(key);
    else if (item.get(key) !== entry[key]) item.set(key, entry[key]);
  }
  if (!entry.default) return;
  const first = list.items[0] === item;
  for (const node of list.items) if (isMap(node) && node !== item) node.delete("default");
  if (!first) item.set("default", true);
}
