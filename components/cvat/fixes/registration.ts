import type { Fix } from "../../charts/fixes.ts";
import { containersOf, type Container, type PodSpec } from "../../charts/pods.ts";
import { CHART_OBJECTS } from "../names.ts";
import {
  SETTINGS_ANNOTATION,
  SETTINGS_CONFIG_MAP,
  SETTINGS_FILE,
  SETTINGS_PATH,
  SETTINGS_VARIABLE,
  packagePath,
  settingsStamp,
  type ServerSettings,
} from "../registration/settings.ts";
import { templateOf } from "./objects.ts";

const VOLUME = "vision-platform-settings";
const PACKAGE_VOLUME = "vision-platform-package";

/**
 * Has the server start with settings of ours. Not by the chart's values: what is mounted by those, the init container of the server mounts
 * too, and its `chmod -R 777 /home/django` fails at a file of a ConfigMap.
 */
export const registrationClosed = (settings: ServerSettings): Fix => ({
  id: "registration-closed",
  why: "CVAT has no switch for it and makes an account for anybody who asks; settings mounted into its server close registration and password reset.",
  source:
    "cvat-real-second-look.md section 1, measured; cvat/apps/iam/urls.py; permissionFix of helm-chart/templates/_helpers.tpl, 0.15.0 to 2.64.0",
  matches: (object) => object.kind === "Deployment" && object.metadata.name === CHART_OBJECTS.serverDeployment,
  stillNeeded: (object) => !containersOf(object).some(({ env }) => env?.some(names(settings))),
  apply: (object) => {
    const { metadata, spec } = templateOf(object);
    metadata.annotations = { ...metadata.annotations, [SETTINGS_ANNOTATION]: settingsStamp(settings) };
    spec.volumes = [...(spec.volumes ?? []), ...volumes(settings)];
    for (const container of containersOf(object)) {
      container.env = [...(container.env ?? []), { name: SETTINGS_VARIABLE, value: settings.module }];
      container.volumeMounts = [...(container.volumeMounts ?? []), ...mounts(settings)];
    }
  },
});

function volumes({ package: ours }: ServerSettings): NonNullable<PodSpec["volumes"]> {
  const configMap = { name: SETTINGS_CONFIG_MAP };
  const items = Object.keys(ours?.files ?? {}).map((key) => ({ key, path: key }));
  return [
    { name: VOLUME, configMap },
    ...(ours === undefined ? [] : [{ name: PACKAGE_VOLUME, configMap: { ...configMap, items } }]),
  ];
}

function mounts({ package: ours }: ServerSettings): NonNullable<Container["volumeMounts"]> {
  return [
    { name: VOLUME, mountPath: SETTINGS_PATH, subPath: SETTINGS_FILE, readOnly: true },
    ...(ours === undefined ? [] : [{ name: PACKAGE_VOLUME, mountPath: packagePath(ours.name), readOnly: true }]),
  ];
}

const names =
  ({ module }: ServerSettings) =>
  ({ name, value }: { name: string; value?: string }) =>
    name === SETTINGS_VARIABLE && value === module;
