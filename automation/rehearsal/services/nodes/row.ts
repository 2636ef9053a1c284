import type { Plan } from "../../../../components/lab/plan.ts";
import type { RehearsalService } from "../service.ts";
import { startNodes } from "./nodes.ts";

const AT = ["agent", "image", "delivery"] as const;

/** The nodes that the agent's image is carried to: an SSH server and a k3s for each, which record what they import. */
export const NODES_SERVICE: RehearsalService = {
  name: "nodes",
  wanted: (plan) => nodesOf(plan).length > 0,
  async start({ home, plan }) {
    const listed = nodesOf(plan);
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
};

const nodesOf = ({ clearml }: Plan) => clearml?.agent?.nodes ?? [];
