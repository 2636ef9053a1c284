import { openUserStack } from "../engine/door.ts";
import { streamProgress } from "../progress.ts";
import { reportPlace } from "../report/file.ts";
import type { StackFlags } from "./flags.ts";
import { showPreview, type ShowFlags } from "./shown-preview.ts";

export interface PreviewFlags extends StackFlags, ShowFlags {}

/** What `up` would change, object by object. */
export async function preview(flags: PreviewFlags): Promise<void> {
  const { stack: name, folder, report } = flags;
  const progress = streamProgress();
  if (report) await reportPlace(report);
  const { stack, plan, file } = await openUserStack({ stack: name, folder, create: true, progress });
  await showPreview({ name, stack, plan, file, progress }, flags);
}
