import { z } from "zod";
import { parseImage } from "../../components/images/reference.ts";
import type { ChartIdentity } from "./chart.ts";
import { get, isTrustworthy, type Answer } from "../http.ts";
import { expectOk, SourceUnavailable, type Asking, type RemoteChart } from "./source.ts";

/** Media types of a chart in a registry (Helm's HIPs 0006) and of the manifest around it (OCI image spec 1.1). */
const CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const DOCUMENT_LIMIT = 4 * 1024 * 1024;
/** Of a thousand tags each; a registry may give fewer. */
const MOST_PAGES = 100;

const manifestSchema = z.object({
  layers: z.array(z.object({ mediaType: z.string(), digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) })),
});
const tagsSchema = z.object({ tags: z.array(z.string()).nullable() });
const tokenSchema = z
  .object({ token: z.string().optional(), access_token: z.string().optional() })
  .transform((answer) => answer.token ?? answer.access_token);

/** What an image may be in a registry. (OCI image spec 1.1, Docker's image manifest 2.2) */
const IMAGES = [
  "application/vnd.oci.image.index.v1+json",
  MANIFEST,
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

export interface Login {
  username: string;
  password: string;
}

/**
 * Whether a registry has an image, by its tag or digest.
 * @param image `registry.example/library/cvat/server:v2.64.0`
 * @param login Default: anonymous
 * @throws HttpFailure when the host fails, SourceUnavailable when it does not let one look
 */
export async function isInRegistry(image: string, asking: Asking, login?: Login): Promise<boolean> {
  const { registry, path, tag, digest } = parseImage(image) ?? {};
  if (registry === undefined || path === undefined) throw new Error(`${image} names no registry`);
  const { base } = addressOf(registry);
  const url = new URL(`/v2/${path}/manifests/${digest ?? tag ?? "latest"}`, base);
  asking.update?.(`asking ${url.host} for ${path}`);
  const { answer } = await ask(url, { repository: path, accept: IMAGES, login }, asking);
  if (answer.status === 404) return false;
  expectOk(answer, image);
  return true;
}

/** The address that answers for a registry's API: 200 or 401. */
export function registryUrl(oci: string): URL {
  return new URL("/v2/", addressOf(oci).base);
}

/**
 * Finds the blob of a chart in a container registry by the OCI distribution API, logging in anonymously where the
 * registry asks for it. The blob's digest is the archive's own sha256.
 * @throws HttpFailure when a host fails, SourceUnavailable when there is no such chart for the public.
 */
export async function locateInRegistry(oci: string, chart: ChartIdentity, asking: Asking): Promise<RemoteChart> {
  const { base, repository } = addressOf(oci);
  // A tag cannot hold the + of a version's build part; Helm writes _ for it.
  const tag = chart.version.replaceAll("+", "_");
  const url = new URL(`/v2/${repository}/manifests/${tag}`, base);
  asking.update?.(`asking ${url.host} for ${repository}:${tag}`);
  const { answer, headers } = await askAnonymously(
    url,
    { repository, accept: MANIFEST, what: `${repository}:${tag}` },
    asking,
  );
  const layers = parsed(manifestSchema, answer, "the manifest of a chart").layers;
  const layer = layers.find(({ mediaType }) => mediaType === CHART_LAYER);
  if (!layer)
    throw new SourceUnavailable(
      `${oci}:${tag} is no Helm chart: it holds ${layers.map(({ mediaType }) => mediaType).join(", ") || "nothing"}`,
    );
  return { url: new URL(`/v2/${repository}/blobs/${layer.digest}`, base), headers, announced: layer.digest };
}

/**
 * Every version that a container registry has of a chart, as its tags say.
 * @throws as `locateInRegistry`
 */
export async function versionsInRegistry(oci: string, asking: Asking): Promise<string[]> {
  const { base, repository } = addressOf(oci);
  const versions: string[] = [];
  let url: URL | undefined = new URL(`/v2/${repository}/tags/list?n=1000`, base);
  for (let page = 0; url && page < MOST_PAGES; page++) {
    asking.update?.(`asking ${url.host} for the tags of ${repository}`);
    const what = `the tags of ${repository}`;
    const { answer }: Asked = await askAnonymously(url, { repository, accept: "application/json", what }, asking);
    versions.push(...(parsed(tagsSchema, answer, what).tags ?? []).map((tag) => tag.replaceAll("_", "+")));
    const next = /<([^>]+)>;\s*rel="?next"?/.exec(answer.headers.get("link") ?? "")?.[1];
    url = next === undefined ? undefined : onSameHost(next, url);
  }
  return versions;
}

/** A token is for the host that was asked first. */
function onSameHost(next: string, url: URL): URL | undefined {
  const found = URL.canParse(next, url.href) ? new URL(next, url) : undefined;
  return found?.origin === url.origin ? found : undefined;
}

interface Asked {
  answer: Answer;
  /** What the next call of this registry needs. */
  headers: Record<string, string>;
}

async function askAnonymously(
  url: URL,
  { what, ...question }: { repository: string; accept: string; what: string },
  asking: Asking,
): Promise<Asked> {
  const asked = await ask(url, question, asking);
  expectOk(asked.answer, what);
  return asked;
}

async function ask(
  url: URL,
  { repository, accept, login }: { repository: string; accept: string; login?: Login | undefined },
  asking: Asking,
): Promise<Asked> {
  const request = { limit: DOCUMENT_LIMIT, patience: asking.patience };
  let headers: Record<string, string> = {};
  let answer = await get(url, { ...request, headers: { accept } });
  if (answer.status === 401) {
    headers = { authorization: await authorizationFor(answer, repository, login, asking) };
    answer = await get(url, { ...request, headers: { ...headers, accept } });
  }
  return { answer, headers };
}

function addressOf(oci: string): { base: string; repository: string } {
  const [host = "", ...rest] = oci.split("/");
  const plain = `http://${host}`;
  return { base: isTrustworthy(plain) ? plain : `https://${host}`, repository: rest.join("/") };
}

/** The token flow of the distribution API: the 401 says where a token is to be had, and for what; or that it takes name and password themselves. */
async function authorizationFor(
  refusal: Answer,
  repository: string,
  login: Login | undefined,
  asking: Asking,
): Promise<string> {
  const basic = login && `Basic ${Buffer.from(`${login.username}:${login.password}`, "utf8").toString("base64")}`;
  const challenge = refusal.headers.get("www-authenticate") ?? "";
  const field = (name: string) => new RegExp(`\\b${name}="([^"]*)"`, "i").exec(challenge)?.[1];
  const realm = field("realm");
  if (/^basic /i.test(challenge) && basic !== undefined) return basic;
  if (!/^bearer /i.test(challenge) || realm === undefined || !isTrustworthy(realm))
    throw new SourceUnavailable(
      `${refusal.url.host} wants a login for ${repository}; only public charts can be pulled`,
    );
  const url = new URL(realm);
  url.searchParams.set("service", field("service") ?? refusal.url.host);
  url.searchParams.set("scope", field("scope") ?? `repository:${repository}:pull`);
  const answer = await get(url, {
    limit: DOCUMENT_LIMIT,
    patience: asking.patience,
    ...(basic !== undefined && { headers: { authorization: basic } }),
  });
  expectOk(answer, `a token for ${repository}`);
  const token = parsed(tokenSchema, answer, "a token");
  if (!token) throw new SourceUnavailable(`${url.host} gives no token for ${repository}`);
  return `Bearer ${token}`;
}

function parsed<T>(schema: z.ZodType<T>, answer: Answer, what: string): T {
  let content: unknown;
  try {
    content = JSON.parse(answer.body.toString("utf8"));
  } catch {
    content = undefined;
  }
  const result = schema.safeParse(content);
  if (!result.success)
    throw new SourceUnavailable(`${answer.url.origin}${answer.url.pathname} answers something else than ${what}`);
  return result.data;
}
