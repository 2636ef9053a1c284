import path from "node:path";
import { expect, it } from "vitest";
import { labGraph } from "../../automation/report/graph/lab-graph.ts";
import { planMarkdown } from "../../automation/report/plan-markdown.ts";
import { planReport } from "../../automation/report/plan-report.ts";
import { soundPlan } from "../../automation/stackfile/sound-plan.ts";
import { readStackFile, stackFilePath } from "../../automation/stackfile/stack-file.ts";
import { recorded } from "../fixtures/plans/recorded.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const PLANS = path.join(ROOT, "test/fixtures/plans");

/** What a reviewer reads of previews of the example lab. Recorded anew (record.ts) or worded anew, the difference is for a person to look at. */
it.each(["nothing", "a volume grows", "an image", "one bucket more", "another address", "one user more", "no agent"])(
  "of %s",
  async (name) => {
    const lab = labGraph(await soundPlan(await readStackFile(stackFilePath(ROOT, "homelab"))));
    const report = planReport({ stack: "homelab", ...recorded(name), warnings: [], lab });
    await expect(planMarkdown(report)).toMatchFileSnapshot(path.join(PLANS, "reports", `${name}.md`));
  },
);
