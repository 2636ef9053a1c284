import { describe, expect, it } from "vitest";
import { imageParts, imageProblem, imageVersion } from "../../components/cvat/images.ts";
import {
  CVAT_SETS,
  DEFAULT_CVAT_VERSION,
  resolveVersions,
  type VersionRequest,
} from "../../components/cvat/versions.ts";

const request = (over: Partial<VersionRequest>): VersionRequest => ({
  version: DEFAULT_CVAT_VERSION,
  images: {},
  allowUnknownVersions: false,
  ...over,
});

describe("CVAT versions", () => {
  it("lists the known-good sets with what belongs together", () => {
    expect(CVAT_SETS.map(({ source, ...set }) => [Object.values(set).join(" "), source.length > 20])).toEqual([
      ["2.64.0 2.64.0 1.12.2 2.15.0 1.15 true", true],
      ["2.48.1 0.17.1 0.63.0 2.12.1 1.13.0 true", true],
      ["2.39.0 0.15.0 0.63.0 2.7.0 1.13.0 true", true],
      ["2.39.0 0.17.1 0.63.0 2.12.1 1.13.0 false", true],
    ]);
  });

  it.each<[string, Partial<VersionRequest>, string]>([
    ["the default", {}, "2.64.0 on 2.64.0, upstream"],
    ["2.48.1", { version: "2.48.1" }, "2.48.1 on 0.17.1, upstream"],
    ["2.39.0 alone: the pair that was shipped", { version: "2.39.0" }, "2.39.0 on 0.15.0, upstream"],
    ["the runbook's pair", { version: "2.39.0", chart: "0.17.1" }, "2.39.0 on 0.17.1, fixes"],
    ["an unknown release on purpose", { version: "2.63.0", allowUnknownVersions: true }, "2.63.0 on 2.63.0, unknown"],
    [
      "an unknown pair on purpose",
      { version: "2.40.0", chart: "0.17.1", allowUnknownVersions: true },
      "2.40.0 on 0.17.1, unknown",
    ],
    [
      "the set's image from elsewhere",
      { images: { opa: "registry.example/opa:1.12.2" } },
      "2.64.0 on 2.64.0, upstream",
    ],
    [
      "a foreign image on purpose",
      { images: { opa: "opa:1.0.0" }, allowUnknownVersions: true },
      "2.64.0 on 2.64.0, unknown",
    ],
  ])("takes %s", (_, over, expected) => {
    const result = resolveVersions(request(over));
    if (Array.isArray(result)) throw new Error(result.map(({ message }) => message).join());
    expect(`${result.cvat} on ${result.chart}, ${result.standing}`).toBe(expected);
    expect(result.set === undefined).toBe(result.standing === "unknown");
  });

  it.each<[string, Partial<VersionRequest>, string[]]>([
    [
      "a release between two sets, with the nearer one first",
      { version: "2.50.0" },
      [
        "version: CVAT 2.50.0 is no known-good pair; take 2.48.1 on chart 0.17.1 or 2.39.0 on chart 0.15.0, or set allowUnknownVersions: true",
      ],
    ],
    [
      "a newer release",
      { version: "2.65.0" },
      [
        "version: CVAT 2.65.0 is no known-good pair; take 2.64.0 on chart 2.64.0 or 2.48.1 on chart 0.17.1, or set allowUnknownVersions: true",
      ],
    ],
    [
      "a good release on a wrong chart",
      { version: "2.48.1", chart: "0.15.0" },
      [
        "chart: CVAT 2.48.1 on chart 0.15.0 is no known-good pair; take 2.48.1 on chart 0.17.1 or 2.39.0 on chart 0.15.0, or set allowUnknownVersions: true",
      ],
    ],
    [
      "every foreign image",
      { images: { server: "cvat/server:dev", ui: "cvat/ui:v2.63.0", kvrocks: "apache/kvrocks:2.15.0" } },
      [
        "images.server: cvat/server:dev is not of release 2.64.0, which CVAT 2.64.0 on chart 2.64.0 goes with; take that tag, or set allowUnknownVersions: true",
        "images.ui: cvat/ui:v2.63.0 is not of release 2.64.0, which CVAT 2.64.0 on chart 2.64.0 goes with; take that tag, or set allowUnknownVersions: true",
      ],
    ],
  ])("refuses %s", (_, over, expected) => {
    const result = resolveVersions(request(over));
    expect(Array.isArray(result) ? result.map(({ key, message }) => `${key}: ${message}`) : result).toEqual(expected);
  });
});

describe("image references", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  it.each<[string, string, string, string | undefined]>([
    ["cvat/server:v2.39.0", "cvat/server", "v2.39.0", "2.39.0"],
    ["registry.example:5000/cvat/ui:v2.64.0-lab1", "registry.example:5000/cvat/ui", "v2.64.0-lab1", "2.64.0"],
    ["registry.example:5000/cvat/ui", "registry.example:5000/cvat/ui", "", undefined],
    [`opa:1.12.2@${digest}`, "opa", `1.12.2@${digest}`, "1.12.2"],
    ["busybox:stable", "busybox", "stable", undefined],
  ])("takes %s apart", (reference, repository, tag, version) => {
    expect([imageParts(reference), imageVersion(reference)]).toEqual([{ repository, tag }, version]);
  });

  it.each<[string, boolean]>([
    ["cvat/server:v2.39.0", false],
    [`cvat/server:v2.39.0@${digest}`, false],
    ["cvat/server", true],
    ["cvat/server:latest", true],
    [`cvat/server:latest@${digest}`, true],
    ["", true],
    ["cvat server:1", true],
  ])("knows whether %j is sound", (reference, unsound) => expect(imageProblem(reference) !== undefined).toBe(unsound));
});
