import * as z from "zod";
import { dnsLabel } from "../schema/values.ts";

/** Who may reach addresses of the internet. */
export const INTERNET_USERS = ["cvat", "functions", "grafana", "agent"] as const;

const range = z.union([z.cidrv4(), z.cidrv6()], "must be a range such as 192.0.2.0/24 or 192.0.2.7/32");

/** Schema of `vision-platform:network`. */
export const networkConfig = z.strictObject({
  policies: z
    .boolean()
    .default(true)
    .describe(
      "Whether each of the lab's pods is only reached from where it must be, and only reaches what it must, by NetworkPolicies. A cluster without a controller for them, such as K3s with --disable-network-policy, takes them and does nothing.",
    ),
  alsoFrom: z
    .array(dnsLabel)
    .default([])
    .describe(
      "Namespaces whose pods may call CVAT as the edge does, past it: notebooks, or another edge. What they may do there is CVAT's to say.",
    )
    .meta({ examples: [["notebooks"]] }),
  edgeOnNodes: z
    .boolean()
    .default(false)
    .describe(
      "The edge's pods have their nodes' network (`hostNetwork`), so that their calls come from nodes' addresses. Every node may call CVAT then.",
    ),
  alsoTo: z
    .array(range)
    .default([])
    .describe(
      "Addresses that CVAT, functions, sign-in, Nuclio and backups may reach besides what the stack file names.",
    )
    .meta({ examples: [["192.0.2.0/24"]] }),
  internet: z
    .array(z.enum(INTERNET_USERS))
    .default([...INTERNET_USERS])
    .describe(
      "Who may reach public addresses: CVAT's server and workers (pictures by address, cloud storages, webhooks), functions (weights that they fetch), Grafana (its plugin at each start), ClearML's agent. Private addresses are not among them. Backups reach public ones where `backup.notify.url` is set.",
    ),
});

export type NetworkConfig = z.output<typeof networkConfig>;
