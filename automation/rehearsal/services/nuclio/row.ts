import path from "node:path";
import { DASHBOARD } from "../../../../components/nuclio/names.ts";
import { RELEASE } from "../../../../components/cvat/names.ts";
import { registerRoute } from "../../cluster/routes.ts";
import { ensureService, type RehearsalService } from "../service.ts";
import type { HandlerSource } from "./handlers.ts";
import type { NuclioStandInConfig } from "./main.ts";

const FUNCTIONS = path.resolve(import.meta.dirname, "../../../../functions");

/** Code that lies in this checkout, with what stands for its model. */
export function handlerSources(env: Readonly<Record<string, string>> = {}): HandlerSource[] {
  const folder = path.join(FUNCTIONS, "yolo11x");
  return [
    {
      image: "yolo11x",
      folder,
      requirements: path.join(folder, "requirements.txt"),
      env: { DEVICE: "cpu", ...env },
    },
  ];
}

/** Nuclio's dashboard and controller, for which no pod runs in a rehearsal. */
export const NUCLIO_SERVICE: RehearsalService = {
  name: "nuclio",
  wanted: ({ cvat }) => cvat.enabled && cvat.nuclio.enabled,
  async start({ home, lab, cluster, started }) {
    const { namespace } = lab.cvat;
    const store = started["minio"]?.url;
    const config: NuclioStandInConfig = {
      kubeconfig: cluster.kubeconfig,
      namespace,
      release: `${RELEASE}-nuclio`,
      handlers: handlerSources(store === undefined ? {} : { S3_ENDPOINT: store }),
    };
    const script = path.join(import.meta.dirname, "main.ts");
    const { url, port } = await ensureService({ name: "nuclio", script, home, config });
    await registerRoute(home, { namespace, ...DASHBOARD, to: port });
    return {
      url,
      port,
      notes: ["Nuclio is a stand-in: it makes a function's objects from its description; no image is built or run"],
    };
  },
};
