import { openUserStack } from "../engine/door.ts";
import { runEngine, type Seen } from "../engine/run.ts";
import { streamProgress } from "../progress.ts";
import { findingsIn } from "../report/findings/finding.ts";
import { FINDING_ROWS } from "../report/findings/rows.ts";
import { labGraph } from "../report/graph/lab-graph.ts";
import { marked } from "../report/graph/marked.ts";
import { mermaidText } from "../report/graph/mermaid.ts";
import { soundPlan } from "../stackfile/sound-plan.ts";
import { readStackFile, stackFilePath } from "../stackfile/stack-file.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface GraphFlags extends StackFlags {
  plan?: true;
}

/** The lab of a stack file as a picture; with `--plan` a preview says what becomes of its parts. */
export async function graph({ stack, folder, json, plan: looks }: GraphFlags): Promise<void> {
  const found = looks
    ? await previewed(stack, folder)
    : labGraph(await soundPlan(await readStackFile(stackFilePath(folder, stack))));
  print({ stack, ...found }, mermaidText(found).trimEnd(), json);
}

async function previewed(name: string, folder: string) {
  const progress = streamProgress();
  const { stack, plan } = await openUserStack({ stack: name, folder, create: true, progress });
  let seen: Seen | undefined;
  await runEngine(stack, "preview", { progress, seen: (all) => (seen = all) });
  if (seen === undefined) return labGraph(plan);
  return marked(labGraph(plan), seen.steps, findingsIn(seen, FINDING_ROWS));
}
