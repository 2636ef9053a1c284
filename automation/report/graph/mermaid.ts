import type { GraphNode, LabGraph, Mark, Shape } from "./graph.ts";

/** How a label is held, by what the part is. (mermaid: flowchart, node shapes) */
const SHAPES: Readonly<Record<Shape, readonly [string, string]>> = {
  people: ["([", "])"],
  address: ["{{", "}}"],
  program: ["[", "]"],
  store: ["[(", ")]"],
};

/** Colours that can be read on a light page and on a dark one. */
const LOOKS: Readonly<Record<Mark, string>> = {
  added: "stroke:#1a7f37,stroke-width:3px",
  changed: "stroke:#0969da,stroke-width:3px",
  removed: "stroke:#cf222e,stroke-width:3px,stroke-dasharray:6 4",
  careful: "stroke:#d4a72c,stroke-width:5px",
};

/** The graph as Mermaid draws it. */
export function mermaidText({ nodes, edges }: LabGraph): string {
  const frames = [...new Set(nodes.flatMap(({ frame }) => frame ?? []))];
  const there = new Set(nodes.map(({ id }) => id));
  const marks = [...new Set(nodes.flatMap(({ mark }) => mark ?? []))];
  return [
    "flowchart LR",
    ...nodes.filter(({ frame }) => frame === undefined).map((node) => `  ${nodeText(node)}`),
    ...frames.flatMap((frame, at) => [
      `  subgraph frame${at}["${escaped(frame)}"]`,
      ...nodes.filter((node) => node.frame === frame).map((node) => `    ${nodeText(node)}`),
      "  end",
    ]),
    ...edges
      .filter(({ from, to }) => there.has(from) && there.has(to))
      .map(({ from, to, what }) => `  ${from} -->${what === "" ? "" : `|"${escaped(what)}"|`} ${to}`),
    ...marks.map((mark) => `  classDef ${mark} ${LOOKS[mark]}`),
    "",
  ].join("\n");
}

function nodeText({ id, shape, lines, mark }: GraphNode): string {
  const [open, close] = SHAPES[shape];
  return `${id}${open}"${lines.map(escaped).join("<br>")}"${close}${mark ? `:::${mark}` : ""}`;
}

/** Text within quotes: what would end them, begin a tag, a list or an entity, or a line of Mermaid's own, stands there by its number. */
function escaped(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu, "")
    .replace(/[^\p{L}\p{N} ,.:/+()×_-]|^[-+]|(?<=^\d+)[.)](?=\s)/gu, (mark) => `#${mark.codePointAt(0) ?? 0};`);
}
