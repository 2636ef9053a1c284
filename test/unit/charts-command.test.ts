import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Command } from "commander";
import { expect, onTestFinished, test, vi } from "vitest";
import { stringify } from "yaml";
import { digestOf } from "../../automation/charts/archive.ts";
import { readLock } from "../../automation/charts/lock.ts";
import { chartsCommand } from "../../automation/commands/charts.ts";
import { UserError } from "../../components/program/errors.ts";
import { chart, lockedAs, send, serve } from "./charts-fixtures.ts";

/** A repository with cvat 1.0.0 and 2.0.0 and loki 1.0.0; cvat 1.0.0 and loki are locked, loki without a digest. */
async function lab() {
  const archives = {
    "cvat-1.0.0": chart("cvat", { version: "1.0.0" }),
    "cvat-2.0.0": chart("cvat", { version: "2.0.0" }),
    "loki-1.0.0": chart("loki", { version: "1.0.0" }),
  };
  const entry = (name: string, version: string) => ({ version, urls: [`${name}-${version}.tgz`] });
  const index = { entries: { cvat: [entry("cvat", "1.0.0"), entry("cvat", "2.0.0")], loki: [entry("loki", "1.0.0")] } };
  const { url: repository } = await serve({
    "/index.yaml": send(stringify(index)),
    ...Object.fromEntries(Object.entries(archives).map(([name, archive]) => [`/${name}.tgz`, send(archive)])),
  });
  const digest = digestOf(archives["cvat-1.0.0"]);
  const options = await lockedAs(
    stringify({
      charts: { cvat: [{ version: "1.0.0", repository, digest }], loki: [{ version: "1.0.0", repository }] },
    }),
  );
  const run = async (...args: string[]) => {
    const printed: string[] = [];
    await quiet(chartsCommand(() => ({ ...options, print: (text) => printed.push(text) }))).parseAsync(args, {
      from: "user",
    });
    return printed.join("\n");
  };
  return { archives, options, run, repository };
}

/** Throws commander's usage errors instead of ending the process. */
function quiet(command: Command): Command {
  for (const one of [command, ...command.commands]) {
    one.exitOverride();
    one.configureOutput({ writeErr: () => undefined });
  }
  return command;
}

test("pull says in a workflow's summary which digest it has taken on trust, once", async () => {
  const { archives, run } = await lab();
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-summary-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, "summary.md");
  vi.stubEnv("GITHUB_STEP_SUMMARY", file);
  onTestFinished(() => void vi.unstubAllEnvs());
  await run("pull");
  await run("pull");
  const said = await readFile(file, "utf8");
  expect(said.match(/^- .*$/gm)).toEqual([`- loki 1.0.0: \`digest: ${digestOf(archives["loki-1.0.0"])}\``]);
});

test("pull fetches everything that is locked; --json is one document", async () => {
  const { archives, options, run } = await lab();
  const { charts } = JSON.parse(await run("pull", "--json")) as { charts: unknown[] };
  const loki = digestOf(archives["loki-1.0.0"]);
  expect(charts).toEqual([
    expect.objectContaining({ name: "cvat", version: "1.0.0", downloaded: true, recorded: false }),
    {
      name: "loki",
      version: "1.0.0",
      digest: loki,
      path: path.join(options.cacheFolder, "charts", `loki-1.0.0-${loki.slice(7, 19)}`),
      downloaded: true,
      recorded: true,
    },
  ]);
});

test("pull takes names and versions, and says in words what it did", async () => {
  const { run } = await lab();
  expect(await run("pull", "cvat@1.0.0")).toMatch(
    /^cvat 1\.0\.0 {2}downloaded and verified\n {2}sha256:\w{64}\n {2}\//,
  );
  expect(await run("pull", "cvat", "loki")).toMatch(/already here, verified\n[^]*loki 1\.0\.0 .*verified, recorded/);
});

test("pull refuses names that are not locked, all at once, before any download", async () => {
  const { run } = await lab();
  await expect(run("pull", "cvta", "cvat@3.0.0", "loki")).rejects.toMatchObject({
    exitCode: 2,
    problems: [expect.stringContaining("chart cvta is not"), expect.stringContaining("chart cvat 3.0.0 is not")],
  });
});

test("one chart that fails does not keep the others from being pulled", async () => {
  const { options, run, repository } = await lab();
  const wrong = `sha256:${"0".repeat(64)}`;
  const cvat = [{ version: "1.0.0", repository, digest: wrong }];
  const broken = await lockedAs(stringify({ charts: { cvat, loki: [{ version: "1.0.0", repository }] } }));
  Object.assign(options, broken);
  const error: unknown = await run("pull").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  expect(error).toMatchObject({ exitCode: 1, problems: [expect.stringContaining(wrong)] });
  expect((await readLock(broken.lockFile)).find(({ name }) => name === "loki")?.digest).toMatch(/^sha256:/);
});

test("lock records a version with its digest; --default makes it the one that is taken", async () => {
  const { archives, options, run, repository } = await lab();
  expect(await run("lock", "cvat", "2.0.0", "--default")).toContain("cvat 2.0.0  downloaded and verified, recorded");
  const cvat = (await readLock(options.lockFile)).filter(({ name }) => name === "cvat");
  expect(cvat).toEqual([
    expect.objectContaining({ version: "1.0.0", default: false }),
    { name: "cvat", version: "2.0.0", repository, digest: digestOf(archives["cvat-2.0.0"]), default: true },
  ]);
});

test("lock takes an oci:// reference as people write it, and names what is wrong with others", async () => {
  const { run } = await lab();
  await expect(run("lock", "x", "1.0.0", "--oci", "oci://127.0.0.1:9/lab/x")).rejects.toThrow("127.0.0.1:9");
  await expect(run("lock", "x", "1.0.0", "--oci", "oci://127.0.0.1:9/lab/x:1")).rejects.toThrow("--oci: must be");
  await expect(run("lock", "x", "1.0.0")).rejects.toThrow("--repository URL or --oci REF");
});

test("every verb's help has an example", () => {
  for (const verb of chartsCommand().commands) {
    let help = "";
    verb.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    expect(help).toContain(`npm run platform -- charts ${verb.name()} `);
    expect(help).toContain("--json");
  }
});
