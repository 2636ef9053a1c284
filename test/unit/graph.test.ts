import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { findingsIn } from "../../automation/report/findings/finding.ts";
import { FINDING_ROWS } from "../../automation/report/findings/rows.ts";
import { idOf, type LabGraph } from "../../automation/report/graph/graph.ts";
import { labGraph } from "../../automation/report/graph/lab-graph.ts";
import { marked } from "../../automation/report/graph/marked.ts";
import { mermaidText } from "../../automation/report/graph/mermaid.ts";
import { placeOf } from "../../automation/report/graph/places.ts";
import { soundPlan } from "../../automation/stackfile/sound-plan.ts";
import { readStackFile, stackFilePath } from "../../automation/stackfile/stack-file.ts";
import { recorded } from "../fixtures/plans/recorded.ts";
import { SCENARIOS } from "../fixtures/plans/scenarios.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

const graphOf = async (stack: string) => labGraph(await soundPlan(await readStackFile(stackFilePath(ROOT, stack))));

let homelab: LabGraph;
beforeAll(async () => {
  homelab = await graphOf("homelab");
});

const ways = ({ nodes, edges }: LabGraph) => {
  const name = (id: string) => nodes.find((node) => node.id === id)?.lines[0] ?? expect.fail(`nothing is ${id}`);
  return edges.map(({ from, to, what }) => `${name(from)} > ${name(to)}: ${what}`);
};

describe("the graph of a lab", () => {
  it("has what goes where, from people to buckets", () => {
    expect(ways(homelab)).toEqual(
      expect.arrayContaining([
        "People of CVAT > Traefik: annotate",
        "datasets > Server and UI: reads",
        "Agent > clearml: reads and writes",
        "models > yolo11x: reads",
        "Nuclio > sam: calls",
      ]),
    );
    expect(ways(homelab)).not.toContain("models > sam: reads");
  });

  it("leads from and to parts that are there, in each example", async () => {
    for (const stack of ["homelab", "small"]) {
      const { nodes, edges } = await graphOf(stack);
      const ids = nodes.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(edges.flatMap(({ from, to }) => [from, to]).filter((id) => !ids.includes(id))).toEqual([]);
    }
  });

  it("has an id of its own for each name", () => {
    const names = ["a-b", "a_b", "a.b", "a b", "A", "a", "ä", "end", "a_2d_b"];
    expect(new Set(names.map((name) => idOf("bucket", name))).size).toBe(names.length);
    for (const name of names) expect(idOf("bucket", name)).toMatch(/^[a-zA-Z0-9_]+$/);
  });

  it("is README's picture", () => {
    expect(readFileSync(path.join(ROOT, "README.md"), "utf8")).toContain(
      `\`\`\`mermaid\n${mermaidText(homelab)}\`\`\``,
    );
  });
});

describe("the graph with what a recorded plan changes", () => {
  const marks = (name: string) => {
    const seen = recorded(name);
    return Object.fromEntries(
      marked(homelab, seen.steps, findingsIn(seen, FINDING_ROWS)).nodes.flatMap(({ id, mark }) =>
        mark ? [[id, mark]] : [],
      ),
    );
  };

  it.each<[string, Record<string, string>]>([
    ["nothing", {}],
    ["more workers", { cvat_workers: "changed" }],
    ["a volume grows", { cvat_data: "careful" }],
    ["one bucket more", { bucket_archive: "added", minio: "changed" }],
    ["another address", { clearml: "careful" }],
    ["another key of the store for functions", { minio: "careful", function_yolo11x: "careful" }],
  ])("%s", (name, expected) => {
    expect(marks(name)).toEqual(expected);
  });

  it("keeps a part that goes in the picture, though the stack file has it no more", () => {
    const { nodes, ...rest } = homelab;
    const without = { ...rest, nodes: nodes.filter(({ id }) => id !== "clearml_agent") };
    const found = marked(without, recorded("no agent").steps, []).nodes.find(({ id }) => id === "clearml_agent");
    expect(found).toMatchObject({ mark: "removed", frame: "ClearML" });
  });

  it("has a part for whatever changes in a system", () => {
    const lost = Object.keys(SCENARIOS).flatMap((name) =>
      recorded(name)
        .steps.filter((step) => placeOf(step).id === "lab" && step.system !== "lab")
        .map(({ kind, short }) => `${name}: ${kind} ${short}`),
    );
    expect(lost).toEqual([]);
  });
});
