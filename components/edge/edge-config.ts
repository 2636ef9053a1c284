import * as z from "zod";
import { objectName } from "../schema/pods.ts";
import { dnsLabel } from "../schema/values.ts";

const gateway = z.strictObject({
  name: objectName.describe("Its name."),
  namespace: dnsLabel.describe("Its namespace. It must let routes of CVAT's namespace in."),
  implementation: z
    .enum(["traefik", "other"])
    .default("traefik")
    .describe(
      "Whose Gateway it is. Traefik's asks the proxy of sign-in beside each call; of any other that proxy is in the path of all that asks for a session.",
    ),
  section: objectName.optional().describe("Its listener for https. Default: every listener that takes the host."),
});

/** Keys of `cvat.ingress` that say which edge stands before CVAT. */
export const edgeConfig = {
  edge: z
    .enum(["traefik", "ingress-nginx", "gateway"])
    .default("traefik")
    .describe(
      "What stands before CVAT where people sign in (`vision-platform:sso`): Traefik by its own kinds, the ingress-nginx controller by annotations, or a Gateway. Without `sso` it is the chart's Ingress.",
    ),
  gateway: gateway.optional().describe("The Gateway that CVAT's routes belong to, with `edge: gateway`."),
};

export type GatewayConfig = z.output<typeof gateway>;
export type EdgeKind = z.output<(typeof edgeConfig)["edge"]>;

/** What is said of the edge, as far as it decides how a session is asked for. */
export interface SaidOfEdge {
  edge: EdgeKind;
  gateway?: Pick<GatewayConfig, "implementation"> | undefined;
}

/** Whether the gatekeeper is in the path of what asks for a session: the standard has no way yet to ask him beside it. (sign-in-parts.md 6) */
export function isInPath({ edge, gateway }: SaidOfEdge): boolean {
  return edge === "gateway" && gateway?.implementation === "other";
}
