import * as pulumi from "@pulumi/pulumi";
import type { StateResource } from "../../components/state.ts";

/**
 * The resources of the running stack as its last run left them, asked of the engine by the program itself: so `pulumi up` knows what
 * `npm run platform -- up` knows. (pulumi/pulumi, pkg/resource/deploy/builtins.go: readStackResourceOutputs)
 */
export async function ownState(): Promise<StateResource[]> {
  const { outputs } = (await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {
    stackName: pulumi.getStack(),
  })) as { outputs: Record<string, Omit<StateResource, "urn">> };
  return Object.entries(outputs).map(([urn, resource]) => ({ urn, ...resource }));
}
