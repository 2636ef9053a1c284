import { ruleAt, type SectionRule } from "../schema/section-rules.ts";
import type { EdgeKind, GatewayConfig } from "./edge-config.ts";

interface WithEdge {
  ingress: { edge: EdgeKind; gateway?: GatewayConfig | undefined };
}

/** Which Gateway it is is said where there is one. */
export const GATEWAY_RULE: SectionRule<WithEdge> = ruleAt(["ingress", "gateway"], ["ingress"], ({ ingress }) => {
  const { edge, gateway } = ingress;
  if (edge === "gateway" && gateway === undefined)
    return "is missing: set the name and namespace of the Gateway that CVAT's routes belong to (kubectl get gateways -A)";
  return edge !== "gateway" && gateway !== undefined
    ? `is read with cvat.ingress.edge: gateway alone, and that is ${edge}; set it, or take this out`
    : undefined;
});
