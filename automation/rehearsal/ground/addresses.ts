import { BlockList } from "node:net";
import type { LabConfig } from "../../../components/lab/sections.ts";
import { askedIn } from "../../../components/preflight/addresses/asked.ts";
import { objectsLike, type Likeness } from "./likeness.ts";
import { asRead, namespace, type Ground, type LabObject } from "./object.ts";

/** Where MetalLB and its objects are. */
export const METALLB_NAMESPACE = "metallb-system";

/** Ranges for documentation (RFC 5737): no lab has them, so the example stack does. */
const DOCUMENTATION_RANGES = ["198.51.100.0/24", "192.0.2.0/24", "203.0.113.0/24"];

/** MetalLB with the pools of the lab's own cluster and whoever has their addresses there, or with one that has the addresses the stack asks for. */
export function addresses(lab: LabConfig, likeness: Likeness | undefined): Ground {
  const pools = objectsLike(likeness, "IPAddressPool");
  if (pools !== undefined) {
    const { namespace: where, service } = lab.traefik;
    const services = (objectsLike(likeness, "Service") ?? []).filter(
      ({ metadata }) => metadata.namespace !== where || metadata.name !== service,
    );
    const named = new Set([...pools, ...services].flatMap(({ metadata }) => metadata.namespace ?? []));
    const read = asRead(pools, "MetalLB's pools");
    return {
      objects: [...[...named, METALLB_NAMESPACE].map(namespace), ...read.objects, ...services],
      notes: [...read.notes, ...(services.length > 0 ? asRead(services, "Services with an address").notes : [])],
    };
  }
  const pool = poolWith(askedIn(lab).map(({ address }) => address));
  return {
    objects: [
      namespace(METALLB_NAMESPACE),
      // .0 and .255 are nothing a person would expect; MetalLB gives them unless told otherwise.
      metallb("IPAddressPool", { addresses: pool, autoAssign: true, avoidBuggyIPs: true }),
      metallb("L2Advertisement", { ipAddressPools: ["lab"] }),
    ],
    notes: [`MetalLB with a pool of ${pool.join(", ")}`],
  };
}

/**
 * The pool of a lab whose stack asks for these addresses: the documentation ranges, and each address outside of them by itself. MetalLB takes
 * no bare address and no two entries that overlap. (addresses-and-kubernetes.md, 1F)
 */
export function poolWith(asked: readonly string[]): string[] {
  const documented = new BlockList();
  for (const range of DOCUMENTATION_RANGES) {
    const [network = "", length] = range.split("/");
    documented.addSubnet(network, Number(length));
  }
  const others = [...new Set(asked)].filter((address) => !documented.check(address));
  return [...DOCUMENTATION_RANGES, ...others.map((address) => `${address}/32`)];
}

function metallb(kind: string, spec: Record<string, unknown>): LabObject {
  return { apiVersion: "metallb.io/v1beta1", kind, metadata: { name: "lab", namespace: METALLB_NAMESPACE }, spec };
}
