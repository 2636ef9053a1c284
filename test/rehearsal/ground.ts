import { groundOf } from "../../automation/rehearsal/ground/ground.ts";
import type { LabObject } from "../../automation/rehearsal/ground/object.ts";
import { planned } from "../fixtures/inputs/planned.ts";
import { exampleStack } from "../fixtures/inputs/whole-stack.ts";

/** What the cluster of the example lab has before anything is installed. */
export function exampleGround(): readonly LabObject[] {
  return groundOf(planned(exampleStack())).objects;
}
