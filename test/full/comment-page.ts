import { readFileSync } from "node:fs";
import path from "node:path";
import MarkdownIt from "markdown-it";
import { PROJECT_FOLDER } from "../../automation/project.ts";
import { labGraph } from "../../automation/report/graph/lab-graph.ts";
import { planMarkdown } from "../../automation/report/plan-markdown.ts";
import { planReport } from "../../automation/report/plan-report.ts";
import { soundPlan } from "../../automation/stackfile/sound-plan.ts";
import { readStackFile, stackFilePath } from "../../automation/stackfile/stack-file.ts";
import { recorded } from "../fixtures/plans/recorded.ts";

const CSS = path.join(PROJECT_FOLDER, "node_modules/github-markdown-css/github-markdown-light.css");

/** The comment of a recorded plan of the example lab as a page, as GitHub shows it: one part of it is opened. */
export async function commentPage(name: string, opened: string): Promise<string> {
  const lab = labGraph(await soundPlan(await readStackFile(stackFilePath(PROJECT_FOLDER, "homelab"))));
  const markdown = planMarkdown(planReport({ stack: "homelab", ...recorded(name), warnings: [], lab }));
  const html = new MarkdownIt({ html: true, linkify: true }).render(markdown);
  const body = html.replace(`<details><summary>${opened}`, `<details open><summary>${opened}`);
  return `<!doctype html><meta charset="utf-8"><style>${readFileSync(CSS, "utf8")}
body { margin: 24px; background: #fff; }
.box { max-width: 860px; border: 1px solid #d1d9e0; border-radius: 6px; }
.head { padding: 8px 16px; background: #f6f8fa; border-bottom: 1px solid #d1d9e0; font: 14px sans-serif; color: #59636e; }
.markdown-body { padding: 16px; }
code.language-diff .add { background: #dafbe1; } code.language-diff .gone { background: #ffebe9; }
</style><div class="box"><div class="head"><b>github-actions</b> bot commented now</div><div class="markdown-body">${coloured(body)}</div></div>`;
}

/** Hosts colour the lines of a diff. */
function coloured(html: string): string {
  return html.replace(/<code class="language-diff">[^]*?<\/code>/g, (block) =>
    block
      .replace(/^((?:<code class="language-diff">)?)(\+.*)$/gm, '$1<span class="add">$2</span>')
      .replace(/^((?:<code class="language-diff">)?)(-.*)$/gm, '$1<span class="gone">$2</span>'),
  );
}
