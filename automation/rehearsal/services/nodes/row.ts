import type { LabConfig } from "../../../../components/lab/sections.ts";
import type { DeliveryConfig } from "../../../../components/images/delivery-config.ts";
import type { RehearsalService } from "../service.ts";
import { startNodes } from "./nodes.ts";

const AT = ["agent", "image", "delivery"] as const;

/**
 * The nodes that the agent's image is carried to: an SSH server and a k3s for each, which record what they import.
 * @param deliveryOf the delivery of a lab; undefined where nothing is delivered
 */
export const nodesService = (deliveryOf: (lab: LabConfig) => DeliveryConfig | undefined): RehearsalService => ({
  name: "nodes",
  wanted: (lab) => nodesOf(deliveryOf(lab)).length > 0,
  async start({ home, lab }) {
    const listed = nodesOf(deliveryOf(lab));
    const { nodes, privateKey, docker } = await startNodes(
      home,
      listed.map(({ node }) => node),
    );
    return {
      url: `ssh://127.0.0.1:${nodes[0]?.port ?? 0}`,
      port: nodes[0]?.port ?? 0,
      notes: [
        `nodes ${listed.map(({ node }) => node).join(", ")}: SSH servers of this rehearsal, whose k3s records the images it imports`,
        "docker is a stand-in: an image holds the folder it is built from, and no line of the Dockerfile is run",
      ],
      values: [
        ...nodes.flatMap(({ host, port, user, hostKey, dataDir }, index) =>
          Object.entries({ host, port, user, hostKey, dataDir }).map(([key, value]) => ({
            section: "clearml",
            path: [...AT, "nodes", index, key],
            value,
          })),
        ),
        { section: "clearml", path: [...AT, "builder"], value: "docker" },
        { section: "clearml", path: [...AT, "builderPath"], value: docker },
      ],
      secrets: [{ at: ["vision-platform:clearml", ...AT, "privateKey"], value: privateKey }],
    };
  },
});

const nodesOf = (delivery: DeliveryConfig | undefined) => (delivery?.by === "nodes" ? delivery.nodes : []);
