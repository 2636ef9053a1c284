import { expect, it } from "vitest";
import { chooseVersions, untriedText, type VersionTable, type VersionWish } from "../../components/charts/versions.ts";
import { CLEARML_VERSIONS, clearmlWish } from "../../components/clearml/versions.ts";
import { CVAT_VERSIONS, cvatWish } from "../../components/cvat/versions.ts";

function chosen<Part extends string>(table: VersionTable<Part>, wish: VersionWish<Part>) {
  const choice = chooseVersions(table, wish);
  return "chosen" in choice ? choice.chosen : expect.fail("these versions are refused");
}

const cvat = (version: string) => chosen(CVAT_VERSIONS, cvatWish({ version, images: {}, allowUnknownVersions: true }));
const clearml = (tag?: string) =>
  chosen(CLEARML_VERSIONS, clearmlWish({ version: "7.14.7", image: { tag }, allowUnknownVersions: true }));

it.each<[string, Parameters<typeof untriedText>[0], string | undefined]>([
  ["known sets", { CVAT: cvat("2.64.0"), ClearML: clearml() }, undefined],
  ["nothing installed", { CVAT: undefined, ClearML: undefined }, undefined],
  [
    "an unknown release",
    { CVAT: cvat("2.63.0"), ClearML: clearml() },
    "versions nobody is known to have tried: CVAT 2.63.0 (chart 2.63.0, server 2.63.0, ui 2.63.0)",
  ],
  [
    "two of them",
    { CVAT: cvat("2.63.0"), ClearML: clearml("2.3.0") },
    "versions nobody is known to have tried: CVAT 2.63.0 (chart 2.63.0, server 2.63.0, ui 2.63.0); " +
      "ClearML 7.14.7 (chart 7.14.7, server 2.3.0, agent 5.3.3)",
  ],
])("versions allowed on purpose are warned of: %s", (_, products, expected) =>
  expect(untriedText(products)).toBe(expected),
);
