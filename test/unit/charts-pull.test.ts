import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import getPort from "get-port";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { digestOf } from "../../automation/charts/archive.ts";
import { readLock, type LockedChart } from "../../automation/charts/lock.ts";
import { lockChart, pullChart, whyUnreachable } from "../../automation/charts/pull.ts";
import { SourceUnavailable } from "../../automation/charts/source.ts";
import { chart, lockedAs, send, serve, type Route } from "./charts-fixtures.ts";

const CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
const ZEROS = `sha256:${"0".repeat(64)}`;

/** A Helm repository with cvat 1.2.3, whose archive is `archive`. */
async function repositoryWith(archive: Buffer, routes: Record<string, Route> = {}, announced = digestOf(archive)) {
  const index = {
    apiVersion: "v1",
    entries: {
      cvat: [
        { version: "1.3.0", urls: ["cvat-1.3.0.tgz"] },
        { version: "1.2.3", urls: ["archives/cvat-1.2.3.tgz"], digest: announced.replace("sha256:", "") },
      ],
    },
  };
  return await serve({
    "/charts/index.yaml": send(stringify(index), "text/yaml"),
    "/charts/archives/cvat-1.2.3.tgz": send(archive),
    ...routes,
  });
}

/** A container registry that gives cvat 1.2.3 to whoever fetched a token, and the blob from another host. */
async function registryWith(archive: Buffer, layer = CHART_LAYER) {
  const blobs = await serve({
    "/blob": (request, response) => {
      // Object stores refuse a request that carries the registry's token.
      if (request.headers.authorization) response.writeHead(400).end();
      else response.end(archive);
    },
  });
  const guarded =
    (route: Route): Route =>
    (request, response) => {
      if (request.headers.authorization === "Bearer let-me-in") route(request, response);
      else {
        const challenge = `Bearer realm="http://${request.headers.host ?? ""}/token",service="registry.test",scope="repository:lab/cvat:pull"`;
        response.writeHead(401, { "www-authenticate": challenge }).end("{}");
      }
    };
  const manifest = JSON.stringify({
    schemaVersion: 2,
    config: { mediaType: "application/vnd.cncf.helm.config.v1+json", digest: ZEROS, size: 2 },
    layers: [{ mediaType: layer, digest: digestOf(archive), size: archive.length }],
  });
  const registry = await serve({
    "/v2/": guarded(send("{}")),
    "/token": send(JSON.stringify({ access_token: "let-me-in" })),
    "/v2/lab/cvat/manifests/1.2.3": guarded(send(manifest, "application/vnd.oci.image.manifest.v1+json")),
    [`/v2/lab/cvat/blobs/${digestOf(archive)}`]: guarded((_request, response) =>
      response.writeHead(307, { location: `${blobs.url}/blob` }).end(),
    ),
  });
  return { ...registry, oci: `${registry.host}/lab/cvat` };
}

/** A lock file with cvat 1.2.3 alone, and its entry. */
async function locked(source: { repository?: string; oci?: string; digest?: string }) {
  const options = await lockedAs(`# Kept.\n${stringify({ charts: { cvat: [{ version: "1.2.3", ...source }] } })}`);
  const [entry] = await readLock(options.lockFile);
  if (!entry) throw new Error("nothing locked");
  return { options, entry };
}

/** Pulls and expects a failure, after which nothing may be in the cache. */
async function refusal(source: { repository?: string; oci?: string; digest?: string }): Promise<Error> {
  const { options, entry } = await locked(source);
  const error: unknown = await pullChart(entry, options).catch((thrown: unknown) => thrown);
  if (!(error instanceof Error)) throw new Error("the chart was accepted");
  expect(await kept(options.cacheFolder)).toEqual([]);
  return error;
}

async function kept(cacheFolder: string): Promise<string[]> {
  return (await readdir(path.join(cacheFolder, "charts")).catch(() => [])).sort();
}

test("a chart of a Helm repository is fetched once, verified, kept packed and unpacked", async () => {
  const archive = chart("cvat", { dependencies: ["redis"], packaged: ["redis"] });
  const digest = digestOf(archive);
  const server = await repositoryWith(archive);
  const { options, entry } = await locked({ repository: `${server.url}/charts`, digest });

  const pulled = await pullChart(entry, options);
  const folder = `cvat-1.2.3-${digest.slice(7, 19)}`;
  expect(pulled).toEqual({
    name: "cvat",
    version: "1.2.3",
    digest,
    path: path.join(options.cacheFolder, "charts", folder),
    downloaded: true,
    recorded: false,
  });
  expect(await kept(options.cacheFolder)).toEqual([folder, `${folder}.tgz`]);
  expect(await readFile(`${pulled.path}.tgz`)).toEqual(archive);
  expect(await readFile(path.join(pulled.path, "charts/redis/Chart.yaml"), "utf8")).toContain("name: redis");

  const asked = server.asked.length;
  expect(await pullChart(entry, options)).toEqual({ ...pulled, downloaded: false });
  expect(server.asked).toHaveLength(asked);
});

test("a chart of a registry is fetched with an anonymous token and through a redirect to another host", async () => {
  const archive = chart("cvat");
  const registry = await registryWith(archive);
  const { options, entry } = await locked({ oci: registry.oci, digest: digestOf(archive) });
  expect(await pullChart(entry, options)).toMatchObject({ digest: digestOf(archive), downloaded: true });
  expect(registry.asked).toContain("GET /token?service=registry.test&scope=repository%3Alab%2Fcvat%3Apull");
});

test("an entry without a digest gets it at the first pull, and the run says so", async () => {
  const archive = chart("cvat");
  const { options, entry } = await locked({ oci: (await registryWith(archive)).oci });
  const lines: string[] = [];
  const progress = {
    line: (text: string) => void lines.push(text),
    task: <T>(_title: string, work: (task: { update(text: string): void }) => Promise<T>) =>
      work({ update: () => undefined }),
  };
  expect(await pullChart(entry, { ...options, progress })).toMatchObject({ recorded: true });
  expect(lines).toEqual([`cvat 1.2.3 had no digest; charts.lock.yaml now has ${digestOf(archive)}`]);
  expect((await readLock(options.lockFile))[0]?.digest).toBe(digestOf(archive));
  expect(await readFile(options.lockFile, "utf8")).toMatch(/^# Kept\.\n/);
});

test("another digest in the source's own words stops before the download, with both digests", async () => {
  const archive = chart("cvat");
  for (const source of [
    { repository: `${(await repositoryWith(archive)).url}/charts` },
    { oci: (await registryWith(archive)).oci },
  ]) {
    const error = await refusal({ ...source, digest: ZEROS });
    expect(error.message).toContain(digestOf(archive));
    expect(error.message).toContain(ZEROS);
    // A rehearsal falls back to miniatures only where a chart could not be had, never on this.
    expect(error).not.toBeInstanceOf(SourceUnavailable);
  }
});

test("an archive that is not what index and lock file promise stops, with both digests", async () => {
  const promised = digestOf(chart("cvat"));
  const sent = chart("cvat", { files: [{ path: "cvat/templates/evil.yaml", content: "kind: Job" }] });
  const server = await repositoryWith(sent, {}, promised);
  for (const digest of [promised, undefined]) {
    const error = await refusal({ repository: `${server.url}/charts`, digest });
    expect(error.message).toContain(promised);
    expect(error.message).toContain(digestOf(sent));
    expect(error).not.toBeInstanceOf(SourceUnavailable);
  }
});

test("429 and 5xx are asked again, and no sooner than the server says", async () => {
  const archive = chart("cvat");
  const statuses = [429, 503];
  const times: number[] = [];
  const server = await repositoryWith(archive, {
    "/charts/archives/cvat-1.2.3.tgz": (_request, response) => {
      const status = statuses.shift();
      times.push(performance.now());
      if (status) response.writeHead(status, status === 429 ? { "retry-after": "1" } : {}).end();
      else response.end(archive);
    },
  });
  const { options, entry } = await locked({ repository: `${server.url}/charts`, digest: digestOf(archive) });
  expect(await pullChart(entry, options)).toMatchObject({ downloaded: true });
  const [first = 0, second = 0, third = 0] = times;
  expect(second - first).toBeGreaterThanOrEqual(1_000);
  expect(third - second).toBeLessThan(1_000);
});

test("an archive that breaks off is asked for again", async () => {
  const archive = chart("cvat");
  let first = true;
  const server = await repositoryWith(archive, {
    "/charts/archives/cvat-1.2.3.tgz": (_request, response) => {
      if (!first) return void response.end(archive);
      first = false;
      response.writeHead(200, { "content-length": archive.length });
      response.write(archive.subarray(0, 100), () => response.destroy());
    },
  });
  const { options, entry } = await locked({ repository: `${server.url}/charts`, digest: digestOf(archive) });
  expect(await pullChart(entry, options)).toMatchObject({ downloaded: true });
});

/** What the archive's address answers, and what is said of it in the end. */
const BAD_ANSWERS: [what: string, route: Route, said: RegExp, requests: number][] = [
  ["does not exist", (_q, r) => r.writeHead(404).end(), /cvat-1\.2\.3\.tgz: it does not exist \(404\)/, 1],
  ["is refused", (_q, r) => r.writeHead(403).end(), /it refuses anonymous reading \(403\)/, 1],
  ["is a web page", send("<!doctype html><title>Sign in</title>", "text/html"), /sends a web page in place of/, 1],
  ["keeps failing", (_q, r) => r.writeHead(502).end(), /127\.0\.0\.1:\d+ answers 502 Bad Gateway/, 4],
  [
    "keeps breaking off",
    (_q, r) => r.writeHead(200, { "content-length": 1000 }).write("x", () => r.destroy()),
    /the connection to 127\.0\.0\.1:\d+ broke/,
    4,
  ],
  ["is never finished", (_q, r) => r.writeHead(200, { "content-length": 1000 }).write("x"), /was silent for 0\.5 s/, 4],
  ["never ends", (_q, r) => r.end(Buffer.alloc(33 * 1024 * 1024)), /sends more than 33554432 bytes/, 1],
  [
    "is on a host that cannot be reached",
    (_q, r) => r.writeHead(302, { location: "https://objects.invalid/x.tgz" }).end(),
    /objects\.invalid cannot be reached/,
    1,
  ],
  ["redirects for ever", (_q, r) => r.writeHead(302, { location: "cvat-1.2.3.tgz" }).end(), /redirects more than 5/, 6],
  [
    "redirects to plain http elsewhere",
    (_q, r) => r.writeHead(302, { location: "http://charts.invalid/x.tgz" }).end(),
    /redirects to http:\/\/charts\.invalid, which is not https/,
    1,
  ],
];

test.each(BAD_ANSWERS)("an archive that %s: said with the cure, nothing kept", async (_what, route, said, requests) => {
  const server = await repositoryWith(chart("cvat"), { "/charts/archives/cvat-1.2.3.tgz": route });
  const error = await refusal({ repository: `${server.url}/charts` });
  expect(error).toBeInstanceOf(SourceUnavailable);
  expect(error.message).toMatch(said);
  expect(error.message).toContain("npm run rehearse -- --chart cvat=PATH");
  expect(server.asked.filter((line) => line.endsWith(".tgz"))).toHaveLength(requests);
});

test("a repository that is none, lacks the chart or the version says which there are", async () => {
  const at = async (index: string) =>
    (await refusal({ repository: (await serve({ "/index.yaml": send(index) })).url })).message;
  expect(await at("<html>")).toContain("is a web page, not the index");
  expect(await at("{}")).toContain("is not the index of a Helm repository");
  expect(await at("a: [")).toContain("is not YAML");
  expect(await at("entries: { loki: [] }")).toContain("has no chart cvat; it has loki");
  expect(await at("entries: { cvat: [{ version: 1.9.0 }, { version: 1.10.0 }] }")).toContain(
    "its newest are 1.10.0, 1.9.0",
  );
  expect(await at("entries: { cvat: [{ version: 1.2.3, urls: ['http://evil.example/x.tgz'] }] }")).toContain(
    "no https",
  );
});

test("a registry without the tag, with a container image, or behind a login is said", async () => {
  const none = await serve({});
  expect((await refusal({ oci: `${none.host}/lab/cvat` })).message).toContain("lab/cvat:1.2.3");
  const image = await registryWith(chart("cvat"), "application/vnd.oci.image.layer.v1.tar+gzip");
  expect((await refusal({ oci: image.oci })).message).toContain("is no Helm chart: it holds application/vnd.oci.image");
  const login = await serve({
    "/v2/lab/cvat/manifests/1.2.3": (_q, r) => r.writeHead(401, { "www-authenticate": "Basic realm=x" }).end(),
  });
  expect((await refusal({ oci: `${login.host}/lab/cvat` })).message).toContain("only public charts can be pulled");
  const evil = await serve({
    "/v2/lab/cvat/manifests/1.2.3": (_q, r) =>
      r.writeHead(401, { "www-authenticate": 'Bearer realm="http://evil.example/token"' }).end(),
  });
  expect((await refusal({ oci: `${evil.host}/lab/cvat` })).message).toContain("wants a login");
});

test("an archive that writes outside its folder, lacks dependencies or is another chart is not kept", async () => {
  const said = async (archive: Buffer) =>
    (await refusal({ repository: `${(await repositoryWith(archive)).url}/charts` })).message;
  expect(await said(chart("cvat", { files: [{ path: "cvat/../../evil" }] }))).toContain("outside the chart's folder");
  expect(await said(chart("cvat", { dependencies: ["traefik"] }))).toContain("depends on traefik, missing");
  expect(await said(chart("cvat", { version: "9.0.0" }))).toContain("has version 9.0.0, not 1.2.3");
});

test("no network is said at once: the host, the reason and the cure", async () => {
  const refused = `http://127.0.0.1:${await getPort({ host: "127.0.0.1" })}`;
  const started = Date.now();
  expect((await refusal({ repository: refused })).message).toContain("it refuses the connection (ECONNREFUSED)");
  expect(await whyUnreachable({ repository: refused })).toContain("it refuses the connection");
  expect(Date.now() - started).toBeLessThan(5_000);
  // How long a machine looks for a name that is nowhere is up to its resolver.
  expect((await refusal({ repository: "https://charts.invalid" })).message).toMatch(
    /charts\.invalid cannot be reached: .* \((ENOTFOUND|EAI_AGAIN)\).*--chart cvat=PATH/,
  );
  expect(await whyUnreachable({ oci: "registry.invalid/lab/cvat" })).toContain("registry.invalid cannot be reached");
});

test("a source that answers anything is reachable; one that keeps silent is given up after 3 s", async () => {
  const server = await serve({ "/silent/index.yaml": () => undefined });
  expect(await whyUnreachable({ repository: server.url })).toBeUndefined();
  expect(await whyUnreachable({ oci: `${server.host}/lab/cvat` })).toBeUndefined();
  expect(await whyUnreachable({ repository: `${server.url}/silent` })).toBe(`${server.host} was silent for 3 s`);
});

test("pulls at the same time leave one whole chart and nothing else", async () => {
  const archive = chart("cvat");
  const server = await repositoryWith(archive);
  const { options, entry } = await locked({ repository: `${server.url}/charts`, digest: digestOf(archive) });
  const pulled = await Promise.all([1, 2, 3, 4].map(() => pullChart(entry, options)));
  expect(new Set(pulled.map((one) => one.path)).size).toBe(1);
  expect(await kept(options.cacheFolder)).toHaveLength(2);
});

test("a pull repairs what was changed in the cache, and clears what a killed one left", async () => {
  const archive = chart("cvat");
  const server = await repositoryWith(archive);
  const { options, entry } = await locked({ repository: `${server.url}/charts`, digest: digestOf(archive) });
  const { path: folder } = await pullChart(entry, options);
  const changed = path.join(folder, "values.yaml");
  await writeFile(changed, "replicas: 2\n");
  const abandoned = path.join(options.cacheFolder, "charts", ".work-old");
  await mkdir(abandoned);
  await utimes(abandoned, 0, 0);
  expect(await pullChart(entry, options)).toMatchObject({ downloaded: true });
  expect(await readFile(changed, "utf8")).toBe("replicas: 1\n");
  expect(await kept(options.cacheFolder)).toHaveLength(2);
});

test("a cache that cannot be written is the user's to cure", async () => {
  const archive = chart("cvat");
  const server = await repositoryWith(archive);
  const { options, entry } = await locked({ repository: `${server.url}/charts`, digest: digestOf(archive) });
  await writeFile(options.cacheFolder, "a file");
  await expect(pullChart(entry, options)).rejects.toThrow("VISION_PLATFORM_CACHE names another cache");
});

test("locking a version takes the source of the one that is locked, and records its digest", async () => {
  const archive = chart("cvat");
  const server = await repositoryWith(archive);
  const options = await lockedAs(
    stringify({ charts: { cvat: [{ version: "1.0.0", repository: `${server.url}/charts` }] } }),
  );
  expect(await lockChart("cvat", "1.2.3", {}, true, options)).toMatchObject({ downloaded: true, recorded: true });
  const added = (await readLock(options.lockFile)).find(({ version }) => version === "1.2.3");
  expect(added).toEqual<LockedChart>({
    name: "cvat",
    version: "1.2.3",
    repository: `${server.url}/charts`,
    digest: digestOf(archive),
    default: true,
  });
  expect(await lockChart("cvat", "1.2.3", {}, false, options)).toMatchObject({ downloaded: false, recorded: false });
  await expect(lockChart("cvat", "1.9.9", {}, false, options)).rejects.toThrow("its newest are 1.3.0, 1.2.3");
});

test("locking what is not known needs a source, and a proper one", async () => {
  const options = await lockedAs("charts: {}\n");
  await expect(lockChart("cvat", "1.2.3", {}, false, options)).rejects.toThrow("--repository URL or --oci REF");
  const wrong = { repository: "http://charts.example", oci: "x" };
  await expect(lockChart("cvat", "1.2", wrong, false, options)).rejects.toMatchObject({
    exitCode: 2,
    problems: [
      "charts lock: VERSION: must be a whole version such as 7.14.7",
      expect.stringContaining("--repository: must be the https"),
      expect.stringContaining("--oci: must be REGISTRY/REPOSITORY"),
      "charts lock: cvat: needs its source: either repository or oci",
    ],
  });
});

test("locking never replaces a digest", async () => {
  const server = await repositoryWith(chart("cvat"));
  const { options } = await locked({ repository: `${server.url}/charts`, digest: ZEROS });
  await expect(lockChart("cvat", "1.2.3", {}, false, options)).rejects.toThrow(ZEROS);
  expect((await readLock(options.lockFile))[0]?.digest).toBe(ZEROS);
});
