import { ruleAt, type SectionRule } from "../../schema/section-rules.ts";
import type { CvatConfig } from "../cvat-config.ts";

/** Rules of `cvat.ingress.tls`. */
export const TLS_RULES: readonly SectionRule<CvatConfig>[] = [
  ruleAt(["ingress", "tls"], ["ingress"], ({ ingress }) =>
    ingress.tls && ingress.host === "" ? "needs a host name the certificate is for; set cvat.ingress.host" : undefined,
  ),
  ruleAt(["ingress", "tls", "copyOf"], ["ingress", "namespace"], ({ ingress: { tls }, namespace }) => {
    if (tls?.copyOf === undefined) return undefined;
    if (tls.madeInCluster)
      return "is set beside `madeInCluster`, by which another program makes the Secret; keep one of the two";
    return tls.copyOf.namespace === namespace
      ? "is in CVAT's own namespace, where the edge reads it as it is: name it as `secretName`, and take this out"
      : undefined;
  }),
];
