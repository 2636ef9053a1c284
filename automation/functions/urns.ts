import { PROJECT } from "../../components/lab/sections.ts";
import { typeOf } from "../../components/records/tokens.ts";
import type { FunctionConfig } from "../../components/nuclio/function-config.ts";

const PARENTS = "vision-platform:index:VisionPlatform$vision-platform:nuclio:Nuclio";

/**
 * The resources of one function in the stack, for a run that touches nothing else: the function, the Secret of its model and what restarts
 * its pods after a change of that where it has one (the engine refuses a target that the program does not register), and Nuclio's project.
 */
export function functionUrns(stack: string, name: string, { model }: Pick<FunctionConfig, "model">): string[] {
  const urn = (types: string, resource: string) => `urn:pulumi:${stack}::${PROJECT}::${PARENTS}${types}::${resource}`;
  const own = "$vision-platform:nuclio:NuclioFunction";
  return [
    urn(`$${typeOf("nuclio:Project")}`, "nuclio-project"),
    urn(own, `nuclio-${name}`),
    urn(`${own}$${typeOf("nuclio:Function")}`, `nuclio-${name}`),
    ...(model
      ? [
          urn(`${own}$kubernetes:core/v1:Secret`, `nuclio-${name}-model`),
          urn(`${own}$${typeOf("secrets:Restart")}`, `nuclio-${name}-restart`),
        ]
      : []),
  ];
}
