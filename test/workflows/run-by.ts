import path from "node:path";
import { expect } from "vitest";
import type { RanJob } from "./runner.ts";
import { readWorkflow, titleOf } from "./workflow.ts";

const GITHUB = ".github/workflows";
const FORGEJO = "docs/ci/forgejo";

/** Which test runs the scripts of which jobs. */
export const RUN_BY: Readonly<Record<string, readonly string[]>> = {
  "test/contract/workflow-comment.test.ts": [`${GITHUB}/preview-comment.yml comment`],
  "test/contract/workflow-deploy.test.ts": [
    `${GITHUB}/preview.yml rehearsal`,
    `${GITHUB}/preview.yml lab`,
    `${GITHUB}/deploy.yml reviewed`,
    `${GITHUB}/deploy.yml approved`,
    `${GITHUB}/deploy.yml by-hand`,
    `${GITHUB}/drift.yml drift`,
    `${GITHUB}/newest.yml newest`,
  ],
  "test/full/workflow-forgejo.test.ts": [
    `${FORGEJO}/preview.yml rehearsal`,
    `${FORGEJO}/preview.yml lab`,
    `${FORGEJO}/deploy.yml reviewed`,
    `${FORGEJO}/deploy.yml by-hand`,
    `${FORGEJO}/drift.yml drift`,
    `${FORGEJO}/newest.yml newest`,
  ],
};

/** Fails unless each script of the jobs that are this test's was run in one of these, to its end or not. */
export function everyScriptHasRun(test: string, ran: Readonly<Record<string, readonly RanJob[]>>): void {
  const missing = (RUN_BY[test] ?? []).flatMap((job) => {
    const [file = "", name = ""] = job.split(" ");
    const done = (ran[`${path.basename(file)} ${name}`] ?? []).flatMap(({ steps }) =>
      steps.filter(({ outcome }) => outcome !== "skipped").map(({ title }) => title),
    );
    const steps = readWorkflow(file).jobs[name]?.steps ?? [];
    return steps
      .filter(({ run }) => run !== undefined)
      .map(titleOf)
      .filter((title) => !done.includes(title))
      .map((title) => `${job}: ${title}`);
  });
  expect(missing).toEqual([]);
}
