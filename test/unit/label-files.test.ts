import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readLabelFiles } from "../../automation/stackfile/label-files.ts";
import { verdictOf } from "../../automation/functions/verdict.ts";
import { checkWithFiles } from "../../automation/stackfile/check-files.ts";
import program from "../../index.ts";
import { entry, live, object } from "./nuclio-fixtures.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "labels-"));
});
afterAll(() => rm(folder, { recursive: true }));

const point = (name: string) => ({ name, type: "points" });
const colour = { name: "colour", input_type: "select", values: ["red"] };
const SVG = '<circle cx="1" data-label-name="head"></circle>';
const man = {
  name: "man",
  type: "skeleton",
  svg: SVG,
  sublabels: [point("head"), { ...point("foot"), attributes: [colour] }],
};

async function read(content: unknown) {
  await writeFile(path.join(folder, "labels.json"), typeof content === "string" ? content : JSON.stringify(content));
  return readLabelFiles({ helmets: { labelsFile: "labels.json" } }, folder);
}

const said = async (content: unknown) =>
  (await read(content)).problems.map(({ path: key, message }) => `${key}: ${message}`);

describe("a file of labels", () => {
  it("reaches CVAT whole: skeletons with their parts and drawing, attributes, every shape", async () => {
    const { labels, problems } = await read(["plain", man, { name: "box", type: "cuboid", attributes: [colour] }]);
    expect(problems).toEqual([]);
    const made = object({ labels: [], labelsFile: "labels.json" }, { labels: labels["helmets"] });
    expect(JSON.parse(made.metadata.annotations["spec"] ?? "")).toEqual([
      { id: 0, name: "plain", type: "rectangle" },
      {
        id: 1,
        name: "man",
        type: "skeleton",
        svg: SVG,
        sublabels: [
          { id: 0, name: "head", type: "points" },
          { id: 1, name: "foot", type: "points", attributes: [colour] },
        ],
      },
      { id: 2, name: "box", type: "cuboid", attributes: [colour] },
    ]);
    const urls = { internalInvocationUrls: ["nuclio-helmets.cvat.svc.cluster.local:8080"] };
    expect(verdictOf(live(made, "ready", urls))).toEqual({ outcome: "listed", why: "" });
  });

  it("may be a project's labels as CVAT's editor shows them", async () => {
    const raw = [
      {
        ...{ name: "car", id: 57, color: "#fa32b7", type: "rectangle" },
        attributes: [{ ...colour, id: 3, mutable: false, default_value: "red" }],
      },
    ];
    expect((await read(raw)).problems).toEqual([]);
  });

  it.each<[string, unknown, RegExp]>([
    ["a skeleton without svg", [{ ...man, svg: undefined }], /labels\.json\[0\]\.svg: Is missing: CVAT's whole list/],
    ["a skeleton without sublabels", [{ ...man, sublabels: undefined }], /labels\.json\[0\]\.sublabels: Is missing/],
    ["a skeleton with no sublabel", [{ ...man, sublabels: [] }], /labels\.json\[0\]\.sublabels: Too small/],
    [
      "a skeleton in a skeleton",
      [{ ...man, sublabels: [{ name: "hand", type: "skeleton" }] }],
      /sublabels\[0\]\.type: Invalid option/,
    ],
    ["a drawing of what is no skeleton", [{ name: "car", svg: SVG }], /labels\.json\[0\]\.svg: Is of a skeleton alone/],
    ["a repeated name", ["car", { name: "car" }], /labels\.json\[1\]: `car` is there already/],
    [
      "a repeated part",
      [{ ...man, sublabels: [point("head"), point("head")] }],
      /sublabels\[1\]: `head` is there already/,
    ],
    [
      "a type in capitals",
      [{ name: "car", type: "Rectangle" }],
      /labels\.json\[0\]\.type: Invalid option: expected one of "any"/,
    ],
    [
      "two attributes of one name",
      [{ name: "car", attributes: [colour, colour] }],
      /attributes\[1\]: `colour` is there already/,
    ],
    [
      "an attribute without values",
      [{ name: "car", attributes: [{ ...colour, values: undefined }] }],
      /attributes\[0\]\.values: Is missing\. The values it may have/,
    ],
    [
      "an attribute's type in capitals",
      [{ name: "car", attributes: [{ ...colour, input_type: "Select" }] }],
      /attributes\[0\]\.input_type: Invalid option/,
    ],
    [
      "attributes that are null",
      [{ name: "car", attributes: null }],
      /labels\.json\[0\]\.attributes: Must be a list, not empty/,
    ],
    ["a label without name", [{ type: "mask" }], /labels\.json\[0\]\.name: Is missing\. Name of the label/],
    [
      "an unknown key",
      [{ name: "car", colour: "red" }],
      /labels\.json\[0\]\.colour: Unknown key\. Did you mean `color`/,
    ],
    ["a number", [5], /labels\.json\[0\]: Must be the name of a label, or a map/],
    ["no list", { car: {} }, /labels\.json: Must be a list, not a map of keys/],
    ["an empty list", [], /labels\.json: Too small/],
    ["what is no JSON", "[{ secret-text", /labels\.json is no JSON/],
    ["more than an annotation holds", [{ ...man, svg: "x".repeat(300_000) }], /labels\.json: Is 294 KiB long/],
  ])("is refused for %s, by key, file and place", async (_what, content, expected) => {
    const found = await said(content);
    expect(found).toEqual([expect.stringMatching(/^vision-platform:functions\.helmets\.labelsFile: /)]);
    expect(found.join()).toMatch(expected);
    expect(found.join()).not.toContain("secret-text");
  });

  it("says all that is wrong with it at once", async () => {
    expect(await said([{ ...man, svg: undefined }, { name: "man", type: "Mask" }, "man"])).toHaveLength(4);
  });

  it("is missed in the same run as what is wrong in the stack file", async () => {
    const functions = { helmets: entry({ labels: [], labelsFile: "functions/none.json", gpus: 1 }) };
    const { lab, problems } = await checkWithFiles({ sections: { functions }, path: "Pulumi.lab.yaml", keys: [] });
    expect(lab).toBeUndefined();
    expect(problems.map(({ path: key }) => key)).toEqual([
      "vision-platform:functions.helmets.gpus",
      "vision-platform:functions.helmets.labelsFile",
    ]);
    expect(problems[1]?.message).toMatch(/^functions\/none\.json cannot be read \(ENOENT\)/);
  });

  it("is missed by the program too, which plain pulumi runs", async () => {
    pulumi.runtime.setAllConfig({
      "vision-platform:functions": JSON.stringify({
        helmets: entry({ labels: [], labelsFile: "functions/none.json" }),
      }),
      "vision-platform:charts": JSON.stringify({ other: 1 }),
    });
    try {
      const message = await program().then(String, (error: unknown) => (error as Error).message);
      expect(message).toMatch(
        /has 2 problem\(s\):\n.*charts\.other: Unknown key.*\n.*helmets\.labelsFile: functions\/none/,
      );
    } finally {
      pulumi.runtime.setAllConfig({});
    }
  });

  it("of the example is fine", async () => {
    const functions = { helmets: entry({ labels: [], labelsFile: "functions/yolo11x/labels.json" }) };
    expect((await checkWithFiles({ sections: { functions }, path: "Pulumi.lab.yaml", keys: [] })).problems).toEqual([]);
  });
});

describe("labels in the stack file", () => {
  it("are held to the same", async () => {
    const functions = {
      helmets: entry({
        labels: [
          { ...man, svg: undefined },
          { name: "car", attributes: [{ name: "x" }] },
        ],
      }),
    };
    const { problems } = await checkWithFiles({ sections: { functions }, path: "Pulumi.lab.yaml", keys: [] });
    expect(problems.map(({ path: key }) => key.replace("vision-platform:functions.helmets.", "")).sort()).toEqual([
      "labels[0].svg",
      "labels[1].attributes[0].input_type",
      "labels[1].attributes[0].values",
    ]);
  });
});
