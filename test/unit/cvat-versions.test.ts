import { describe, expect, it } from "vitest";
import { chooseVersions, type VersionChoice } from "../../components/charts/versions.ts";
import { imageParts, imageProblem, imageVersion } from "../../components/cvat/images.ts";
import { CVAT_VERSIONS, cvatWish, type CvatPart, type CvatVersionKeys } from "../../components/cvat/versions.ts";

const versionsOf = (keys: Partial<CvatVersionKeys>): VersionChoice<CvatPart> =>
  chooseVersions(CVAT_VERSIONS, cvatWish({ version: "2.64.0", images: {}, allowUnknownVersions: false, ...keys }));

/** The known-good sets as a problem's message lists them. */
const S2640 = "2.64.0 (chart 2.64.0, server 2.64.0, ui 2.64.0, opa 1.12.2, kvrocks 2.15.0, nuclio 1.15)";
const S2481 = "2.48.1 (chart 0.17.1, server 2.48.1, ui 2.48.1, opa 0.63.0, kvrocks 2.12.1, nuclio 1.13.0)";
const S2390 = "2.39.0 (chart 0.15.0, server 2.39.0, ui 2.39.0, opa 0.63.0, kvrocks 2.7.0, nuclio 1.13.0)";
const RUNBOOK = "2.39.0 (chart 0.17.1, server 2.39.0, ui 2.39.0, opa 0.63.0, kvrocks 2.12.1, nuclio 1.13.0)";

const refusal = (what: string, ...near: string[]) =>
  `CVAT ${what} is not a set known to work together. The nearest good ones: ${near.join("; ")}. ` +
  "Name one of them, or set allowUnknownVersions: true to try it as it is";

describe("CVAT versions", () => {
  it("lists the known-good sets with what belongs together", () => {
    expect(
      CVAT_VERSIONS.sets.map(({ version, parts, source, upstream = true, note }) => [
        [version, ...Object.values(parts), upstream].join(" "),
        note !== undefined,
        source.length > 20,
      ]),
    ).toEqual([
      ["2.64.0 2.64.0 2.64.0 2.64.0 1.12.2 2.15.0 1.15 true", false, true],
      ["2.48.1 0.17.1 2.48.1 2.48.1 0.63.0 2.12.1 1.13.0 true", false, true],
      ["2.39.0 0.15.0 2.39.0 2.39.0 0.63.0 2.7.0 1.13.0 true", false, true],
      ["2.39.0 0.17.1 2.39.0 2.39.0 0.63.0 2.12.1 1.13.0 false", true, true],
    ]);
  });

  it.each<[string, Partial<CvatVersionKeys>, string]>([
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
  ])("takes %s", (_, keys, expected) => {
    const choice = versionsOf(keys);
    if ("problems" in choice) throw new Error(choice.problems.map(({ message }) => message).join());
    const { version, parts, known, note } = choice.chosen;
    const standing = !known ? "unknown" : note?.includes("fixes") ? "fixes" : "upstream";
    expect(`${version} on ${parts.chart}, ${standing}`).toBe(expected);
  });

  it("claims nothing of parts that nobody knows", () => {
    expect(versionsOf({ version: "2.63.0", images: { opa: "r.example/opa:lab" }, allowUnknownVersions: true })).toEqual(
      {
        chosen: {
          version: "2.63.0",
          parts: { chart: "2.63.0", server: "2.63.0", ui: "2.63.0", opa: "r.example/opa:lab" },
          known: false,
          source: "named on purpose (allowUnknownVersions), not tried",
        },
      },
    );
  });

  it.each<[string, Partial<CvatVersionKeys>, [string, string][]]>([
    [
      "a release between two sets, with the nearer one first",
      { version: "2.50.0" },
      [["version", refusal("2.50.0 (chart 2.50.0, server 2.50.0, ui 2.50.0)", S2481, S2390, RUNBOOK)]],
    ],
    [
      "a newer release",
      { version: "2.65.0" },
      [["version", refusal("2.65.0 (chart 2.65.0, server 2.65.0, ui 2.65.0)", S2640, S2481, S2390)]],
    ],
    [
      "a good release on a wrong chart",
      { version: "2.48.1", chart: "0.15.0" },
      [["chart", refusal("2.48.1 (chart 0.15.0, server 2.48.1, ui 2.48.1)", S2481, S2390, RUNBOOK)]],
    ],
    [
      "a pair that was never shipped, unless its chart is named",
      { version: "2.39.0", images: { kvrocks: "apache/kvrocks:2.12.1" } },
      [
        [
          "images.kvrocks",
          refusal(
            "2.39.0 (chart 0.15.0, server 2.39.0, ui 2.39.0, opa 0.63.0, kvrocks 2.12.1, nuclio 1.13.0)",
            S2390,
            RUNBOOK,
            S2481,
          ),
        ],
      ],
    ],
    [
      "every foreign image",
      { images: { server: "cvat/server:dev", ui: "cvat/ui:v2.63.0", kvrocks: "apache/kvrocks:2.15.0" } },
      (["images.server", "images.ui"] as const).map((key): [string, string] => [
        key,
        refusal(
          "2.64.0 (chart 2.64.0, server cvat/server:dev, ui 2.63.0, opa 1.12.2, kvrocks 2.15.0, nuclio 1.15)",
          S2640,
          S2481,
          S2390,
        ),
      ]),
    ],
  ])("refuses %s", (_, keys, expected) => {
    const choice = versionsOf(keys);
    const problems = "problems" in choice ? choice.problems : [];
    expect(problems.map(({ path, message }) => [path.join("."), message])).toEqual(expected);
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
