import { openUserStack } from "../engine/door.ts";
import { planSaver } from "../plan/save.ts";
import { streamProgress } from "../progress.ts";
import { reportPlace } from "../report/file.ts";
import type { StackFlags } from "./flags.ts";
import { showPreview, type ShowFlags } from "./shown-preview.ts";

export interface PreviewFlags extends StackFlags, ShowFlags {
  /** Where the plan goes that `up --plan` takes. Default: none is saved. */
  savePlan?: string;
}

/** What `up` would change, object by object. */
export async function preview(flags: PreviewFlags): Promise<void> {
  const { stack: name, folder, report, savePlan } = flags;
  const progress = streamProgress();
  if (report) await reportPlace(report);
  if (savePlan) await reportPlace(savePlan, "--save-plan");
  const opened = await openUserStack({ stack: name, folder, create: true, progress });
  const saver = savePlan ? await planSaver(opened, { folder, file: savePlan }) : undefined;
  await showPreview({ name, ...opened, progress, saver }, flags).catch(async (error: unknown) => {
    throw saver ? await saver.unsaved(error) : error;
  });
}
