import { PROJECT } from "../../components/config.ts";

const PARENTS = "vision-platform:index:VisionPlatform$vision-platform:nuclio:Nuclio";

/** The resources of one function in the stack, for a run that touches nothing else: the function, its Secret, and Nuclio's project. */
export function functionUrns(stack: string, name: string, component = "nuclio"): string[] {
  const urn = (types: string, resource: string) => `urn:pulumi:${stack}::${PROJECT}::${PARENTS}${types}::${resource}`;
  const own = "$vision-platform:nuclio:NuclioFunction";
  return [
    urn("$pulumi-nodejs:dynamic/nuclio:Project", `${component}-project`),
    urn(own, `${component}-${name}`),
    urn(`${own}$pulumi-nodejs:dynamic/nuclio:Function`, `${component}-${name}`),
    urn(`${own}$kubernetes:core/v1:Secret`, `${component}-${name}-model`),
  ];
}
