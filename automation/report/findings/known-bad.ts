import { jumpText, knownBadJumps } from "../../../components/preflight/known-bad-jumps.ts";
import { byPart, toldBy } from "../../../components/preflight/versions.ts";
import type { Given } from "../../engine/steps.ts";
import type { FindingRow } from "./finding.ts";

/**
 * Steps between versions that are known to go wrong. The program refuses them before it registers anything; in a plan stands one that the
 * stack file lets through, or that `pulumi up` makes with a program of before.
 */
export const KNOWN_BAD_ROWS: readonly FindingRow[] = [
  {
    id: "known-bad-jump",
    severity: "careful",
    title: "a step between versions that is known to go wrong",
    find: ({ steps }) =>
      steps.flatMap((step) => {
        if (step.change === undefined || step.type !== "kubernetes:apps/v1:Deployment") return [];
        const jumps = knownBadJumps(told(step.before), told(step.after), { cvat: [], clearml: [] });
        return jumps
          .filter(({ verdict }) => verdict === "refused")
          .map((made) => ({
            system: step.system,
            object: `${step.kind} ${step.short}`,
            text: `makes a step that is known to go wrong. ${jumpText(made)} ${made.jump.why}`,
          }));
      }),
  },
];

const told = (given: Given | undefined) => byPart(given ? toldBy(given) : []);
