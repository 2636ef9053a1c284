import * as z from "zod";
import { address } from "../schema/hosts.ts";
import { dnsLabel } from "../schema/values.ts";

export const traefikConfig = z.strictObject({
  address: address
    .optional()
    .describe("Address that MetalLB gives to Traefik's Service, and so to CVAT. Default: whatever the Service has."),
  namespace: dnsLabel.default("kube-system").describe("Namespace of Traefik's Service. K3s keeps it in kube-system."),
  service: dnsLabel.default("traefik").describe("Name of Traefik's Service."),
});

export type TraefikConfig = z.output<typeof traefikConfig>;
