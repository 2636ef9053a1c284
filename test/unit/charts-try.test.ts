import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import { parse, stringify } from "yaml";
import { digestOf } from "../../automation/charts/archive.ts";
import { bumpsBetween } from "../../automation/charts/bumps.ts";
import { lockIn, readLock } from "../../automation/charts/lock.ts";
import { chartsCommand } from "../../automation/commands/charts.ts";
import { checkStackFile } from "../../automation/stackfile/check.ts";
import { withTrials } from "../../automation/stackfile/try-versions.ts";
import { chart, lockedAs, send, serve } from "./charts-fixtures.ts";

const VERSIONS = {
  clearml: ["7.14.7", "7.15.0", "8.0.0-rc.1"],
  "clearml-agent": ["5.3.3", "5.3.4"],
  cvat: ["2.64.0", "2.65.0"],
};
type Name = keyof typeof VERSIONS;
const archive = (name: Name, version: string) => chart(name, { version });

/** Sources of all three charts, CVAT's in a registry of containers, and a checkout with a lab of two systems. */
async function sources() {
  const repositoryOf = (name: Exclude<Name, "cvat">) =>
    VERSIONS[name].map((version) => ({ version, urls: [`${name}-${version}.tgz`] }));
  const index = stringify({
    entries: { clearml: repositoryOf("clearml"), "clearml-agent": repositoryOf("clearml-agent") },
  });
  const manifest = (version: string) => {
    const digest = digestOf(archive("cvat", version));
    return JSON.stringify({ layers: [{ mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip", digest }] });
  };
  const { url, host } = await serve({
    "/index.yaml": send(index),
    "/v2/cvat/cvat/tags/list": (request, response) => {
      const second = request.url?.includes("last=") ?? false;
      response.setHeader("link", second ? "" : '</v2/cvat/cvat/tags/list?n=1000&last=2.64.0>; rel="next"');
      response.end(JSON.stringify({ name: "cvat/cvat", tags: second ? ["2.65.0", "latest"] : ["2.64.0"] }));
    },
    ...Object.fromEntries(
      VERSIONS.cvat.map((version) => [`/v2/cvat/cvat/manifests/${version}`, send(manifest(version))]),
    ),
    ...Object.fromEntries(
      VERSIONS.cvat.map((version) => [
        `/v2/cvat/cvat/blobs/${digestOf(archive("cvat", version))}`,
        send(archive("cvat", version)),
      ]),
    ),
    ...Object.fromEntries(
      (["clearml", "clearml-agent"] as const).flatMap((name) =>
        VERSIONS[name].map((version) => [`/${name}-${version}.tgz`, send(archive(name, version))]),
      ),
    ),
  });
  const of = (name: "clearml" | "clearml-agent", version: string) => ({
    version,
    repository: url,
    digest: digestOf(archive(name, version)),
  });
  const locked = {
    clearml: [of("clearml", "7.14.7")],
    "clearml-agent": [of("clearml-agent", "5.3.3")],
    cvat: [{ version: "2.64.0", oci: `${host}/cvat/cvat` }],
  };
  return { locked, url };
}

async function checkout() {
  const { locked, url } = await sources();
  const options = await lockedAs(stringify({ charts: locked }));
  const { lockFile } = options;
  const folder = await mkdtemp(path.join(tmpdir(), "charts-try-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const stackFile = path.join(folder, "Pulumi.lab.yaml");
  await writeFile(
    stackFile,
    stringify({
      config: {
        "vision-platform:cvat": { version: "2.64.0" },
        "vision-platform:clearml": {
          addresses: { web: "192.0.2.40", api: "192.0.2.41", files: "192.0.2.42" },
          agent: { enabled: false },
        },
        "vision-platform:traefik": { address: "192.0.2.20" },
        "vision-platform:cluster": { storageClass: "longhorn" },
      },
    }).replace("version: 2.64.0", "version: 2.64.0 # as the lab has it"),
  );
  const printed: string[] = [];
  const run = async (...args: string[]) => {
    const command = chartsCommand(() => ({ ...options, print: (text) => printed.push(text) }));
    await command.parseAsync(["try", "--stack", "lab", "--folder", folder, ...args], { from: "user" });
    return printed.splice(0).join("\n");
  };
  const stack = async () =>
    (parse(await readFile(stackFile, "utf8")) as { config: Record<string, Record<string, unknown>> }).config;
  return { lockFile, locked, url, run, stack, stackFile };
}

test("the newest whole version of each chart that the stack installs is locked and tried", async () => {
  const { lockFile, run, stack, stackFile } = await checkout();
  const { tried } = JSON.parse(await run("--newest", "--json")) as { tried: object[] };
  expect(tried).toEqual([
    { name: "cvat", from: "2.64.0", to: "2.65.0", digest: digestOf(archive("cvat", "2.65.0")) },
    { name: "clearml", from: "7.14.7", to: "7.15.0", digest: digestOf(archive("clearml", "7.15.0")) },
  ]);
  const entries = await readLock(lockFile);
  expect(entries.map(({ name, version, default: taken }) => `${name} ${version}${taken ? " default" : ""}`)).toEqual([
    "clearml 7.14.7 default",
    "clearml 7.15.0",
    "clearml-agent 5.3.3 default",
    "cvat 2.64.0 default",
    "cvat 2.65.0",
  ]);
  const config = await stack();
  expect(config["vision-platform:cvat"]).toMatchObject({ version: "2.65.0", allowUnknownVersions: true });
  expect(config["vision-platform:clearml"]).toMatchObject({ version: "7.15.0", allowUnknownVersions: true });
  expect(await readFile(stackFile, "utf8")).toContain("# as the lab has it");
  const sections = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace("vision-platform:", ""), value]),
  );
  expect(checkStackFile({ sections, keys: [] }).problems).toEqual([]);
});

test("what a bot has bumped since a commit is tried with its own digest, and what it replaced is back", async () => {
  const { lockFile, locked, run, stack } = await checkout();
  const git = (...args: string[]) =>
    execa("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false", ...args], {
      cwd: path.dirname(lockFile),
    });
  await git("init", "-q");
  await git("add", path.basename(lockFile));
  await git("commit", "-qm", "base");
  expect(await run("--base", "HEAD")).toBe("No chart is new.");
  const before = await stack();
  const text = await readFile(lockFile, "utf8");
  await writeFile(lockFile, text.replace("7.14.7", "7.15.0").replace("2.64.0", "2.65.0"));
  const { tried } = JSON.parse(await run("--base", "HEAD", "--json")) as {
    tried: { name: string; to: string; digest: string }[];
  };
  expect(tried.map(({ name, to }) => `${name} ${to}`)).toEqual(["clearml 7.15.0", "cvat 2.65.0"]);
  const entries = await readLock(lockFile);
  expect(entries.find(({ version }) => version === "7.15.0")).toMatchObject({
    digest: digestOf(archive("clearml", "7.15.0")),
    default: false,
  });
  expect(entries.find(({ version }) => version === "7.14.7")).toMatchObject({ ...locked.clearml[0], default: true });
  expect(entries.find(({ version }) => version === "2.64.0")).toMatchObject({ default: true });
  expect(await stack()).not.toEqual(before);
});

test("a version that a person adds beside the others is no bump", () => {
  const entry = (version: string, digest: string) => ({
    version,
    repository: "https://charts.example.com",
    digest: `sha256:${digest.repeat(64)}`,
  });
  const lock = (...entries: object[]) => lockIn(stringify({ charts: { clearml: entries } }), "charts.lock.yaml");
  const [old, added, replaced] = [entry("7.14.7", "a"), entry("7.15.0", "b"), entry("7.15.0", "a")];
  expect(bumpsBetween(lock(old), lock(old, added))).toEqual([]);
  expect(bumpsBetween(lock(old), lock(added))).toEqual([]);
  expect(bumpsBetween(lock(old), lock(replaced))).toMatchObject([{ before: { version: "7.14.7" }, version: "7.15.0" }]);
});

test("a chart that no version of the stack file follows is put in by its path, and keys that would hold a version back go", () => {
  const text = withTrials("config:\n  vision-platform:clearml:\n    chartVersion: 7.14.6\n    image: { tag: x }\n", [
    { name: "clearml", version: "7.15.0", path: "/charts/clearml" },
    { name: "clearml-agent", version: "5.3.4", path: "/charts/agent" },
  ]);
  expect(parse(text)).toEqual({
    config: {
      "vision-platform:clearml": { version: "7.15.0", allowUnknownVersions: true },
      "vision-platform:charts": { paths: { "clearml-agent": "/charts/agent" } },
    },
  });
});

test("both ways at once, none of them, and a commit that is not there are bad usage", async () => {
  const { run } = await checkout();
  await expect(run()).rejects.toMatchObject({
    message: "charts try needs one of the two: --newest, or --base REV.",
    exitCode: 2,
  });
  await expect(run("--newest", "--base", "HEAD")).rejects.toMatchObject({ exitCode: 2 });
  await expect(run("--base", "nowhere")).rejects.toThrow(/^git has no .*lock.* of nowhere: /);
});
