import semver from "semver";
import { expect, test } from "vitest";
import { clearmlRanges } from "../../components/lab/chart-ranges.ts";
import { refusedCharts } from "../../components/charts/kubernetes.ts";
import { chooseVersions, installedVersions } from "../../components/charts/versions.ts";
import { parseLab } from "../../components/lab/parse.ts";
import { chartsTakeTheCluster } from "../../components/preflight/charts.ts";
import { CLEARML_VERSIONS, clearmlWish, type ClearmlVersionKeys } from "../../components/clearml/versions.ts";

const wish = { version: "7.14.7", image: {}, allowUnknownVersions: false };

const clearmlVersions = (keys: ClearmlVersionKeys) => chooseVersions(CLEARML_VERSIONS, clearmlWish(keys));

test("each set has its source and a version of its own", () => {
  const versions = CLEARML_VERSIONS.sets.map(({ version }) => version);
  expect(new Set(versions).size).toBe(versions.length);
  for (const set of CLEARML_VERSIONS.sets) {
    expect(set.source).not.toBe("");
    expect(semver.valid(set.parts.chart)).not.toBeNull();
    for (const range of Object.values(set.kubernetes ?? {})) expect(semver.validRange(range)).not.toBeNull();
  }
});

test.each([
  ["the default", wish, { chart: "7.14.7", server: "2.0.0-613", agent: "5.3.3" }],
  ["an older set", { ...wish, version: "7.14.5" }, { chart: "7.14.5", server: "2.0.0-613", agent: "5.3.3" }],
  ["the agent of its time", { ...wish, version: "7.14.4" }, { chart: "7.14.4", server: "2.0.0-613", agent: "5.3.2" }],
  [
    "a set named part by part",
    { ...wish, chartVersion: "7.14.6" },
    { chart: "7.14.6", server: "2.0.0-613", agent: "5.3.3" },
  ],
])("%s is known", (_title, keys, parts) => {
  expect(clearmlVersions(keys)).toMatchObject({ chosen: { known: true, parts } });
});

test("an unknown image is refused with the nearest good sets and the key that allows it", () => {
  expect(clearmlVersions({ ...wish, image: { tag: "2.3.0" } })).toEqual({
    problems: [
      {
        path: ["image", "tag"],
        message:
          "ClearML 7.14.7 (chart 7.14.7, server 2.3.0, agent 5.3.3) is not a set known to work together. The nearest good ones: " +
          "7.14.7 (chart 7.14.7, server 2.0.0-613, agent 5.3.3); 7.14.6 (chart 7.14.6, server 2.0.0-613, agent 5.3.3); " +
          "7.14.5 (chart 7.14.5, server 2.0.0-613, agent 5.3.3). " +
          "Name one of them, or set allowUnknownVersions: true to try it as it is",
      },
    ],
  });
});

test("a version that stores its data elsewhere is refused with the reason", () => {
  expect(clearmlVersions({ ...wish, version: "7.15.0" })).toMatchObject({
    problems: [
      {
        path: ["version"],
        message: expect.stringMatching(/Dragonfly instead of Redis.* The nearest good ones: 7\.14\.7/) as string,
      },
    ],
  });
});

test("the nearest good ones are near: an old version is answered with the oldest known", () => {
  expect(clearmlVersions({ ...wish, version: "7.13.0" })).toMatchObject({
    problems: [{ message: expect.stringMatching(/nearest good ones: 7\.14\.4 .*; 7\.14\.5 .*; 7\.14\.6 /) as string }],
  });
});

test("unknown versions go through when named on purpose, and are said to be unknown", () => {
  const choice = clearmlVersions({ ...wish, version: "7.15.0", image: { tag: "2.3.0" }, allowUnknownVersions: true });
  expect(choice).toMatchObject({
    chosen: { version: "7.15.0", known: false, parts: { chart: "7.15.0", server: "2.3.0", agent: "5.3.3" } },
  });
});

test("a known set stays known where unknown ones are allowed", () => {
  expect(clearmlVersions({ ...wish, allowUnknownVersions: true })).toMatchObject({ chosen: { known: true } });
});

const versionsOf = (version: string) => installedVersions(CLEARML_VERSIONS, clearmlWish({ ...wish, version }));
const CLEARML_714 = versionsOf("7.14.4");

test.each(["1.32.9", "v1.32.9+k3s1"])("the charts of 7.14.4 take Kubernetes %s", (version) => {
  expect(refusedCharts(clearmlRanges(CLEARML_714, true), { version, saidBy: "the cluster has" })).toEqual([]);
});

test.each(["1.33.0", "1.35.4", "v1.33.1+k3s1"])("the charts of 7.14.4 are both refused on Kubernetes %s", (version) => {
  const told = refusedCharts(clearmlRanges(CLEARML_714, true), { version, saidBy: "the cluster has" });
  const text = (chart: string) =>
    `Chart ${chart} takes Kubernetes >= 1.21.0-0 < 1.33.0-0 only, and the cluster has ${version}. ClearML 7.14.7, 7.14.6, 7.14.5 have charts that take it: set one.`;
  expect(told).toEqual(
    ["clearml 7.14.4", "clearml-agent 5.3.2"].map((chart) => ({
      path: "vision-platform:clearml.version",
      message: text(chart),
    })),
  );
  expect(refusedCharts(clearmlRanges(CLEARML_714, false), { version, saidBy: "the cluster has" })).toHaveLength(1);
  expect(refusedCharts(clearmlRanges(versionsOf(wish.version), true), { version, saidBy: "the cluster has" })).toEqual(
    [],
  );
});

test("config check tells it where the stack file says which Kubernetes its cluster has", () => {
  const clearml = { version: "7.14.4", addresses: { api: "192.0.2.41" }, agent: { enabled: true } };
  const { problems } = parseLab({ clearml, rehearsal: { kubernetes: "1.36.3" } });
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringContaining("clearml 7.14.4 takes") as string,
    expect.stringContaining("clearml-agent 5.3.2 takes") as string,
  ]);
  expect(parseLab({ clearml: { version: "7.14.4" }, rehearsal: { kubernetes: "1.32.9" } }).problems).toEqual([]);
});

test("preview tells it of the charts that are here, by what they say themselves", () => {
  const charts = [
    { name: "clearml", version: "7.14.7", kubernetes: ">= 1.21.0-0" },
    { name: "cvat", version: "2.64.0", kubernetes: ">=1.23.0, <1.30.0" },
    { name: "clearml-agent", version: "5.3.3", kubernetes: "as you like" },
  ];
  expect(chartsTakeTheCluster({ kubernetes: "v1.35.4" }, charts)).toEqual([
    {
      severity: "refusal",
      path: "vision-platform:cvat.version",
      message: expect.stringMatching(/^Chart cvat 2\.64\.0 takes Kubernetes >=1\.23\.0, <1\.30\.0 only/) as string,
    },
  ]);
  expect(chartsTakeTheCluster({ kubernetes: undefined }, charts)).toEqual([]);
});
