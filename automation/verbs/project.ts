import { isUnchanged, planLines } from "../../components/cvat/projects/plan-project.ts";
import { UserError } from "../../components/program/errors.ts";
import { inDataLab } from "../data/connect/run.ts";
import { apply, isApplied, planApply } from "../data/projects/apply.ts";
import { readProjectFile } from "../data/projects/file.ts";
import { streamProgress } from "../progress.ts";
import type { DataStackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface ApplyFlags extends DataStackFlags {
  dryRun?: true;
  force?: true;
}

/** Makes a project of CVAT what a file says. */
export async function applyFile(file: string, { json, dryRun, force, ...flags }: ApplyFlags): Promise<void> {
  const wanted = await readProjectFile(file);
  const progress = streamProgress();
  await inDataLab(flags, progress, async (lab, _signal, stands) => {
    stands("Nothing was changed.");
    const own = await lab.organization();
    const { projects, organizations } = lab.plan.lab.cvat;
    const first = organizations[0]?.slug ?? "";
    const declared = projects.some(({ name, organization = first }) => name === wanted.name && organization === own);
    if (declared && !dryRun)
      throw new UserError(
        `Project ${wanted.name} stands in the stack file, so the next up would take this back: change it there (vision-platform:cvat.projects) and run up.`,
        { exitCode: 2 },
      );
    const space = await lab.space();
    const planned = await progress.task(`Comparing project ${wanted.name}`, (task) =>
      planApply(space, wanted, (text) => task.update(text)),
    );
    const { plan, losing } = planned;
    const lines = [
      ...planLines(wanted, plan),
      ...losing.map((label) => `  ! label ${label} goes, and its annotations with it`),
    ];
    const report = { project: wanted.name, isNew: plan.isNew, changes: lines.slice(1), losing };
    if (losing.length > 0 && !force && !dryRun)
      throw new UserError(
        [
          ...lines,
          `Nothing is changed: ${losing.join(", ")} would go. Export them first, keep the label in ${file}, give its new name with \`was\`, or say --force.`,
        ].join("\n"),
      );
    if (dryRun || isUnchanged(plan)) {
      print({ ...report, applied: false }, lines.join("\n"), json);
      return;
    }
    progress.line(lines.join("\n"));
    const clearing = { ...space, client: await lab.cvat({ signal: null }) };
    stands(async () =>
      (await isApplied(clearing, wanted)) ? `Project ${wanted.name} is as wanted.` : "Nothing was changed.",
    );
    await progress.task(`Applying ${file}`, () => apply(space, planned));
    print({ ...report, applied: true }, `Project ${wanted.name} is ${plan.isNew ? "made" : "changed"}.`, json);
  });
}
