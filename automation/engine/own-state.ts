import * as pulumi from "@pulumi/pulumi";
import { askEngine } from "../../components/program/ask-engine.ts";
import type { Value } from "../../components/program/struct.ts";
import type { StateResource } from "../../components/program/state.ts";
import { inClear } from "../../provider/protocol/values.ts";

/**
 * The resources that the running stack's own state holds, before this run changes any; of a new stack none. In every door alike: it is the
 * program that asks, while the engine runs it.
 */
export async function ownState(): Promise<StateResource[]> {
  const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  return resourcesIn(await askEngine("pulumi:pulumi:readStackResourceOutputs", { stackName }));
}

/** @param returned what the engine's function returns; a secret comes in an envelope, which nobody may take for its text */
export function resourcesIn({ outputs }: Record<string, Value>): StateResource[] {
  const resources = inClear(outputs ?? {}) as Record<string, Omit<StateResource, "urn">>;
  return (
    Object.entries(resources)
      .map(([urn, { type, outputs: own }]) => ({ urn, type, outputs: own }))
      // The engine sends them in another order each time.
      .sort((a, b) => (a.urn < b.urn ? -1 : 1))
  );
}
