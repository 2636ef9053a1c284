import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labelsOf, projectNamed } from "../../automation/data/cvat/find.ts";
import type { CvatSpace } from "../../automation/data/cvat/space.ts";
import { apply, planApply } from "../../automation/data/projects/apply.ts";
import { readProjectFile } from "../../automation/data/projects/file.ts";
import { CvatClient } from "../../components/cvat/client/client.ts";
import { planLines } from "../../components/cvat/projects/plan-project.ts";
import { projectConfig } from "../../components/cvat/projects/project-config.ts";
import { UserError } from "../../components/program/errors.ts";
import { ADMIN, startCvat, storageBody, type TestCvat } from "../fixtures/cvat/stand-in.ts";

let cvat: TestCvat;
let space: CvatSpace;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-project-"));
  cvat = await startCvat();
  cvat.s3.buckets = { datasets: ["a/1.jpg"], cvat: [] };
  const client = new CvatClient({ endpoint: cvat.url, ...ADMIN });
  await client.post("organizations", { slug: "lab" });
  space = { client, organization: "lab" };
  await client.post("cloudstorages", storageBody(), { organization: "lab" });
});
afterAll(async () => {
  await cvat.end();
  await rm(folder, { recursive: true });
});

const STREET = {
  name: "street",
  targetStorage: "datasets",
  labels: [
    {
      name: "car",
      color: "#FF0000",
      type: "rectangle",
      attributes: [
        { name: "paint", values: ["red", "blue"], default: "blue" },
        { name: "parked", input: "checkbox" },
        { name: "speed", input: "number", values: ["0", "200", "10"], mutable: true },
        { name: "plate", input: "text" },
      ],
    },
    { name: "roof", type: "polygon" },
    {
      name: "man",
      type: "skeleton",
      points: [
        { name: "head", x: 50, y: 20 },
        { name: "foot", x: 50, y: 80, color: "#111111" },
      ],
      edges: [["head", "foot"]],
    },
  ],
};

const wanted = (changes: Record<string, unknown> = {}) =>
  projectConfig.parse({ ...structuredClone(STREET), ...changes });
const planned = async (changes?: Record<string, unknown>) => {
  const plan = await planApply(space, wanted(changes));
  return { plan, lines: planLines(plan.wanted, plan.plan) };
};
const applied = async (changes?: Record<string, unknown>) => {
  const { plan, lines } = await planned(changes);
  await apply(space, plan);
  return lines;
};
const live = async (name = "street") => labelsOf(space, { project_id: (await projectNamed(space, name)).id });
const refusal = async (work: Promise<unknown>) => {
  const error: unknown = await work.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
};

describe("a project of a file", () => {
  it("is made whole, and as wanted from then on", async () => {
    expect(await applied()).toEqual([
      "+ project street",
      "  + targetStorage: datasets",
      "  + car (rectangle, #ff0000, attribute paint, attribute parked, attribute speed, attribute plate)",
      "  + roof (polygon)",
      "  + man (skeleton, 2 points)",
    ]);
    expect(await applied()).toEqual(["Project street is as wanted."]);
    const [car, , man] = await live();
    expect(car?.attributes.map(({ input_type, values }) => [input_type, values])).toEqual([
      ["select", ["red", "blue"]],
      ["checkbox", ["false"]],
      ["number", ["0", "200", "10"]],
      // None at all come back as one that is empty, of a real CVAT too.
      ["text", [""]],
    ]);
    expect(man?.svg).toContain(`data-label-id="${man?.sublabels[0]?.id}"`);
    expect(man?.svg).toContain(
      '<line x1="50" y1="20" x2="50" y2="80" data-type="edge" data-node-from="1" data-node-to="2">',
    );
    expect((await projectNamed(space, "street")).target_storage?.location).toBe("cloud_storage");
  });

  it("is renamed label by label, with number and colour, changed in one call, and says what", async () => {
    const before = await live();
    const [car, roof, man] = wanted().labels;
    const labels = [
      {
        ...car,
        color: undefined,
        name: "vehicle",
        was: "car",
        attributes: [
          { name: "colour", was: "paint", values: ["red", "green"] },
          { name: "parked", input: "checkbox", default: "true" },
          ...(car?.attributes ?? []).slice(2),
          { name: "doors", input: "number", values: ["2", "5", "1"] },
        ],
      },
      { ...roof, color: "#00ff00", type: "mask" },
      man,
      { name: "tree" },
    ];
    const changes = { labels, targetStorage: "local" };
    expect(await applied(changes)).toEqual([
      "~ project street",
      "  ~ targetStorage: datasets -> local",
      "  ~ vehicle: was car; attribute colour was paint; attribute parked: values false -> true, default false -> true; attribute doors is new",
      `  ~ roof: type polygon -> mask; colour ${before[1]?.color} -> #00ff00`,
      "  + tree (any)",
    ]);
    expect(await applied(changes)).toEqual(["Project street is as wanted."]);
    const [vehicle] = await live();
    expect(vehicle).toMatchObject({ id: before[0]?.id, name: "vehicle", color: "#ff0000" });
    expect(vehicle?.attributes[0]).toMatchObject({
      id: before[0]?.attributes[0]?.id,
      name: "colour",
      default_value: "red",
    });
  });

  it("loses labels without annotations, and tells those that have some", async () => {
    await applied({ name: "tree", labels: [{ name: "oak" }, { name: "elm" }] });
    const [oak] = await live("tree");
    const { plan, lines } = await planned({ name: "tree", labels: [{ name: "fir" }] });
    expect(lines.slice(-3)).toEqual(["  - oak", "  - elm", "  + fir (any)"]);
    expect(plan.losing).toEqual([]);
    await apply(space, plan);
    expect((await live("tree")).map(({ name }) => name)).toEqual(["fir"]);
    expect(oak).toBeDefined();
  });

  it("is refused what CVAT cannot do, all of it at once", async () => {
    await applied({ name: "stuck" });
    const [car, roof, man] = wanted().labels;
    const labels = [
      { ...car, attributes: car?.attributes.slice(1) },
      { ...roof, type: "skeleton", points: man?.points },
      { ...man, points: man?.points.slice(1), edges: [] },
    ];
    expect((await refusal(planned({ name: "stuck", labels, sourceStorage: "nowhere" }))).split("\n")).toEqual([
      "sourceStorage: CVAT has no cloud storage nowhere here. It has: local, datasets.",
      "CVAT cannot take the attribute paint off the label car. Leave it in, or give the label another name.",
      "Label roof is of type polygon, and CVAT makes no other type a skeleton or a skeleton another. Give it another name.",
      "Skeleton man has the points foot, head, and CVAT changes none of them afterwards. Give it another name.",
    ]);
    await applied({ name: "merge", labels: [{ name: "a" }, { name: "b" }] });
    expect(await refusal(planned({ name: "merge", labels: [{ name: "a", was: "b" }] }))).toMatch(
      /CVAT cannot make one of two labels/,
    );
  });

  it("is not made twice by a connection that drops", async () => {
    await cvat.order({ faults: [{ call: "POST projects", kind: "drop-after" }] });
    await applied({ name: "once" });
    expect(cvat.store.state.projects.filter(({ name }) => name === "once")).toHaveLength(1);
    await cvat.order({ faults: [{ call: "PATCH projects/*", kind: "drop-after" }] });
    await applied({ name: "once", labels: [...wanted().labels, { name: "more" }] }).catch(() => undefined);
    expect((await live("once")).filter(({ name }) => name === "more")).toHaveLength(1);
  });
});

describe("the file", () => {
  const read = async (text: string) => {
    const file = path.join(folder, "street.yaml");
    await writeFile(file, text);
    return (await refusal(readProjectFile(file))).replaceAll(file, "street.yaml").split("\n");
  };

  it("has all its problems told by their lines", async () => {
    const lines = await read(
      [
        "name: street",
        "colour: red",
        "labels:",
        "  - name: car",
        "    color: red",
        "  - name: ' bus'",
        "    type: box",
        "    attributes:",
        "      - name: paint",
        "        input: 7",
      ].join("\n"),
    );
    expect(lines[0]).toBe("street.yaml has 5 problem(s):");
    expect(lines.slice(1).map((line) => /^ {2}line (\d+): (\S+):/.exec(line)?.slice(1))).toEqual([
      ["2", "colour"],
      ["5", "labels[0].color"],
      ["6", "labels[1].name"],
      ["7", "labels[1].type"],
      ["10", "labels[1].attributes[0].input"],
    ]);
  });

  it("has the problems of keys with each other told by their lines", async () => {
    const lines = await read(
      [
        "name: street",
        "labels:",
        "  - name: car",
        "    was: bus",
        "    attributes:",
        "      - { name: paint, values: [red], default: blue }",
        "      - { name: speed, input: number, values: ['5', '1', '1'] }",
        "      - { name: box, input: checkbox, default: 'yes' }",
        "  - { name: bus, points: [{ name: head, x: 1, y: 1 }] }",
        "  - { name: man, type: skeleton, points: [{ name: head, x: 1, y: 1 }], edges: [[head, foot]] }",
        "  - name: bus",
      ].join("\n"),
    );
    expect(lines.slice(1).map((line) => /^ {2}line (\d+):/.exec(line)?.[1])).toEqual([
      "4",
      "6",
      "7",
      "8",
      "9",
      "10",
      "11",
    ]);
  });

  it("is no YAML, or not there", async () => {
    expect((await read("name: [street"))[1]).toMatch(/^ {2}line \d+: /);
    expect(await refusal(readProjectFile(path.join(folder, "none.yaml")))).toMatch(/cannot be read/);
  });
});
