import { groundOf } from "../../automation/rehearsal/ground/ground.ts";
import type { LabObject } from "../../automation/rehearsal/ground/object.ts";
import { parseLab } from "../../components/lab/parse.ts";
import { exampleStack } from "../fixtures/inputs/whole-stack.ts";

/** What the cluster of the example lab has before anything is installed. */
export function exampleGround(): readonly LabObject[] {
  const { lab, problems } = parseLab(exampleStack());
  if (!lab) throw new Error(`the example lab is broken: ${JSON.stringify(problems)}`);
  return groundOf(lab).objects;
}
