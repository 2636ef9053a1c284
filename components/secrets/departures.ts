import type * as pulumi from "@pulumi/pulumi";
import { OwnResource } from "../records/resource.ts";

/**
 * Counts how often somebody lost a way in: was taken out, or comes in by something else. Who is added changes nothing. What was handed out
 * under one number must not open anything under the next.
 */
export class Departures extends OwnResource {
  declare count: pulumi.Output<number>;

  /** @param holders each an input of its own, so that one which is not known yet hides no other. Kept as secrets. */
  constructor(
    name: string,
    holders: Readonly<Record<string, pulumi.Input<string>>>,
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(name, "secrets:Departures", { holders }, ["count"], opts);
  }
}
