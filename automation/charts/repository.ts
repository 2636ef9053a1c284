import { parse } from "yaml";
import semver from "semver";
import { z } from "zod";
import { looksLikeWebPage } from "./archive.ts";
import { get, isTrustworthy } from "../http.ts";
import type { ChartIdentity } from "./chart.ts";
import { expectOk, SourceUnavailable, type Asking, type RemoteChart } from "./source.ts";

/** Indexes of repositories with many charts are large; this is several times the largest known. */
const INDEX_LIMIT = 64 * 1024 * 1024;
const SHOWN_VERSIONS = 8;

const indexSchema = z.object({
  entries: z.record(
    z.string(),
    z.array(
      z.object({ version: z.coerce.string(), urls: z.array(z.string()).optional(), digest: z.string().optional() }),
    ),
  ),
});

/** The address of a Helm repository's index. */
export function indexUrl(repository: string): URL {
  return new URL(`${repository}/index.yaml`);
}

/**
 * Looks a chart up in a Helm repository's index.yaml.
 * @throws HttpFailure when the host fails, SourceUnavailable when it has no such chart or no proper index.
 */
export async function locateInRepository(
  repository: string,
  chart: ChartIdentity,
  asking: Asking,
): Promise<RemoteChart> {
  const versions = await entriesOf(repository, chart.name, asking);
  const found = versions.find(({ version }) => version === chart.version);
  if (!found) throw new SourceUnavailable(`${repository} has no ${chart.name} ${chart.version}; ${newest(versions)}`);
  const [first] = found.urls ?? [];
  const archive =
    first !== undefined && URL.canParse(first, `${repository}/`) ? new URL(first, `${repository}/`) : undefined;
  if (!archive || !isTrustworthy(archive))
    throw new SourceUnavailable(`${repository} names no https address for ${chart.name} ${chart.version}`);
  return { url: archive, announced: found.digest && `sha256:${found.digest.replace(/^sha256:/, "")}` };
}

/**
 * Every version that a Helm repository has of a chart, in its own order.
 * @throws as `locateInRepository`
 */
export async function versionsInRepository(repository: string, name: string, asking: Asking): Promise<string[]> {
  return (await entriesOf(repository, name, asking)).map(({ version }) => version);
}

async function entriesOf(repository: string, name: string, asking: Asking) {
  const url = indexUrl(repository);
  asking.update?.(`reading ${url.host}${url.pathname}`);
  const answer = await get(url, { limit: INDEX_LIMIT, patience: asking.patience });
  expectOk(answer, "the index of the Helm repository");
  const { entries } = parseIndex(answer.body, url);
  const versions = entries[name];
  if (!versions)
    throw new SourceUnavailable(`${repository} has no chart ${name}; it has ${Object.keys(entries).join(", ")}`);
  return versions;
}

function parseIndex(body: Buffer, url: URL): z.infer<typeof indexSchema> {
  if (looksLikeWebPage(body))
    throw new SourceUnavailable(`${url.href} is a web page, not the index of a Helm repository`);
  let content: unknown;
  try {
    content = parse(body.toString("utf8"));
  } catch (cause) {
    throw new SourceUnavailable(`${url.href} is not YAML, so not the index of a Helm repository`, { cause });
  }
  const result = indexSchema.safeParse(content);
  if (!result.success) throw new SourceUnavailable(`${url.href} is not the index of a Helm repository`);
  return result.data;
}

function newest(versions: readonly { version: string }[]): string {
  const known = versions.map(({ version }) => version).filter((version) => semver.valid(version) !== null);
  return `its newest are ${semver.rsort(known).slice(0, SHOWN_VERSIONS).join(", ")}`;
}
