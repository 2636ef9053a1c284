import type { StepName } from "./names.ts";
import type { Step } from "./step.ts";
import { accessToken } from "./steps/access-token.ts";
import { annotate } from "./steps/annotate.ts";
import { earlier } from "./steps/earlier.ts";
import { edge } from "./steps/edge.ts";
import { event } from "./steps/event.ts";
import { exportCoco, exportImages } from "./steps/export.ts";
import { frame } from "./steps/frame.ts";
import { takeIn } from "./steps/import.ts";
import { policy } from "./steps/policy.ts";
import { signIn } from "./steps/sign-in.ts";
import { task } from "./steps/task.ts";
import { tokenLifetime } from "./steps/token-lifetime.ts";
import { upload } from "./steps/upload.ts";

/** All of a run, each after those it needs. What it has made is removed afterwards, whatever became of it. */
export const STEPS: readonly Step[] = [
  ...[
    signIn,
    edge,
    tokenLifetime,
    policy,
    accessToken,
    earlier,
    task,
    upload,
    takeIn,
    frame,
    annotate,
    exportImages,
    exportCoco,
    event,
  ],
];

/** Some of them, with all that those need. @param only default: all */
export function chosenSteps(only: readonly StepName[] | undefined): readonly Step[] {
  if (only === undefined) return STEPS;
  const wanted = new Set<StepName>(only);
  for (const { name, needs } of [...STEPS].reverse()) if (wanted.has(name)) for (const one of needs) wanted.add(one);
  return STEPS.filter(({ name }) => wanted.has(name));
}
