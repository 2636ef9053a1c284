import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { idOf, type LabGraph, type Shape } from "../../automation/report/graph/graph.ts";
import { labGraph } from "../../automation/report/graph/lab-graph.ts";
import { mermaidText } from "../../automation/report/graph/mermaid.ts";
import { planMarkdown } from "../../automation/report/plan-markdown.ts";
import { planReport } from "../../automation/report/plan-report.ts";
import { PROJECT_FOLDER } from "../../automation/project.ts";
import { soundPlan } from "../../automation/stackfile/sound-plan.ts";
import { readStackFile, stackFilePath } from "../../automation/stackfile/stack-file.ts";
import { recorded } from "../fixtures/plans/recorded.ts";
import { rendered } from "./browser.ts";

const MERMAID = path.join(PROJECT_FOLDER, "node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js");
const html = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** What Mermaid draws of a text, as hosts have it draw: strictly, so that nothing in a label becomes markup of the page. */
async function drawn(text: string): Promise<string> {
  const page = `<!doctype html><meta charset="utf-8"><pre class="mermaid">${html(text)}</pre>
<script src="${pathToFileURL(MERMAID).href}"></script>
<script>mermaid.initialize({ startOnLoad: true, securityLevel: "strict" });</script>`;
  const dom = await rendered(page);
  return /<pre class="mermaid"[^]*<\/pre>/.exec(dom)?.[0] ?? expect.fail(dom.slice(-2_000));
}

/** The words in a picture. */
const words = (picture: string) =>
  picture
    .replace(/<style[^]*?<\/style>/g, "")
    .replace(/<[^>]+>/g, " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replace(/\s+/g, " ");

const parts = (picture: string) => picture.match(/class="node [^"]*"/g)?.length ?? 0;

let homelab: LabGraph;
beforeAll(async () => {
  homelab = labGraph(await soundPlan(await readStackFile(stackFilePath(PROJECT_FOLDER, "homelab"))));
});

describe("the graph in a browser", () => {
  it("is drawn with every part and every way", async () => {
    const picture = await drawn(mermaidText(homelab));
    expect(words(picture)).not.toContain("Syntax error");
    expect(parts(picture)).toBe(homelab.nodes.length);
    for (const { lines } of homelab.nodes) for (const line of lines) expect(words(picture)).toContain(line);
    for (const { what } of homelab.edges) expect(words(picture)).toContain(what);
  });

  it.each<string>([
    '"] --> evil["x',
    "</text><script>document.title='owned'</script>",
    "#quot;#35; &amp; `code` **b** _i_ $$x$$",
    "1. one\n- two\nend",
    "%%{init: {'theme':'dark'}}%%",
    "click cvat call alert()",
    ":::changed {{ }} (( )) [/ /] |a|",
    "markdown `**x**` ; x --> y",
  ])("shows %j as text wherever it stands", async (text) => {
    const shapes: Shape[] = ["people", "address", "program", "store"];
    const nodes = shapes.map((shape) => ({ id: idOf(shape, text), shape, lines: [text, text], frame: text }));
    const [from = "", to = ""] = nodes.map(({ id }) => id);
    const picture = await drawn(mermaidText({ nodes, edges: [{ from, to, what: text }] }));
    expect(words(picture)).not.toContain("Syntax error");
    expect(parts(picture)).toBe(nodes.length);
    expect(words(picture)).toContain(text.replace(/\s+/g, " "));
    expect(picture).not.toMatch(/<script|<a |onclick/);
  });

  it("is drawn from the block in docs/data.md, with every verb of the loop", async () => {
    const page = await readFile(path.join(PROJECT_FOLDER, "docs/data.md"), "utf8");
    const [, block = ""] = /```mermaid\n([^]*?)```/.exec(page) ?? [];
    const picture = words(await drawn(block));
    expect(picture).not.toContain("Syntax error");
    const verbs = ["push", "check", "manifest"].map((one) => `dataset ${one}`);
    for (const verb of [...verbs, "task create", "task annotate", "annotations export"])
      expect(picture).toContain(verb);
  });

  it("is drawn from the block in a report of a real plan, with what changes marked", async () => {
    const markdown = planMarkdown(
      planReport({ stack: "homelab", ...recorded("no analytics"), warnings: [], lab: homelab }),
    );
    const [, block = ""] = /```mermaid\n([^]*?)```/.exec(markdown) ?? [];
    const picture = await drawn(block);
    expect(parts(picture)).toBe(homelab.nodes.length);
    expect(picture).toMatch(/class="node [^"]*\bcareful\b/);
    expect(picture).toMatch(/class="node [^"]*\bchanged\b/);
  });
});
