import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import type { Seen } from "../../automation/engine/run.ts";
import { labGraph } from "../../automation/report/graph/lab-graph.ts";
import { planMarkdown } from "../../automation/report/plan-markdown.ts";
import { planReport } from "../../automation/report/plan-report.ts";
import { soundPlan } from "../../automation/stackfile/sound-plan.ts";
import { readStackFile, stackFilePath } from "../../automation/stackfile/stack-file.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const PLANS = path.join(ROOT, "test/fixtures/plans");

/** What a reviewer reads of previews of the example lab. Recorded anew (record.ts) or worded anew, the difference is for a person to look at. */
it.each(["nothing", "a volume grows", "an image", "one bucket more", "another address", "no agent"])(
  "of %s",
  async (name) => {
    const seen = JSON.parse(gunzipSync(readFileSync(path.join(PLANS, `${name}.json.gz`))).toString()) as Seen;
    const lab = labGraph(await soundPlan(await readStackFile(stackFilePath(ROOT, "homelab"))));
    const report = planReport({ stack: "homelab", ...seen, warnings: [], lab });
    await expect(planMarkdown(report)).toMatchFileSnapshot(path.join(PLANS, "reports", `${name}.md`));
  },
);
