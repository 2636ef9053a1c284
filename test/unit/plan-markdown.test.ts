import MarkdownIt from "markdown-it";
import { describe, expect, it } from "vitest";
import { planMarkdown } from "../../automation/report/plan-markdown.ts";
import { idOf } from "../../automation/report/graph/graph.ts";
import type { PlanReport } from "../../automation/report/plan-report.ts";

/** As hosts read a comment: with HTML, links of bare addresses and tables. */
const hosts = new MarkdownIt({ html: true, linkify: true });

const empty: PlanReport = {
  stack: "lab",
  verdict: "Routine: nothing changes.",
  findings: [],
  counts: {},
  unchanged: 3,
  waiting: [],
  restarts: [],
  images: [],
  charts: [],
  moved: [],
  objects: [],
  graph: undefined,
  fixes: [],
  warnings: [],
  failure: undefined,
};

/** A report with one text in every place that a chart, an object or a person fills. */
const filledWith = (text: string): PlanReport => ({
  ...empty,
  stack: text,
  findings: [
    { id: "x", severity: "careful", title: text, system: text, object: text, text },
    { id: "y", severity: "note", title: text, system: text, object: text, text },
  ],
  counts: { [text]: { update: 1 } },
  waiting: [{ object: text, until: [text] }],
  restarts: [text],
  images: [{ object: text, from: text, to: text }],
  charts: [{ chart: text, from: text, to: text }],
  moved: [{ object: text, from: text }],
  objects: [
    {
      system: text,
      kind: text,
      name: text,
      operation: "update",
      diff: { lines: [`-${text}`, `+${text}`], leftOut: 1 },
      until: [text],
    },
  ],
  graph: {
    nodes: [
      { id: idOf("bucket", text), shape: "store", lines: [text, text], frame: text, mark: "changed" },
      { id: "cvat", shape: "program", lines: [text], frame: undefined },
    ],
    edges: [{ from: "cvat", to: idOf("bucket", text), what: text }],
  },
  fixes: [{ chart: text, id: text, outcome: "applied", objects: [text], why: text, source: text }],
  warnings: [text],
  failure: text,
});

/** What a host makes of a report, without what it shows as code. */
const shown = (report: PlanReport) =>
  hosts.render(planMarkdown(report)).replace(/<pre><code[^]*?<\/code><\/pre>|<code>[^]*?<\/code>/g, "");

const HOSTILE = [
  "</details><script>alert(1)</script>",
  "```\n</details>\n# loud",
  "````````",
  "` `` ```",
  "@everyone and @team/lab",
  "#1 owner/repo#2 !3 $snippet GH-4 %milestone ~label",
  "[x](javascript:alert(1)) ![i](https://evil.example/p.png) https://evil.example www.evil.example a@evil.example",
  "| a | b |\n|---|---|",
  "<img src=x onerror=1> <!-- <b>",
  "\\`\\|\\<",
  "&lt;script&gt; &#60;b&#62;",
  "a\u2028b\u202Ec\u0000d\u200Be\rf",
  "* * *\n- [x] done\n> quote\n    code",
  "$$x$$ $`x`$ :smile: <https://evil.example>",
];

describe("a report as a comment", () => {
  it.each(HOSTILE)("shows %j as text wherever it stands", (text) => {
    const html = shown(filledWith(text));
    const tags = new Set([...html.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, tag]) => tag));
    const ours = [
      "h2",
      "h3",
      "p",
      "strong",
      "ul",
      "li",
      "table",
      "thead",
      "tbody",
      "tr",
      "th",
      "td",
      "details",
      "summary",
    ];
    expect([...tags].filter((tag) => !ours.includes(tag ?? ""))).toEqual([]);
    expect(html).not.toMatch(/<[^>]* (href|src|on\w+)=/i);
    expect(html.match(/<details>/g)?.length).toBe(html.match(/<\/details>/g)?.length);
    // By its number in the source, which nobody takes for a call.
    const source = planMarkdown(filledWith(text)).replace(/(`+)[^]*?[^`]\1(?!`)/g, "");
    expect(source).not.toMatch(/@\w|(^|\s)#\d|(^|\s)!\d/);
  });

  it("stays sound with any mixture of them", () => {
    const random = seeded(7);
    const pick = () => HOSTILE[Math.floor(random() * HOSTILE.length)] ?? "";
    for (let round = 0; round < 200; round++) {
      const text = [pick(), pick(), pick()].join(random() < 0.5 ? "" : "\n").slice(0, 20 + random() * 200);
      const html = shown(filledWith(text));
      expect(html.match(/<details>/g)?.length, text).toBe(html.match(/<\/details>/g)?.length);
      expect(html, text).not.toMatch(/<(script|img|a|b|h1|input|blockquote|hr)\b/i);
    }
  });

  it("fits, says what it left out, and closes what it opened", () => {
    const lines = Array.from({ length: 300 }, (_, at) => `+line ${at} of a long object`);
    const objects = Array.from({ length: 300 }, (_, at) => ({
      system: "CVAT",
      kind: "Deployment",
      name: `server-${at}`,
      operation: "update" as const,
      diff: { lines: lines.slice(0, at + 1), leftOut: 0 },
      until: [],
    }));
    const findings = Array.from({ length: 300 }, (_, at) => ({
      id: "claim-grows",
      severity: "careful" as const,
      title: "a volume grows",
      system: "CVAT",
      object: `PersistentVolumeClaim data-${at}`,
      text: "grows from 1Gi to 2Gi: a volume cannot shrink again",
    }));
    const report = { ...empty, verdict: "Careful: a volume grows.", objects, findings };
    const whole = planMarkdown(report, { characters: Infinity });
    expect(whole.length).toBeGreaterThan(1_000_000);
    for (const characters of [65_536, 20_000, 4_000]) {
      const text = planMarkdown(report, { characters, whole: "the artifact" });
      expect(text.length).toBeLessThanOrEqual(characters);
      expect(text).toContain("**Careful: a volume grows.**");
      expect(text).toMatch(/Left out, since a comment has no room for it: .+ All of it: the artifact\.\n$/);
      const html = hosts.render(text);
      expect(html.match(/<details>/g)?.length).toBe(html.match(/<\/details>/g)?.length);
      expect(text.match(/^```/gm)?.length ?? 0).toBe(2 * (text.match(/^<details>/gm)?.length ?? 0));
      expect(text.includes("data-0")).toBe(true);
    }
  });
});

/** Numbers from 0 to 1 that are the same in every run. (mulberry32) */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
