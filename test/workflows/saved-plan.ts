import { writePlan } from "../../automation/plan/file.ts";
import { newPlanKey } from "../../automation/plan/hmac.ts";
import { FORMAT } from "../../automation/plan/plan.ts";

/** A plan as `preview --save-plan` writes one, of no steps. Returns its digest. */
export async function savedPlan(file: string, stack: string, passphrase: string): Promise<string> {
  const key = await newPlanKey({ PULUMI_CONFIG_PASSPHRASE: passphrase });
  const source = { program: "1", version: "0.1.0", stackFile: "2", secrets: {}, charts: [], programs: {} };
  const plan: Parameters<typeof writePlan>[1] = {
    format: FORMAT,
    version: 1,
    stack,
    saved: { at: "2026-11-30T10:00:00.000Z", by: "a run" },
    lab: {},
    state: { digest: "3" },
    source,
    steps: [],
    unchanged: 3,
    unseen: 0,
    salt: key.salt,
  };
  return writePlan(file, plan, key);
}
