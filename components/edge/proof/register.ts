import type * as pulumi from "@pulumi/pulumi";
import { OwnResource } from "../../records/resource.ts";
import type { Asked } from "./ask.ts";

/**
 * Asks the edge, when all is there, and in each `up` from then on.
 * @param name of the parent, from which the name derives
 * @param opts `dependsOn` what stands before the application, and the application
 */
export function edgeProof(name: string, inputs: Asked, opts: pulumi.CustomResourceOptions): OwnResource {
  return new OwnResource(`${name}-edge-proof`, "edge:Proof", { ...inputs }, ["asked"], opts);
}
