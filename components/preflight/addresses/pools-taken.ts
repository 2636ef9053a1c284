import type { ClusterCheck } from "../check.ts";
import { askedIn } from "./asked.ts";

/** Addresses that are given stay when the pools are broken, and the next one that is lost is lost for good. (addresses-and-kubernetes.md, E) */
export const metalLbTookItsConfiguration: ClusterCheck = ({ configurationStates = [] }, { lab }) => {
  const invalid = configurationStates.filter(({ status }) => status?.result === "Invalid");
  if (invalid.length === 0) return [];
  const said = [...new Set(invalid.map(({ status }) => status?.errorSummary ?? "it does not say why"))].join("; ");
  const message = `MetalLB did not take its configuration as it is now, and works by the one from before: ${said}. Mend it: kubectl get configurationstate,ipaddresspool -A.`;
  return [{ severity: "warning", path: askedIn(lab)[0]?.path ?? "vision-platform:cluster", message }];
};
