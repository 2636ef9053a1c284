import semver from "semver";
import { expect, test } from "vitest";
import { chooseVersions } from "../../components/charts/versions.ts";
import { CLEARML_VERSIONS, clearmlWish, type ClearmlVersionKeys } from "../../components/clearml/versions.ts";

const wish = { version: "7.14.7", image: {}, allowUnknownVersions: false };

const clearmlVersions = (keys: ClearmlVersionKeys, kubernetes?: string) =>
  chooseVersions(CLEARML_VERSIONS, { ...clearmlWish(keys), kubernetes });

test("each set has its source and a version of its own", () => {
  const versions = CLEARML_VERSIONS.sets.map(({ version }) => version);
  expect(new Set(versions).size).toBe(versions.length);
  for (const set of CLEARML_VERSIONS.sets) {
    expect(set.source).not.toBe("");
    expect(semver.valid(set.parts.chart)).not.toBeNull();
    expect(set.kubernetes === undefined || semver.validRange(set.kubernetes) !== null).toBe(true);
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

test.each([
  ["1.32.9", true],
  ["1.33.0", false],
  ["1.35.4", false],
])("chart 7.14.4 on Kubernetes %s: %s", (kubernetes, accepted) => {
  const choice = clearmlVersions({ ...wish, version: "7.14.4" }, kubernetes);
  if (accepted) expect(choice).toMatchObject({ chosen: { known: true } });
  else
    expect(choice).toEqual({
      problems: [
        {
          path: ["version"],
          message:
            `ClearML 7.14.4 accepts Kubernetes >=1.21.0-0 <1.33.0-0 only and the cluster has ${kubernetes}. ` +
            "Versions that accept it: 7.14.7, 7.14.6, 7.14.5",
        },
      ],
    });
});

test("build metadata of K3s does not change what a chart accepts", () => {
  expect(clearmlVersions({ ...wish, version: "7.14.4" }, "1.33.1+k3s1")).toHaveProperty("problems");
  expect(clearmlVersions(wish, "1.33.1+k3s1")).toHaveProperty("chosen");
});
