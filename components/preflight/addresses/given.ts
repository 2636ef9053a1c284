import { poolTrouble } from "../../kubernetes/metallb-state.ts";
import type { ClusterCheck, Finding } from "../check.ts";
import type { ClusterFacts, LiveAddressPool, LiveService } from "../facts.ts";
import { addressesOf, askedIn, has, nameOf, serviceOf, stateText, wants, type Asked } from "./asked.ts";
import { isForOthers, poolHas, rangesText } from "./pools.ts";

/** What the judges know. */
interface World {
  services: readonly LiveService[];
  /** Undefined where there is no MetalLB, or it may not be read. */
  pools: readonly LiveAddressPool[] | undefined;
  facts: ClusterFacts;
  asked: readonly Asked[];
}

/** What stands in the way of one address; undefined: nothing that this one knows. */
type Judge = (asked: Asked, world: World) => string | undefined;

const serviceTakesOne: Judge = (asked, { services }) => {
  if (asked.ours) return undefined;
  const { namespace, service } = asked;
  const found = serviceOf(asked, services);
  if (found === undefined)
    return `There is no Service ${namespace}/${service}: set vision-platform:traefik.namespace and .service to Traefik's (kubectl get services -A).`;
  const type = found.spec?.type ?? "ClusterIP";
  return type === "LoadBalancer"
    ? undefined
    : `Service ${namespace}/${service} is of type ${type}: only one of type LoadBalancer is given an address.`;
};

/** MetalLB takes one or the other. What is ours is put right when it is changed, since `spec.loadBalancerIP` is then taken out. */
const askedOnce: Judge = (asked, { services }) => {
  const found = serviceOf(asked, services);
  const ip = found?.spec?.loadBalancerIP;
  if (!found || !ip || (asked.ours && !wants(found, asked.address))) return undefined;
  return `Service ${nameOf(found)} has spec.loadBalancerIP ${ip} besides, and MetalLB takes that or our annotation, not both; it ${stateText(found)}. Take it out: kubectl patch service -n ${asked.namespace} ${asked.service} --type json -p '[{"op":"remove","path":"/spec/loadBalancerIP"}]' (and out of K3s' HelmChartConfig, where it came from there).`;
};

const somebodyGives: Judge = (asked, { pools, facts }) => {
  if (facts.unknownKinds.includes("addressPools") && (facts.serviceLb ?? []).length > 0)
    return `K3s' ServiceLB gives the addresses of the nodes here, and only those; ${asked.address} is none it has given. Install MetalLB and switch ServiceLB off (k3s server --disable servicelb), or leave the key out.`;
  return pools?.length === 0
    ? "MetalLB has no pool (kubectl get ipaddresspool -A), so it gives no address. Make one that has this address."
    : undefined;
};

const poolsAreTaken: Judge = (_, { facts }) => {
  const trouble = poolTrouble(facts.configurationStates ?? []);
  return trouble === undefined
    ? undefined
    : `MetalLB did not take its pools as they are now, so those from before are in force: ${trouble}. Mend the pools (kubectl get ipaddresspool -A).`;
};

const isInPool: Judge = ({ address, namespace }, { pools }) => {
  if (pools === undefined) return undefined;
  const having = pools.filter((pool) => poolHas(pool, address));
  if (having.length === 0) {
    const bare = pools.find(({ spec }) => spec?.addresses?.includes(address));
    const hint = bare ? ` (${bare.metadata?.name ?? ""} must have it as ${address}/32)` : "";
    return `${address} is in no pool of MetalLB: ${rangesText(pools)}${hint}. Set an address of a pool, or put this one into one.`;
  }
  return having.every((pool) => isForOthers(pool, namespace))
    ? `${address} is in a pool for other namespaces: ${rangesText(having)}, for ${having.flatMap(({ spec }) => spec?.serviceAllocation?.namespaces ?? []).join(", ")}. Set an address of another pool, or add ${namespace} to its serviceAllocation.namespaces.`
    : undefined;
};

const SHARING = ["metallb.io/allow-shared-ip", "metallb.universe.tf/allow-shared-ip"];
const sharingKey = ({ metadata }: LiveService) =>
  SHARING.map((name) => metadata?.annotations?.[name]).find((key) => key !== undefined);

const isFree: Judge = (asked, { services, pools, asked: all }) => {
  if (pools === undefined) return undefined;
  const own = serviceOf(asked, services);
  const holder = services.find((service) => service !== own && has(service, asked.address));
  if (holder === undefined) return undefined;
  // One that this run moves elsewhere, and one that MetalLB lets share it.
  if (all.some((other) => serviceOf(other, services) === holder)) return undefined;
  const key = sharingKey(holder);
  if (key !== undefined && (own === undefined || sharingKey(own) === key)) return undefined;
  return `${asked.address} is the address of Service ${nameOf(holder)} (${addressesOf(holder).join(", ")}). Set one that is free, or give that Service another.`;
};

const JUDGES: readonly Judge[] = [serviceTakesOne, askedOnce, somebodyGives, poolsAreTaken, isInPool, isFree];

/**
 * MetalLB takes a Service's address away before it finds that the one asked for cannot be given: with a wrong address for Traefik everything
 * behind it is out of reach, other people's applications too. So it is refused before. (addresses-and-kubernetes.md, A and B)
 *
 * An address that its Service has is left in peace, whoever gave it.
 */
export const addressesCanBeGiven: ClusterCheck = (facts, { lab }) => {
  const { services } = facts;
  if (services === undefined) return [];
  const asked = askedIn(lab);
  const pools = facts.unknownKinds.includes("addressPools") ? undefined : facts.addressPools;
  const world: World = { services, pools, facts, asked };
  return asked.flatMap((one): Finding[] => {
    const own = serviceOf(one, services);
    const isOthers = own?.spec?.loadBalancerClass !== undefined;
    if (isOthers || has(own, one.address)) return [];
    const problem = JUDGES.map((judge) => judge(one, world)).find((text) => text !== undefined);
    if (problem !== undefined) return [{ severity: "refusal", path: one.path, message: problem }];
    if (own === undefined || !wants(own, one.address)) return [];
    const message = `Service ${nameOf(own)} ${stateText(own)}, asked for ${one.address}. Nothing here says why: does MetalLB's controller run (kubectl get pods -n metallb-system)?`;
    return [{ severity: "warning", path: one.path, message }];
  });
};
