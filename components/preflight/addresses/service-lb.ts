import type { ClusterCheck } from "../check.ts";
import { askedIn } from "./asked.ts";

const OFF =
  "Switch it off: k3s server --disable servicelb (or `disable: [servicelb]` in /etc/rancher/k3s/config.yaml), then restart K3s.";

/**
 * K3s' ServiceLB takes every Service of type LoadBalancer, as MetalLB does, and the two overwrite each other's addresses. (k3s#542, #2323;
 * metallb#804, #1431; addresses-and-kubernetes.md, D)
 */
export const serviceLbIsAlone: ClusterCheck = ({ serviceLb = [], addressPools, unknownKinds }, { lab }) => {
  if (serviceLb.length === 0) return [];
  const path = askedIn(lab)[0]?.path ?? "vision-platform:cluster";
  if (!unknownKinds.includes("addressPools") && (addressPools ?? []).length > 0) {
    const message = `K3s' ServiceLB and MetalLB both give addresses here (DaemonSet ${names(serviceLb)}), and each takes away what the other gave. ${OFF}`;
    return [{ severity: "warning", path, message }];
  }
  if (!lab.clearml.enabled) return [];
  const message = `K3s' ServiceLB alone gives addresses here. It gives a port of a node to one Service only, and ClearML's three share port ${lab.clearml.port}: two of them may never get an address. Install MetalLB. ${OFF}`;
  return [{ severity: "warning", path: "vision-platform:clearml.port", message }];
};

const names = (sets: readonly { metadata?: { name?: string } }[]) =>
  sets.map(({ metadata }) => metadata?.name ?? "").join(", ");
