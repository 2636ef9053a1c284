import path from "node:path";
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
  const core = config.makeApiClient(CoreV1Api);
  const textOf = async (name: string): Promise<string | undefined> => {
    const file = mountedFile(server, `${PACKAGE_FOLDER}/${name.replaceAll(".", "/")}.py`);
    const map = file && (await core.readNamespacedConfigMap({ name: file.name, namespace }).catch(absent));
    return file && map?.data?.[file.key];
  };
  const text = await textOf(module);
  if (text === undefined) return "broken";
  if (module === SETTINGS_MODULE) return text === SETTINGS_TEXT ? "closed" : "open";
  if (!text.includes(`from ${SETTINGS_MODULE} import`)) return "open";
  return (await textOf(SETTINGS_MODULE)) === SETTINGS_TEXT ? "closed" : "broken";
}

const absent = (): undefined => undefined;

const podOf = (server: V1Deployment | undefined) => server?.spec?.template.spec;

function moduleOf(server: V1Deployment | undefined): string {
  const variables = podOf(server)?.containers[0]?.env ?? [];
  return variables.findLast(({ name }) => name === SETTINGS_VARIABLE)?.value ?? OF_THE_IMAGE;
}

/** The key of a ConfigMap that is mounted at this path, by itself or in its folder. */
function mountedFile(server: V1Deployment | undefined, file: string): { name: string; key: string } | undefined {
  const pod = podOf(server);
  const mounts = pod?.containers[0]?.volumeMounts ?? [];
  const mount =
    mounts.find(({ mountPath }) => mountPath === file) ??
    mounts.find(({ mountPath, subPath }) => mountPath === path.dirname(file) && subPath === undefined);
  const map = pod?.volumes?.find((volume) => volume.name === mount?.name)?.configMap;
  const key = mount?.subPath ?? map?.items?.find((item) => item.path === path.basename(file))?.key;
  return map?.name === undefined || key === undefined ? undefined : { name: map.name, key };
}
