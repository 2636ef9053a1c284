import { stat } from "node:fs/promises";
import { UserError } from "../../components/program/errors.ts";
import type { UserStack } from "../engine/door.ts";
import type { Around, Outcome, Seen } from "../engine/run.ts";
import { writePlan } from "./file.ts";
import { newPlanKey } from "./hmac.ts";
import { watch } from "./make.ts";
import { openIn } from "./words.ts";

/** Saves the plan of a preview. */
export interface PlanSaver {
  /** For the preview's run. */
  around: Around;
  /** Writes the plan of what the preview saw. */
  save: (seen: Seen, outcome: Outcome) => Promise<PlanTold>;
  /** Why a preview failed, and that there is no plan of it. */
  unsaved: (error: unknown) => Promise<unknown>;
}

/** What is told of a plan that was saved. */
export interface PlanTold {
  text: string;
  plan: { file: string; digest: string; changes: number; knownAfterUp: number };
}

/** @param file whose place was made sure of */
export async function planSaver(
  opened: UserStack,
  { folder, file }: { folder: string; file: string },
): Promise<PlanSaver> {
  const key = await newPlanKey({ ...process.env, ...opened.stack.workspace.envVars });
  const { around, plan } = await watch(opened, folder);
  let isSaved = false;
  return {
    around,
    async save(seen, outcome) {
      const made = await plan(seen, outcome, key);
      const digest = await writePlan(file, made, key);
      isSaved = true;
      const [changes, knownAfterUp] = [made.steps.length, openIn(made.steps)];
      const open = knownAfterUp > 0 ? `, ${knownAfterUp} values known only after up` : "";
      const text = [
        `Plan ${file}, digest ${digest}: ${changes === 1 ? "1 change" : `${changes} changes`}${open}.`,
        `Apply just that: npm run platform -- up --stack ${opened.stack.name} --plan ${file} --digest ${digest}`,
      ].join("\n");
      return { text, plan: { file, digest, changes, knownAfterUp } };
    },
    async unsaved(error) {
      if (isSaved || !(error instanceof UserError)) return error;
      const isThere = await stat(file).then(
        () => true,
        () => false,
      );
      const stays = isThere ? ` What is in ${file} is of another preview.` : "";
      const problems = [...error.problems, `No plan was saved: the preview failed.${stays}`];
      return new UserError(problems, { exitCode: error.exitCode, cause: error });
    },
  };
}
