import { AppsV1Api, CoreV1Api, KubeConfig, type V1Deployment } from "@kubernetes/client-node";
import { CHART_OBJECTS } from "../../../../components/cvat/names.ts";
import {
  SETTINGS_MODULE,
  SETTINGS_TEXT,
  SETTINGS_VARIABLE,
} from "../../../../components/cvat/registration/settings.ts";
import type { CvatConfig } from "./config.ts";

/** Settings that are in CVAT's image. Its own environment names these. */
const OF_THE_IMAGE = "cvat.settings.production";
const PACKAGE_FOLDER = "/home/django";

/** Whether strangers may make accounts and have passwords reset; `broken`: the server would not have come up. */
export type Registration = "open" | "closed" | "broken";

/** What the settings that the server would start with say. CVAT itself is open. (cvat-rest-measured.md 1.10; cvat-real-second-look.md 1) */
export async function registrationOf({ cluster, registration = "open" }: CvatConfig): Promise<Registration> {
  if (!cluster) return registration;
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  config.setCurrentContext(cluster.context);
  const { namespace } = cluster;
  const place = { name: CHART_OBJECTS.serverDeployment, namespace };
  const server = await config.makeApiClient(AppsV1Api).readNamespacedDeployment(place).catch(absent);
  const module = moduleOf(server);
  if (module === OF_THE_IMAGE) return "open";
  const file = mountedFile(server, `${PACKAGE_FOLDER}/${module.replaceAll(".", "/")}.py`);
  if (!file) return "broken";
  const map = await config
    .makeApiClient(CoreV1Api)
    .readNamespacedConfigMap({ ...file, namespace })
    .catch(absent);
  const text = map?.data?.[file.key];
  if (text === undefined) return "broken";
  return module === SETTINGS_MODULE && text === SETTINGS_TEXT ? "closed" : "open";
}

const absent = (): undefined => undefined;

const podOf = (server: V1Deployment | undefined) => server?.spec?.template.spec;

function moduleOf(server: V1Deployment | undefined): string {
  const variables = podOf(server)?.containers[0]?.env ?? [];
  return variables.findLast(({ name }) => name === SETTINGS_VARIABLE)?.value ?? OF_THE_IMAGE;
}

/** The key of a ConfigMap that is mounted at this path. */
function mountedFile(server: V1Deployment | undefined, path: string): { name: string; key: string } | undefined {
  const pod = podOf(server);
  const mount = pod?.containers[0]?.volumeMounts?.find(({ mountPath }) => mountPath === path);
  const name = pod?.volumes?.find((volume) => volume.name === mount?.name)?.configMap?.name;
  return name === undefined || mount?.subPath === undefined ? undefined : { name, key: mount.subPath };
}
