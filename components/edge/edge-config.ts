import * as z from "zod";
import { objectName } from "../schema/pods.ts";
import { dnsLabel } from "../schema/values.ts";

const gateway = z.strictObject({
  name: objectName.describe("Its name."),
  namespace: dnsLabel.describe("Its namespace. It must let routes of CVAT's namespace in."),
  section: objectName.optional().describe("Its listener for https. Default: every listener that takes the host."),
});

/** Keys of `cvat.ingress` that say which edge stands before CVAT. */
export const edgeConfig = {
  edge: z
    .enum(["traefik", "ingress-nginx", "gateway"])
    .default("traefik")
    .describe(
      "What stands before CVAT where people sign in (`vision-platform:sso`): Traefik by its own kinds, the ingress-nginx controller by annotations, or a Gateway of Traefik's. Without `sso` it is the chart's Ingress.",
    ),
  gateway: gateway.optional().describe("The Gateway that CVAT's routes belong to, with `edge: gateway`."),
};

export type GatewayConfig = z.output<typeof gateway>;
export type EdgeKind = z.output<(typeof edgeConfig)["edge"]>;
