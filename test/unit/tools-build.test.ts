import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { UserError } from "../../components/program/errors.ts";
import { silentProgress, type Progress } from "../../automation/progress.ts";
import { buildArguments } from "../../automation/tools/build.ts";
import { engineEnvironment } from "../../automation/tools/environment.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import { isBuilt, PROGRAMS } from "../../automation/tools/programs.ts";
import { NOBODY, putGo } from "./tools-fixtures.ts";

let folder: string;
const log = () => path.join(folder, "log");
const builds = () => (existsSync(log()) ? readFileSync(log(), "utf8").trim().split("\n") : []);
const obtain = (names: string[], progress: Progress = silentProgress) =>
  obtainTools(names, { progress, cacheFolder: path.join(folder, "cache"), publishers: NOBODY });

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "tools-"));
  putGo(folder);
  vi.stubEnv("PATH", `${folder}:/usr/bin:/bin`);
  vi.stubEnv("FAKE_GO_LOG", log());
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe("a program that is not on PATH", () => {
  it("is built once, then comes from the cache, then from PATH when it is there", async () => {
    const [built] = await obtain(["etcd"]);
    expect(built).toMatchObject({ name: "etcd", version: "3.6.14", origin: "built" });
    expect(await obtain(["etcd"])).toEqual([{ ...built, origin: "cache" }]);
    expect(builds()).toHaveLength(1);
    expect(builds()[0]).toMatch(/^-mod=readonly -trimpath -buildvcs=false 0 build .* go\.etcd\.io\/etcd\/server\/v3$/);
    vi.stubEnv("PATH", `${path.dirname(built?.path ?? "")}:/usr/bin:/bin`);
    expect(await obtain(["etcd"])).toEqual([{ ...built, origin: "path" }]);
  });

  it("is built once by two who want it at once, and the second says for whom it waits", async () => {
    vi.stubEnv("FAKE_GO_SECONDS", "1");
    const said: string[] = [];
    const progress: Progress = {
      line: () => undefined,
      task: (_title, work) => work({ update: (text) => said.push(text) }),
    };
    const both = await Promise.all([obtain(["etcd"], progress), obtain(["etcd"], progress)]);
    expect(
      both
        .flat()
        .map(({ origin }) => origin)
        .sort(),
    ).toEqual(["built", "cache"]);
    expect(builds()).toHaveLength(1);
    expect(said).toContain(`waiting for process ${process.pid}, which builds etcd`);
    expect(said).toContain("etcd (1 of 1), less than a minute left");
  });

  it("is built again when the first build was killed half-way", async () => {
    const script = `
      const { obtainTools } = await import(${JSON.stringify(import.meta.resolve("../../automation/tools/obtain.ts"))});
      const progress = { line() {}, task: (_title, work) => work({ update() {} }) };
      await obtainTools(["etcd"], { progress, cacheFolder: process.argv[1], from: "go" });`;
    const child = spawn(
      process.execPath,
      ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", script, path.join(folder, "cache")],
      { env: { ...process.env, FAKE_GO_SECONDS: "3" }, stdio: "ignore" },
    );
    await vi.waitUntil(() => builds().length === 1, { timeout: 20_000 });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    const [tool] = await obtain(["etcd"]);
    expect(tool?.origin).toBe("built");
    expect(readFileSync(tool?.path ?? "", "utf8")).toContain("3.6.14");
    expect(readdirSync(path.join(folder, "cache", "tools", "work"))).toEqual([]);
  }, 60_000);

  it("is an error with the end of Go's output and the command when its build fails", async () => {
    vi.stubEnv("FAKE_GO_FAILS", "1");
    const error: unknown = await obtain(["etcd"]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    const { message } = error as UserError;
    expect(message).toMatch(/^Building etcd 3\.6\.14 failed/);
    expect(message).toContain("  line 6\n");
    expect(message).not.toContain("line 5\n");
    expect(message).toMatch(
      /cd \S*tools\/etcd && CGO_ENABLED=0 GOTOOLCHAIN=local go build .* go\.etcd\.io\/etcd\/server\/v3$/m,
    );
  });

  it("is listed with all others when Go is too old", async () => {
    vi.stubEnv("FAKE_GO_VERSION", "go1.24.1");
    await expect(obtain(["etcd", "kwok"])).rejects.toThrow(
      /2 programs .*go is Go 1\.24\.1, and 1\.26\.0 or newer is needed(.|\n)*etcd ~3\.6\.0 .*: https(.|\n)*kwok ~0\.8\.0 .*: https/,
    );
  });
});

it("optimizes no package of which that is said, and writes no debugging information for any", () => {
  const built = PROGRAMS.filter(isBuilt).map((program) => [program.name, flagsOf(buildArguments(program, "/out"))]);
  const plain = ["all=-dwarf=false"];
  expect(Object.fromEntries(built)).toMatchObject({
    etcd: plain,
    // Of the patterns that match a package the last one counts alone.
    "pulumi-resource-kubernetes": [...plain, "github.com/pulumi/pulumi-kubernetes/sdk/v4/...=-dwarf=false -N -l"],
  });
});

const flagsOf = (words: readonly string[]) => words.filter((_word, index) => words[index - 1] === "-gcflags");

describe("the engine's environment", () => {
  const tool = (name: string) => ({ name, version: "1.0.0", path: path.join(folder, name), origin: "cache" as const });

  it("puts our programs first on PATH, the plugin into PULUMI_HOME, and fetches nothing", async () => {
    const links = path.join(folder, "links");
    const pulumiHome = path.join(folder, "home");
    const tools = ["pulumi", "pulumi-resource-kubernetes"].map(tool);
    for (const { path: file } of tools) writeFileSync(file, "");
    const once = await engineEnvironment(tools, { links, pulumiHome }, { PATH: "/usr/bin" });
    const twice = await engineEnvironment(tools, { links, pulumiHome }, once);
    expect(readdirSync(links)).toEqual(["pulumi"]);
    const plugin = path.join(pulumiHome, "plugins", "resource-kubernetes-v4.25.0", "pulumi-resource-kubernetes");
    expect(realpathSync(plugin)).toBe(realpathSync(path.join(folder, "pulumi-resource-kubernetes")));
    expect(twice).toEqual(once);
    expect(once["PATH"]?.split(":")).toEqual([links, "/usr/bin"]);
    expect(once).toMatchObject({ PULUMI_HOME: pulumiHome, PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" });
  });

  it("links the plugin beside the programs when PULUMI_HOME is the user's", async () => {
    const links = path.join(folder, "links");
    const environment = await engineEnvironment([tool("pulumi-resource-kubernetes")], { links }, {});
    expect(readdirSync(links)).toEqual(["pulumi-resource-kubernetes"]);
    expect(environment["PULUMI_HOME"]).toBeUndefined();
  });

  it("has the engine collect its garbage seldom, unless a person has said how often", async () => {
    const links = path.join(folder, "links");
    expect(await engineEnvironment([], { links }, {})).toMatchObject({ GOGC: "400", GOMEMLIMIT: "1GiB" });
    expect(await engineEnvironment([], { links }, { GOGC: "50" })).toMatchObject({ GOGC: "50", GOMEMLIMIT: "1GiB" });
  });
});
