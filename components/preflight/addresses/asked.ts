import { SERVICES } from "../../clearml/names.ts";
import type { LabConfig } from "../../lab/sections.ts";
import { addressesAsked } from "../../kubernetes/metallb.ts";
import type { LiveService } from "../facts.ts";

/** An address that the stack file asks for. */
export interface Asked {
  /** Key of the stack file. */
  path: string;
  namespace: string;
  service: string;
  address: string;
  /** Whether the Service is ours, or K3s' with an annotation of ours. */
  ours: boolean;
}

/** Every address the stack file asks MetalLB for. */
export function askedIn({ traefik, clearml }: LabConfig): Asked[] {
  const parts = clearml.enabled ? (Object.keys(SERVICES) as (keyof typeof SERVICES)[]) : [];
  const all = [
    {
      path: "vision-platform:traefik.address",
      namespace: traefik.namespace,
      service: traefik.service,
      address: traefik.address,
      ours: false,
    },
    ...parts.map((part) => ({
      path: `vision-platform:clearml.addresses.${part}`,
      namespace: clearml.namespace,
      service: SERVICES[part],
      address: clearml.addresses[part],
      ours: true,
    })),
  ];
  return all.filter((one): one is Asked => one.address !== undefined);
}

/** The Service of an address, where it is there already. */
export function serviceOf({ namespace, service }: Asked, services: readonly LiveService[]): LiveService | undefined {
  return services.find(({ metadata }) => metadata?.namespace === namespace && metadata.name === service);
}

/** `namespace/name` */
export const nameOf = ({ metadata }: LiveService) => `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;

/** The addresses a Service has. */
export function addressesOf({ status }: LiveService): string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
}

/** Whether the Service has the address asked for. */
export const has = (service: LiveService | undefined, address: string) =>
  service !== undefined && addressesOf(service).includes(address);

/** Whether the Service has been asked for it already, so that up changes nothing there. */
export const wants = (service: LiveService, address: string) => addressesAsked(service).join() === address;

/** `has 192.0.2.20`, or that it has none. */
export function stateText(service: LiveService): string {
  const addresses = addressesOf(service);
  return addresses.length > 0 ? `has ${addresses.join(", ")}` : "has no address";
}
