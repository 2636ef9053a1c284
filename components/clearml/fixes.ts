import type { Fix } from "../charts/fixes.ts";
import type { RenderedObject } from "../kubernetes/rendered-object.ts";
import { volumesOf } from "../charts/pods.ts";
import { CONTAINER_PORTS, SERVICES } from "./names.ts";

interface ServicePort {
  port: number;
  targetPort?: number | string;
}

interface DeploymentSpec {
  strategy?: { type?: string };
}

const portsOf = (object: RenderedObject) => (object.spec as { ports?: ServicePort[] } | undefined)?.ports ?? [];
const containerPortOf = (object: RenderedObject) => CONTAINER_PORTS[object.metadata.name];
const deploymentOf = (object: RenderedObject) => object.spec as DeploymentSpec;

/** What ClearML's chart needs, beyond its values, to run as configured. */
export const CLEARML_FIXES: readonly Fix[] = [
  {
    id: "clearml-target-port",
    why: "The API server's Service sends its traffic to its own port number, where nothing listens unless it is 8008; web and file servers then wait for it for ever.",
    source: "clearml/clearml-helm-charts#355, apiserver-service.yaml of 7.14.4 and 7.14.7 (facts 1.3)",
    matches: (object) => object.kind === "Service" && containerPortOf(object) !== undefined,
    stillNeeded: (object) => portsOf(object).some(({ targetPort }) => targetPort !== containerPortOf(object)),
    apply(object) {
      for (const port of portsOf(object)) port.targetPort = containerPortOf(object);
    },
  },
  {
    id: "clearml-fileserver-recreate",
    why: "The new file server's pod cannot attach the volume, which one node at a time may write, while the old pod still holds it on another node: the rollout hangs.",
    source: "fileserver-deployment.yaml of 7.14.4 and 7.14.7 has no strategy and no value for one (facts 1.2)",
    matches: (object) =>
      object.kind === "Deployment" &&
      object.metadata.name === SERVICES.files &&
      volumesOf(object).some((volume) => volume.persistentVolumeClaim !== undefined),
    stillNeeded: (object) => deploymentOf(object).strategy?.type !== "Recreate",
    apply(object) {
      deploymentOf(object).strategy = { type: "Recreate" };
    },
  },
];
