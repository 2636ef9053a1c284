import { createHash, randomBytes } from "node:crypto";
import { accessSync, chmodSync, constants, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import path from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { pluginsOf } from "../../automation/engine/door.ts";
import type { Progress } from "../../automation/progress.ts";
import { planOf } from "../../components/lab/plan.ts";
import type { LabConfig } from "../../components/lab/sections.ts";
import { soundPlan } from "../../automation/stackfile/sound-plan.ts";
import { readStackFile } from "../../automation/stackfile/stack-file.ts";
import { obtainTools, type ObtainOptions } from "../../automation/tools/obtain.ts";
import { PROGRAMS } from "../../automation/tools/programs.ts";
import { RELEASES, releaseFor, type Release } from "../../automation/tools/releases.ts";
import { fits, versionIn } from "../../automation/tools/versions.ts";
import { cameFrom } from "../../automation/verbs/tools.ts";
import { pack, scratch, send, serve, type Route } from "./charts-fixtures.ts";
import { putGo } from "./tools-fixtures.ts";

const PLATFORM = "linux-x64";
const sha256 = (bytes: string | Buffer) => createHash("sha256").update(bytes).digest("hex");
const says = (answer: string) => `#!/bin/sh\necho "${answer}"\n`;

// Large enough, packed too, for a download to break off inside it.
const ETCD_PROGRAM = `${says("etcd Version: 3.6.14")}exit\n${randomBytes(2000).toString("base64")}\n`;
const ETCD = pack([
  { path: "etcd-v3.6.14-linux-amd64", type: "Directory" },
  { path: "etcd-v3.6.14-linux-amd64/etcdctl", content: says("another program") },
  { path: "etcd-v3.6.14-linux-amd64/etcd", content: ETCD_PROGRAM },
]);
const ETCD_NAME = "etcd-v3.6.14-linux-amd64.tar.gz";
const ETCD_FOLDER = "/github.com/etcd-io/etcd/releases/download/v3.6.14";
const ETCD_SUMS = `${"0".repeat(64)}  etcd-v3.6.14-linux-arm64.tar.gz\n${sha256(ETCD)}  ${ETCD_NAME}\n`;
const KWOK = says("kwok version v0.8.0 go1.26.8 (linux/amd64)");
const KWOK_PATH = "/github.com/kubernetes-sigs/kwok/releases/download/v0.8.0/kwok-linux-amd64";

const etcdRoutes = (archive: Route = send(ETCD)): Record<string, Route> => ({
  [`${ETCD_FOLDER}/SHA256SUMS`]: send(ETCD_SUMS),
  [`${ETCD_FOLDER}/${ETCD_NAME}`]: archive,
});

/** Sends 200 bytes, which arrive, and no more. */
function breakOff(response: ServerResponse, bytes: Buffer): void {
  response.write(bytes.subarray(0, 200));
  setTimeout(() => response.destroy(), 100);
}

let folder: string;
let lines: string[];
beforeEach(async () => {
  folder = await scratch();
  putGo(folder);
  lines = [];
  vi.stubEnv("PATH", `${folder}:/usr/bin:/bin`);
  vi.stubEnv("FAKE_GO_LOG", path.join(folder, "log"));
});
afterEach(() => void vi.unstubAllEnvs());

const builds = () => (existsSync(path.join(folder, "log")) ? readFileSync(path.join(folder, "log"), "utf8") : "");
const parts = () => readdirSync(path.join(folder, "cache", "tools", "parts"));

/** One server that plays all hosts, each below a folder of its name. What a host has no route for is a 404 of it. */
async function hosts(routes: Record<string, Route>, releases: readonly Release[] = RELEASES) {
  const server = await serve(routes);
  const obtain = (names: string[], options: Partial<ObtainOptions> = {}) =>
    obtainTools(names, {
      progress: {
        line: (text) => void lines.push(text),
        task: (_title, work) => work({ update: () => undefined }),
      } satisfies Progress,
      cacheFolder: path.join(folder, "cache"),
      publishers: {
        releases,
        platform: PLATFORM,
        at: (address) => new URL(address.replace("https:/", server.url)),
        patience: { retries: 2, firstWaitMs: 5, silenceMs: 400, leastBytes: 1024 },
      },
      ...options,
    });
  const gets = () => server.asked.filter((line) => line.startsWith("GET ")).map((line) => line.slice(4));
  return { server, obtain, gets };
}

/** The table with another sha256 of a program pinned. */
function pinning(program: string, bytes: string | Buffer): Release[] {
  return RELEASES.map((release) =>
    release.program === program ? { ...release, sha256: { [PLATFORM]: sha256(bytes) } } : release,
  );
}

describe("a program that its publisher released", () => {
  it("is fetched from where the publishers keep it, checked, and kept", async () => {
    const pulumi = pack([
      { path: "pulumi/pulumi", content: says("v3.246.0") },
      { path: "pulumi/pulumi-language-nodejs", content: says("the language host") },
      { path: "pulumi/pulumi-language-python", content: says("not wanted") },
    ]);
    const plugin = pack([
      { path: "README.md", content: "read me" },
      { path: "pulumi-resource-kubernetes", content: says("the plugin") },
    ]);
    const apiserver = says("Kubernetes v1.35.4");
    const version = PROGRAMS.find(({ name }) => name === "kube-apiserver")?.version ?? "";
    const at = `/dl.k8s.io/release/v${version}/bin/linux/amd64/kube-apiserver`;
    const redirect =
      (location: string): Route =>
      (_request, response) =>
        response.writeHead(302, { location }).end();
    const { obtain, gets } = await hosts(
      {
        "/get.pulumi.com/releases/sdk/pulumi-v3.246.0-linux-x64.tar.gz": send(pulumi),
        "/github.com/pulumi/pulumi/releases/download/v3.246.0/pulumi-3.246.0-checksums.txt": send(
          `${sha256(pulumi)}  pulumi-v3.246.0-linux-x64.tar.gz\n${"1".repeat(64)}  pulumi-v3.246.0-linux-arm64.tar.gz\n`,
        ),
        "/get.pulumi.com/releases/plugins/pulumi-resource-kubernetes-v4.25.0-linux-amd64.tar.gz": send(plugin),
        "/github.com/pulumi/pulumi-kubernetes/releases/download/v4.25.0/pulumi-kubernetes_4.25.0_checksums.txt": send(
          `${sha256(plugin)}  pulumi-resource-kubernetes-v4.25.0-linux-amd64.tar.gz\n`,
        ),
        [at]: redirect("/cdn.dl.k8s.io/kube-apiserver"),
        [`${at}.sha256`]: redirect("/cdn.dl.k8s.io/kube-apiserver.sha256"),
        "/cdn.dl.k8s.io/kube-apiserver": send(apiserver),
        "/cdn.dl.k8s.io/kube-apiserver.sha256": send(sha256(apiserver)),
        [KWOK_PATH]: redirect("/release-assets.githubusercontent.com/kwok"),
        "/release-assets.githubusercontent.com/kwok": send(KWOK),
        ...etcdRoutes(),
      },
      pinning("kwok", KWOK),
    );
    const names = ["pulumi", "etcd", "kwok", "kube-apiserver", "pulumi-resource-kubernetes"];
    const tools = await obtain(names);
    expect(tools.map((tool) => [tool.name, cameFrom(tool)])).toEqual([
      ["pulumi", "release, publisher's sha256"],
      ["etcd", "release, publisher's sha256"],
      ["kwok", "release, pinned sha256"],
      ["kube-apiserver", "release, publisher's sha256"],
      ["pulumi-resource-kubernetes", "release, publisher's sha256"],
    ]);
    expect(tools[1]).toMatchObject({
      version: "3.6.14",
      release: { address: `https:/${ETCD_FOLDER}/${ETCD_NAME}`, sha256: sha256(ETCD) },
    });
    for (const tool of tools) accessSync(tool.path, constants.X_OK);
    expect(readdirSync(path.dirname(tools[0]?.path ?? "")).sort()).toEqual([
      "pulumi",
      "pulumi-language-nodejs",
      "release.json",
    ]);
    expect([lines, parts(), builds()]).toEqual([[], [], ""]);

    const asked = gets().length;
    expect(await obtain(names)).toEqual(tools.map((tool) => ({ ...tool, origin: "cache" })));
    expect(gets()).toHaveLength(asked);
  });

  it("is fetched once by two who want it at once", async () => {
    const { obtain, gets } = await hosts(etcdRoutes());
    await Promise.all([obtain(["etcd"]), obtain(["etcd"])]);
    expect(gets().filter((url) => url.endsWith(ETCD_NAME))).toHaveLength(1);
  });

  it("goes on where a download broke off, in the same run and in the next", async () => {
    const ranges: (string | undefined)[] = [];
    let cuts = 4;
    const { obtain } = await hosts(
      etcdRoutes((request, response) => {
        const { range } = request.headers;
        ranges.push(range);
        const from = Number(/bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
        const rest = ETCD.subarray(from);
        response.writeHead(from > 0 ? 206 : 200, { "content-length": rest.length });
        if (cuts-- > 0) breakOff(response, rest);
        else response.end(rest);
      }),
    );
    expect((await obtain(["etcd"])).map(cameFrom)).toEqual(["Go"]);
    expect(ranges).toEqual([undefined, "bytes=200-", "bytes=400-"]);
    expect(lines).toHaveLength(1);
    const [tool] = await obtain(["etcd"], { from: "release" });
    expect(ranges.slice(3)).toEqual(["bytes=600-", "bytes=800-"]);
    expect(readFileSync(tool?.path ?? "", "utf8")).toBe(ETCD_PROGRAM);
  });

  it("is fetched from the start where the host cannot go on", async () => {
    const ranges: (string | undefined)[] = [];
    const { obtain } = await hosts(
      etcdRoutes((request, response) => {
        ranges.push(request.headers.range);
        response.writeHead(200, { "content-length": ETCD.length });
        if (ranges.length === 1) breakOff(response, ETCD);
        else response.end(ETCD);
      }),
    );
    const [tool] = await obtain(["etcd"], { from: "release" });
    expect(ranges).toEqual([undefined, "bytes=200-"]);
    expect(readFileSync(tool?.path ?? "", "utf8")).toBe(ETCD_PROGRAM);
  });
});

describe("a release that cannot be used", () => {
  it.each<[kind: string, archive: Route, reason: RegExp]>([
    ["another file than its publisher's", send(`${ETCD_NAME} of somebody else`), /has sha256 \w{64}, and \w{64} its/],
    ["no longer there", (_request, response) => response.writeHead(404).end(), /github\.com answers 404 to .*etcd/],
    [
      "in trouble at its host",
      (_request, response) => response.writeHead(503).end(),
      /127\.0\.0\.1:\d+ answers 503 Service Unavailable/,
    ],
    ["a page of a portal", send("<html>Sign in</html>", "text/html; charset=utf-8"), /sends a web page in place/],
    [
      "led to the page of a portal",
      (_request, response) => response.writeHead(302, { location: "http://portal.example/login" }).end(),
      /redirects to http:\/\/portal\.example, which is not https/,
    ],
    [
      "silent in the middle",
      (_request, response) => void response.writeHead(200).write(ETCD.subarray(0, 200)),
      /was silent for 0\.4 s/,
    ],
    [
      "coming a byte at a time",
      (_request, response) => {
        const drip = setInterval(() => response.write("x"), 20);
        response.on("close", () => {
          clearInterval(drip);
        });
      },
      /was silent for 0\.4 s/,
    ],
  ])("%s: built with Go instead, and said why", async (_kind, archive, reason) => {
    const { obtain } = await hosts(etcdRoutes(archive));
    const [tool] = await obtain(["etcd"]);
    expect(tool && cameFrom(tool)).toBe("Go");
    expect(lines).toEqual([expect.stringMatching(reason)]);
    expect(lines[0]).toMatch(/^Not fetched: etcd \(/);
    expect(existsSync(path.join(folder, "cache", "tools", `etcd-3.6.14-${PLATFORM}-release`))).toBe(false);
  });

  it("that has the wrong sum is not kept for the next run either", async () => {
    const { obtain } = await hosts(etcdRoutes(send("something else")));
    await expect(obtain(["etcd"], { from: "release" })).rejects.toThrow(/^Could not be fetched.*\n {2}etcd /);
    expect(parts()).toEqual([]);
  });

  it("runs not here, or is another version: built with Go instead", async () => {
    const other = says("kwok version v0.7.0 go1.24.0 (linux/amd64)");
    const { obtain } = await hosts({ [KWOK_PATH]: send(other) }, pinning("kwok", other));
    await obtain(["kwok"]);
    expect(lines).toEqual(["Not fetched: kwok (kwok from github.com says that it is 0.7.0)"]);
  });

  it("without a sum to check it against is not fetched", async () => {
    const releases = RELEASES.map((release) => ({ ...release, sha256: undefined }));
    const { obtain, gets } = await hosts({ [KWOK_PATH]: send(KWOK) }, releases);
    await obtain(["kwok"]);
    expect(lines).toEqual(["Not fetched: kwok (no sha256 of kwok-linux-amd64 is known)"]);
    expect(gets()).toEqual([]);
  });
});

describe("a host that is not itself", () => {
  const KUBERNETES = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"];

  it("is asked for no more than is under way, and the other hosts are", async () => {
    const portal = send("<html>Welcome to the hotel</html>", "text/html");
    const routes = Object.fromEntries(
      KUBERNETES.flatMap((name) => {
        const address = new URL(releaseFor(name, PLATFORM)?.address ?? "");
        const at = `/${address.host}${address.pathname}`;
        return [
          [at, portal],
          [`${at}.sha256`, portal],
        ];
      }),
    );
    const { obtain, gets } = await hosts({ ...routes, ...etcdRoutes() });
    const tools = await obtain(["etcd", ...KUBERNETES, "helm"]);
    expect(tools.filter(({ origin }) => origin === "release").map(({ name }) => name)).toEqual(["etcd"]);
    expect(gets().filter((url) => url.startsWith("/dl.k8s.io/")).length).toBeLessThanOrEqual(4);
  });

  it("that never answers is asked once, all of them at the same time", async () => {
    const silent = ["get.pulumi.com", "github.com", "dl.k8s.io", "get.helm.sh"];
    const { obtain, server } = await hosts(Object.fromEntries(silent.map((host) => [`/${host}/`, () => undefined])));
    const tools = await obtain(["pulumi", "etcd", "kube-apiserver", "kubectl", "helm"]);
    expect(tools.map(cameFrom)).toEqual(["Go", "Go", "Go", "Go", "Go"]);
    expect(server.asked.sort()).toEqual(silent.map((host) => `HEAD /${host}/`).sort());
    expect(lines).toEqual([expect.stringMatching(/^Not fetched: pulumi, .*was silent for 0\.4 s/)]);
  });

  it.each([undefined, 407])("behind a proxy that answers %s", async (refusal) => {
    const target = await serve({ [KWOK_PATH.replace("/github.com", "")]: send(KWOK) });
    const through: string[] = [];
    const proxy = createServer().on("connect", (request, socket) => {
      through.push(request.url ?? "");
      if (refusal) {
        socket.end(`HTTP/1.1 ${refusal} No\r\n\r\n`);
        return;
      }
      const other = connect(Number(target.host.split(":")[1]), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        other.pipe(socket).pipe(other);
      });
      socket.on("error", () => other.destroy());
      other.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => void proxy.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      proxy.closeAllConnections();
      proxy.close();
    });
    const program = `
      import { useEnvironmentProxy } from "./components/rest/proxy.ts";
      import { obtainTools } from "./automation/tools/obtain.ts";
      await useEnvironmentProxy();
      const lines = [];
      const [tool] = await obtainTools(["kwok"], {
        progress: { line: (text) => lines.push(text), task: (title, work) => work({ update() {} }) },
        cacheFolder: ${JSON.stringify(path.join(folder, "cache"))},
        publishers: {
          releases: ${JSON.stringify(pinning("kwok", KWOK))},
          platform: "${PLATFORM}",
          at: (address) => new URL(address.replace("https:", "http:")),
          patience: { retries: 0, firstWaitMs: 5, silenceMs: 5000 },
        },
      });
      process.stdout.write(JSON.stringify({ origin: tool.origin, lines }));`;
    const { stdout } = await execa(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
      cwd: path.resolve(import.meta.dirname, "../.."),
      env: { HTTPS_PROXY: "", NO_PROXY: "", HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` },
    });
    const { origin, lines: said } = JSON.parse(stdout) as { origin: string; lines: string[] };
    expect(new Set(through)).toEqual(new Set(["github.com:80"]));
    if (!refusal) expect([origin, said]).toEqual(["release", []]);
    else {
      expect(origin).toBe("built");
      expect(said).toEqual([
        expect.stringMatching(/^Not fetched: kwok \(github\.com cannot be reached: the proxy .* answers 407/),
      ]);
    }
  });
});

describe("a plugin that only its publisher has", () => {
  const NAME = "pulumi-resource-minio";

  it("is fetched like the others", async () => {
    const archive = pack([{ path: NAME, content: says("the plugin") }]);
    const file = `${NAME}-v0.17.1-linux-amd64.tar.gz`;
    const { obtain } = await hosts({
      [`/get.pulumi.com/releases/plugins/${file}`]: send(archive),
      "/github.com/pulumi/pulumi-minio/releases/download/v0.17.1/pulumi-minio_0.17.1_checksums.txt": send(
        `${sha256(archive)}  ${file}\n`,
      ),
    });
    expect(await obtain([NAME])).toMatchObject([{ name: NAME, version: "0.17.1", origin: "release" }]);
  });

  it("is named with the cure before anything is built", async () => {
    const { obtain } = await hosts({});
    await expect(obtain(["etcd", NAME])).rejects.toThrow(
      /^Needed, .*\n {2}pulumi-resource-minio 0\.17\.1 \(not fetched: .*: pulumi plugin install resource minio 0\.17\.1$/,
    );
    expect(builds()).toBe("");
  });

  it("is wanted where the lab needs it", async () => {
    const { lab } = await soundPlan(
      await readStackFile(path.resolve(import.meta.dirname, "../../Pulumi.homelab.yaml")),
    );
    const wanted = (changes: Partial<LabConfig>) => pluginsOf(planOf({ ...lab, ...changes }, { labels: {} }));
    expect(wanted({})).toEqual([NAME, "pulumi-resource-command"]);
    expect(wanted({ objectStore: undefined })).toEqual(["pulumi-resource-command"]);
    const { agent } = lab.clearml;
    expect(wanted({ clearml: { ...lab.clearml, agent: { ...agent, enabled: false } } })).toEqual([NAME]);
  });
});

describe("--from", () => {
  it("goes one way alone", async () => {
    const { obtain, gets } = await hosts(etcdRoutes());
    await expect(obtain(["etcd"], { from: "path" })).rejects.toThrow(/^Not on PATH:\n {2}etcd ~3\.6\.0: /);
    expect((await obtain(["etcd"], { from: "go" })).map(cameFrom)).toEqual(["Go"]);
    expect(gets()).toEqual([]);
    expect((await obtain(["etcd"], { from: "release" })).map(cameFrom)).toEqual(["release, publisher's sha256"]);
    writeFileSync(path.join(folder, "etcd"), says("etcd Version: 3.6.9"));
    chmodSync(path.join(folder, "etcd"), 0o755);
    expect((await obtain(["etcd"])).map(cameFrom)).toEqual(["PATH"]);
    expect((await obtain(["etcd"], { from: "go" })).map(cameFrom)).toEqual(["cache: Go"]);
    expect((await obtain(["etcd"], { from: "release" })).map(cameFrom)).toEqual(["cache: release, publisher's sha256"]);
  });

  it("says of each program why it was not fetched", async () => {
    const { obtain } = await hosts({});
    const error = await obtain(["etcd", "kwok"], { from: "release" }).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ exitCode: 1 });
    expect((error as Error).message).toMatch(
      /etcd ~3\.6\.0 \(not fetched: github\.com answers 404 to .*SHA256SUMS\): https/,
    );
    expect((error as Error).message).toMatch(
      /kwok ~0\.8\.0 \(not fetched: github\.com answers 404 .*kwok-linux-amd64\)/,
    );
  });
});

describe("the table of releases", () => {
  it("has what the verbs of a Mac need, and no server for it", () => {
    const published = PROGRAMS.filter(({ name }) => releaseFor(name, "darwin-arm64")).map(({ name }) => name);
    expect(published).toEqual([
      "pulumi",
      "kubectl",
      "pulumi-resource-kubernetes",
      "helm",
      "pulumi-resource-minio",
      "pulumi-resource-command",
    ]);
    expect(releaseFor("pulumi", "darwin-arm64")?.address).toMatch(/pulumi-v3\.\d+\.\d+-darwin-arm64\.tar\.gz$/);
    expect(releaseFor("kubectl", "linux-arm64")?.address).toMatch(/\/bin\/linux\/arm64\/kubectl$/);
    expect(releaseFor("pulumi", "win32-x64")).toBeUndefined();
  });

  it("pins sums of the versions that are wanted, and has none that nothing vouches for", () => {
    for (const release of RELEASES) {
      const program = PROGRAMS.find(({ name }) => name === release.program);
      expect(release.sums ?? release.sha256, release.program).toBeDefined();
      if (!release.version || !program?.found) continue;
      // A version of MinIO is a date.
      const version = versionIn(`RELEASE.${release.version}`, program.found) ?? release.version;
      expect(fits(version, program.found), release.program).toBe(true);
      if (release.program !== "minio") expect(release.version).toBe(program.version);
    }
  });
});
