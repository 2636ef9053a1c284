import { appendFile, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import getPort from "get-port";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { digestOf } from "../../automation/charts/archive.ts";
import { readLock } from "../../automation/charts/lock.ts";
import { pullChart } from "../../automation/charts/pull.ts";
import { pullOrExplain, resolveChart } from "../../automation/charts/resolve.ts";
import { chart, lockedAs, send, serve } from "./charts-fixtures.ts";

const ARCHIVE = chart("cvat", { dependencies: ["redis"], packaged: ["redis"] });

async function repository(archive = ARCHIVE): Promise<string> {
  const index = { entries: { cvat: [{ version: "1.2.3", urls: ["cvat.tgz"] }] } };
  return (await serve({ "/index.yaml": send(stringify(index)), "/cvat.tgz": send(archive) })).url;
}

async function locked(source: { repository: string; digest?: string }) {
  return await lockedAs(stringify({ charts: { cvat: [{ version: "1.2.3", ...source }] } }));
}

/** As after `charts pull`, with the chart resolved once. */
async function pulled() {
  const options = await locked({ repository: await repository(), digest: digestOf(ARCHIVE) });
  for (const entry of await readLock(options.lockFile)) await pullChart(entry, options);
  return { options, found: await resolveChart("cvat", undefined, options) };
}

test("a pulled chart is found by name, with and without its version", async () => {
  const { options, found } = await pulled();
  expect(found).toMatchObject({ name: "cvat", version: "1.2.3", digest: digestOf(ARCHIVE), origin: "locked" });
  expect(await readFile(path.join(found.path, "Chart.yaml"), "utf8")).toContain("name: cvat");
  expect(await resolveChart("cvat", "1.2.3", options)).toEqual(found);
});

test("what is not pulled or not locked is refused with the command that cures it", async () => {
  const options = await locked({ repository: "https://charts.invalid", digest: digestOf(ARCHIVE) });
  await expect(resolveChart("cvat", undefined, options)).rejects.toThrow("npm run platform -- charts pull cvat");
  await expect(resolveChart("cvat", "2.0.0", options)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/which has cvat 1\.2\.3.*charts lock cvat 2\.0\.0/) as string,
  });
  await expect(resolveChart("loki", undefined, options)).rejects.toThrow("chart loki is not in charts.lock.yaml");
  const noDigest = await locked({ repository: "https://charts.invalid" });
  await expect(resolveChart("cvat", undefined, noDigest)).rejects.toThrow("is not pulled yet");
});

const TAMPERING: [what: string, tamper: (folder: string) => Promise<void>, said: string][] = [
  ["a changed file", (folder) => appendFile(path.join(folder, "values.yaml"), "x: 1\n"), "was changed since"],
  ["a file more", (folder) => writeFile(path.join(folder, "templates/job.yaml"), "kind: Job"), "was changed since"],
  ["a file less", (folder) => rm(path.join(folder, "values.yaml")), "was changed since"],
  ["a changed archive", (folder) => appendFile(`${folder}.tgz`, "x"), ".tgz was changed: it has sha256:"],
];

test.each(TAMPERING)("%s in the cache is noticed, and a pull cures it", async (_what, tamper, said) => {
  const { options, found } = await pulled();
  await tamper(found.path);
  await expect(resolveChart("cvat", undefined, options)).rejects.toThrow(said);
  await expect(pullOrExplain("cvat", undefined, options)).rejects.toThrow("charts pull cvat fetches it again");
  for (const entry of await readLock(options.lockFile)) await pullChart(entry, options);
  expect(await resolveChart("cvat", undefined, options)).toEqual(found);
});

test("an unpacked folder that is gone is unpacked again from the verified archive", async () => {
  const { options, found } = await pulled();
  await rm(found.path, { recursive: true });
  expect(await resolveChart("cvat", undefined, options)).toEqual(found);
  expect(await readFile(path.join(found.path, "values.yaml"), "utf8")).toBe("replicas: 1\n");
});

test("an override is a chart's folder, taken where it is, or an archive, kept by its digest", async () => {
  const { options, found } = await pulled();
  const folder = path.join(options.folder, "my-cvat");
  await cp(found.path, folder, { recursive: true });
  const asFolder = await resolveChart("cvat", "9.9.9", { ...options, overrides: { cvat: folder } });
  expect(asFolder).toMatchObject({ version: "1.2.3", path: folder, origin: "override" });
  await appendFile(path.join(folder, "values.yaml"), "x: 1\n");
  expect((await resolveChart("cvat", undefined, { ...options, overrides: { cvat: folder } })).digest).not.toBe(
    asFolder.digest,
  );

  const archive = chart("cvat", { version: "3.0.0" });
  const file = path.join(options.folder, "download.tgz");
  await writeFile(file, archive);
  const asArchive = await resolveChart("cvat", undefined, { ...options, overrides: { cvat: file } });
  expect(asArchive).toMatchObject({ version: "3.0.0", digest: digestOf(archive), origin: "override" });
  expect(path.dirname(asArchive.path)).toBe(path.join(options.cacheFolder, "charts"));
  expect(await resolveChart("cvat", undefined, options)).toEqual(found);
});

test("an override that is no such chart says why", async () => {
  const options = await lockedAs("charts: {}\n");
  const at = (name: string) => path.join(options.folder, name);
  const said = async (given: string) =>
    await resolveChart("cvat", undefined, { ...options, overrides: { cvat: given } }).then(
      () => "accepted",
      (error: unknown) => String(error),
    );
  await mkdir(at("empty"));
  await mkdir(at("clearml"));
  await writeFile(at("clearml/Chart.yaml"), "{ name: clearml, version: 1.0.0, dependencies: [{ name: redis }] }");
  await writeFile(at("notes.txt"), "hello");
  await writeFile(at("clearml.tgz"), chart("clearml"));
  expect(await said(at("nowhere"))).toContain(`--chart cvat=${at("nowhere")}: there is no`);
  expect(await said(at("empty"))).toContain("the folder is not a chart: it has no Chart.yaml");
  expect(await said(at("notes.txt"))).toContain("is not a whole .tgz archive");
  expect(await said(at("clearml.tgz"))).toContain("names the chart clearml, not cvat");
  expect(await said(at("clearml"))).toMatch(/names the chart clearml, not cvat[^]*depends on redis, missing/);
});

test("a rehearsal gets the chart pulled where its source answers, and from the cache afterwards", async () => {
  const options = await locked({ repository: await repository() });
  const first = await pullOrExplain("cvat", undefined, options);
  expect(first).toMatchObject({ chart: { version: "1.2.3", digest: digestOf(ARCHIVE), origin: "locked" } });
  expect(await pullOrExplain("cvat", "1.2.3", options)).toEqual(first);
  expect(first).toEqual({ chart: await resolveChart("cvat", undefined, options) });
});

test("a rehearsal gets the reason in words where a chart cannot be had", async () => {
  const closed = `http://127.0.0.1:${await getPort({ host: "127.0.0.1" })}`;
  expect(await pullOrExplain("cvat", undefined, await locked({ repository: closed }))).toEqual({
    missing: "not available",
    reason: expect.stringContaining("it refuses the connection") as string,
  });
  const empty = (await serve({ "/index.yaml": send("entries: {}") })).url;
  expect(await pullOrExplain("cvat", undefined, await locked({ repository: empty }))).toEqual({
    missing: "not available",
    reason: expect.stringContaining("has no chart cvat") as string,
  });
  expect(await pullOrExplain("cvat", "0.17.1", await locked({ repository: closed }))).toEqual({
    missing: "not locked",
    reason: expect.stringContaining("which has cvat 1.2.3") as string,
  });
});

test("a rehearsal stops on a wrong digest and on a bad override instead of falling back", async () => {
  const wrong = `sha256:${"0".repeat(64)}`;
  const options = await locked({ repository: await repository(), digest: wrong });
  await expect(pullOrExplain("cvat", undefined, options)).rejects.toThrow(wrong);
  const overrides = { cvat: "/nowhere" };
  await expect(pullOrExplain("cvat", undefined, { ...options, overrides })).rejects.toThrow("there is no /nowhere");
});
