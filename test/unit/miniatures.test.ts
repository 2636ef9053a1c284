import { access, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { miniatureChart, miniatureNames } from "../../automation/rehearsal/miniatures.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "miniatures-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function yaml(...parts: string[]): Promise<Record<string, unknown>> {
  return parse(await readFile(path.join(...parts), "utf8")) as Record<string, unknown>;
}

test("a miniature bears the wanted version and says what it is", async () => {
  const miniature = await miniatureChart("cvat", "2.64.0", folder);
  expect(miniature).toEqual({
    name: "cvat",
    version: "2.64.0",
    layout: "2.64.0",
    path: path.join(folder, "cvat-2.64.0"),
    note: "cvat 2.64.0 is a miniature chart of this project",
  });
  expect(await yaml(miniature.path, "Chart.yaml")).toMatchObject({
    name: "cvat",
    version: "2.64.0",
    appVersion: "latest",
    kubeVersion: ">= 1.23.0-0",
    annotations: { "vision-platform/miniature": "true" },
  });
});

test("its subcharts are inside, with the versions its Chart.yaml asks for", async () => {
  const { path: chart } = await miniatureChart("cvat", "0.15.0", folder);
  const { dependencies } = await yaml(chart, "Chart.yaml");
  expect((dependencies as { name: string; version: string }[]).map((one) => `${one.name} ${one.version}`)).toEqual([
    "postgresql 12.1.15",
    "redis 18.5.0",
    "clickhouse 4.1.16",
    "grafana 6.60.6",
    "vector 0.19.2",
    "nuclio 0.19.0",
  ]);
  expect(await yaml(chart, "charts/redis/charts/common/Chart.yaml")).toMatchObject({ version: "2.14.1" });
});

test("image tags follow the version; what does not change is carried on", async () => {
  const tags = async (version: string): Promise<unknown[]> => {
    const { path: chart } = await miniatureChart("cvat", version, folder);
    const { backend, frontend, opa, kvrocks } = (await yaml(chart, "values.yaml")).cvat as Record<
      string,
      { tag: string }
    >;
    return [backend?.tag, frontend?.tag, opa?.tag, kvrocks?.tag];
  };
  expect(await tags("0.15.0")).toEqual(["v2.39.0", "v2.39.0", "0.63.0", "2.7.0"]);
  expect(await tags("0.17.1")).toEqual(["v2.48.1", "v2.48.1", "0.63.0", "2.12.1"]);
  expect(await tags("2.49.0")).toEqual(["v2.49.0", "v2.49.0", "0.63.0", "2.12.1"]);
  expect(await tags("2.64.0")).toEqual(["v2.64.0", "v2.64.0", "1.12.2", "2.15.0"]);
});

test("a version that is not known gets the nearest lower layout, and says so", async () => {
  const miniature = await miniatureChart("clearml", "7.15.0", folder);
  expect(miniature.layout).toBe("7.14.7");
  expect(miniature.note).toBe(
    "clearml 7.15.0 is a miniature chart of this project, with the layout of 7.14.7: 7.15.0 is not known to it",
  );
  expect(await yaml(miniature.path, "Chart.yaml")).toMatchObject({ version: "7.15.0" });
});

test("what lay in the way is gone", async () => {
  const { path: chart } = await miniatureChart("nuclio", "0.20.1", folder);
  await writeFile(path.join(chart, "templates/left-over.yaml"), "kind: Wrong");
  await miniatureChart("nuclio", "0.20.1", folder);
  await expect(access(path.join(chart, "templates/left-over.yaml"))).rejects.toThrow("ENOENT");
});

test.each(miniatureNames)("%s without a lower version is refused with the known ones", async (name) => {
  await expect(miniatureChart(name, "0.0.1", folder)).rejects.toThrow(
    new RegExp(`There is no miniature of chart ${name} at version 0.0.1; known are [0-9]`),
  );
  await expect(miniatureChart(name, "newest", folder)).rejects.toThrow("at version newest; known are");
});

test("an unknown chart is refused with the known ones", async () => {
  await expect(miniatureChart("redis", "19.6.4", folder)).rejects.toThrow(
    "There is no miniature of chart redis; there are: cvat, clearml, clearml-agent, nuclio.",
  );
});
