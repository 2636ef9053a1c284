import path from "node:path";
import { ensureService, type RehearsalService } from "../service.ts";
import type { ClearmlStandInConfig } from "./main.ts";

/** ClearML's API, for which no pod runs in a rehearsal. */
export const CLEARML_SERVICE: RehearsalService = {
  name: "clearml",
  wanted: ({ clearml }) => clearml?.agent !== undefined,
  async start({ home, plan: { lab }, cluster }) {
    const config: ClearmlStandInConfig = { kubeconfig: cluster.kubeconfig, namespace: lab.clearml.namespace };
    const script = path.join(import.meta.dirname, "main.ts");
    const { url, port } = await ensureService({ name: "clearml", script, home, config });
    return {
      url,
      port,
      notes: ["ClearML's API is a stand-in: sign-in with the cluster's own credentials, and queues; no tasks"],
      values: [{ section: "clearml", path: ["endpoint"], value: url }],
    };
  },
};
