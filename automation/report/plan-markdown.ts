import { inCode, inFence, inText } from "./escaped.ts";
import { objectsText, sorted } from "./ledger.ts";
import { MARKS } from "./marks.ts";
import { mermaidText } from "./graph/mermaid.ts";
import type { Finding } from "./findings/finding.ts";
import { comparedText } from "./compared.ts";
import { fitting, type Block } from "./fitting.ts";
import { listed } from "./listed.ts";
import type { ObjectReport, PlanReport } from "./plan-report.ts";
import type { Waiting } from "./waits.ts";

/** As much as a comment takes on GitHub; Gitea, Forgejo and GitLab take more. (pull-requests.md, 1) */
export const COMMENT_CHARACTERS = 65_536;
/** What `comment` says around it: whose it is, and of which run. */
const AROUND = 1_000;

export interface MarkdownOptions {
  /** How many characters it may have. Default: what a comment of any host takes, with what `comment` says around it. */
  characters?: number;
  /** Where all of it is, for what is left out: `the artifact preview.json`. Default: the same verb with `--report-format json`. */
  whole?: string;
}

const WHOLE = "`preview --report FILE --report-format json`";

/** A report as a comment: the verdict first, what can be spared last. */
export function planMarkdown(
  report: PlanReport,
  { characters = COMMENT_CHARACTERS - AROUND, whole = WHOLE }: MarkdownOptions = {},
): string {
  const blocks: Block[] = [
    { text: `## Preview of ${inText(report.stack)}\n\n**${inText(report.verdict)}**`, worth: "must" },
    ...compared(report),
    ...failure(report),
    ...findings(report),
    ...counts(report),
    ...listed("Restarts", report.restarts, (one) => `- ${inCode(one)}`, 6),
    ...listed("Known after up whether they change", report.waiting, waitingLine, 4),
    ...versions(report),
    ...listed("Moved or renamed", report.moved, ({ object, from }) => `- ${inCode(object)} was ${inCode(from)}`, 5),
    ...picture(report),
    ...report.objects.map(object),
    ...fixes(report),
    ...listed("Warnings", report.warnings, (warning) => `- ${inText(warning)}`, 7),
  ];
  return `${fitting(blocks, { characters, whole })}\n`;
}

function compared({ compared: what }: PlanReport): Block[] {
  if (what === undefined) return [];
  return [{ text: comparedText(what).map(inText).join("\n\n"), what: "what was compared", worth: 9 }];
}

function failure({ failure: why }: PlanReport): Block[] {
  if (why === undefined) return [];
  return [{ text: `### Why it failed\n\n${inFence(why.split("\n"), "text")}`, what: "why it failed", worth: 9 }];
}

function findings({ findings: all }: PlanReport): Block[] {
  const of = (wanted: Finding["severity"]) => all.filter(({ severity }) => severity === wanted);
  return [...listed("Careful", of("careful"), findingLine, 8), ...listed("To know", of("note"), findingLine, 4)];
}

const findingLine = ({ object: name, system, text }: Finding) =>
  `- ${inCode(name)} (${inText(system)}) ${inText(text)}`;

const waitingLine = ({ object: name, until }: Waiting) =>
  `- ${inCode(name)}${until.length === 0 ? "" : `: ${untilText(until)}`}`;

const untilText = (until: readonly string[]) => `waits for ${until.map(inCode).join(", ")}`;

function counts({ counts: systems, unchanged }: PlanReport): Block[] {
  const names = Object.keys(systems);
  if (names.length === 0) return [];
  const rows = names.map((system) => {
    const own = Object.entries(systems[system] ?? {}).map(([operation, count]) => `${count} to ${operation}`);
    return `| ${inText(system)} | ${own.join(", ")} |`;
  });
  const table = ["| system | objects |", "| --- | --- |", ...rows].join("\n");
  return [{ text: `${table}\n\n${unchanged} stay as they are.`, what: "the counts", worth: 9 }];
}

function versions({ images, charts }: PlanReport): Block[] {
  const moves = [
    ...charts.map(({ chart, ...move }) => ({ what: `chart ${chart}`, ...move })),
    ...images.map(({ object: name, ...move }) => ({ what: name, ...move })),
  ];
  if (moves.length === 0) return [];
  const rows = moves.map(({ what, from, to }) => `| ${inCode(what)} | ${inCode(from)} | ${inCode(to)} |`);
  const text = ["### Charts and images", "", "| what | from | to |", "| --- | --- | --- |", ...rows].join("\n");
  return [{ text, what: "charts and images", worth: 6 }];
}

/** Hosts draw such a block. */
function picture({ graph }: PlanReport): Block[] {
  if (graph === undefined) return [];
  const body = inFence(mermaidText(graph).trimEnd().split("\n"), "mermaid");
  const text = `<details><summary>The lab, with what changes marked</summary>\n\n${body}\n\n</details>`;
  return [{ text, what: "the picture of the lab", worth: 3.5 }];
}

function object({ system, kind, name, operation, diff, until }: ObjectReport): Block {
  const left = diff.leftOut > 0 ? ` (${diff.leftOut} differences without a meaning left out)` : "";
  const head = `${MARKS[operation]} ${operation} ${kind} ${name}`;
  // A summary is HTML: no mark of Markdown is read in it, and no name is called.
  const summary = `<summary>${inText(head)} · ${inText(system)}${left}</summary>`;
  const waits = until.length === 0 ? "" : `What is known after up ${untilText(until)}.\n\n`;
  const body = diff.lines.length > 0 ? inFence(diff.lines, "diff") : "It differs in nothing that is shown.";
  return {
    text: `<details>${summary}\n\n${waits}${body}\n\n</details>`,
    what: `${kind} ${name}`,
    worth: worthOf(diff.lines.length),
  };
}

/** What is long is spared first: its first lines are what a person reads. */
const worthOf = (lines: number) => (lines > 200 ? 1 : lines > 40 ? 2 : 3);

function fixes({ fixes: rows }: PlanReport): Block[] {
  if (rows.length === 0) return [];
  const lines = sorted(rows).map(
    ({ chart, id, outcome, objects, why }) =>
      `| ${inText(chart)} | ${inCode(id)} | ${outcome} | ${inText(objectsText(objects))} | ${inText(why)} |`,
  );
  const table = ["| chart | fix | outcome | objects | why |", "| --- | --- | --- | --- | --- |", ...lines].join("\n");
  return [{ text: `<details><summary>Fixes</summary>\n\n${table}\n\n</details>`, what: "the fixes", worth: 2 }];
}
