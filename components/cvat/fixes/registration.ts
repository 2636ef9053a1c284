import type { Fix } from "../../charts/fixes.ts";
import type { RenderedObject } from "../../kubernetes/rendered-object.ts";
import { containersOf, podTemplate, type PodTemplate } from "../../charts/pods.ts";
import { CHART_OBJECTS } from "../names.ts";
import {
  SETTINGS_ANNOTATION,
  SETTINGS_CONFIG_MAP,
  SETTINGS_FILE,
  SETTINGS_MODULE,
  SETTINGS_PATH,
  SETTINGS_STAMP,
  SETTINGS_VARIABLE,
} from "../registration/settings.ts";

const VOLUME = "vision-platform-settings";

/**
 * Has the server start with settings of ours. Not by the chart's values: what is mounted by those, the init container of the server mounts
 * too, and its `chmod -R 777 /home/django` fails at a file of a ConfigMap.
 */
export const registrationClosed: Fix = {
  id: "registration-closed",
  why: "CVAT has no switch for it and makes an account for anybody who asks; settings mounted into its server close registration and password reset.",
  source:
    "cvat-real-second-look.md section 1, measured; cvat/apps/iam/urls.py; permissionFix of helm-chart/templates/_helpers.tpl, 0.15.0 to 2.64.0",
  matches: (object) => object.kind === "Deployment" && object.metadata.name === CHART_OBJECTS.serverDeployment,
  stillNeeded: (object) => !containersOf(object).some(({ env }) => env?.some(isOurs)),
  apply: (object) => {
    const { metadata, spec } = templateOf(object);
    metadata.annotations = { ...metadata.annotations, [SETTINGS_ANNOTATION]: SETTINGS_STAMP };
    spec.volumes = [...(spec.volumes ?? []), { name: VOLUME, configMap: { name: SETTINGS_CONFIG_MAP } }];
    for (const container of containersOf(object)) {
      container.env = [...(container.env ?? []), { name: SETTINGS_VARIABLE, value: SETTINGS_MODULE }];
      const mount = { name: VOLUME, mountPath: SETTINGS_PATH, subPath: SETTINGS_FILE, readOnly: true };
      container.volumeMounts = [...(container.volumeMounts ?? []), mount];
    }
  },
};

const isOurs = ({ name, value }: { name: string; value?: string }) =>
  name === SETTINGS_VARIABLE && value === SETTINGS_MODULE;

function templateOf(object: RenderedObject): Required<PodTemplate> {
  const template = podTemplate(object);
  if (template?.spec === undefined) throw new Error(`${object.kind} ${object.metadata.name} has no pod`);
  template.metadata ??= {};
  return template as Required<PodTemplate>;
}
