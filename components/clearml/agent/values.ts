import type * as pulumi from "@pulumi/pulumi";
import { mergeValues, type Values } from "../../charts/merge.ts";
import { S3_VARIABLES, type ClearmlUrls } from "../conf.ts";
import { authorityVolume } from "../../storage/authority.ts";
import type { Env } from "../credentials.ts";
import { DIGEST_ANNOTATION } from "../values.ts";
import type { AgentConfig } from "./config.ts";
import { AGENT_IMAGE, AGENT_SECRETS, CREDENTIAL_KEYS } from "./names.ts";

export interface AgentValuesArgs {
  config: AgentConfig;
  /** The server as pods reach it. */
  urls: ClearmlUrls;
  /** Whether the credentials' Secret has keys of the object store. */
  s3: boolean;
  /** ConfigMap with the certificates of the object store's private authority. Default: none. */
  authority?: pulumi.Input<string> | undefined;
  /** Digest of what the agent reads from Secrets, as a secret Output or text: the pod starts anew when it changes. */
  digest: pulumi.Input<string>;
}

/** Values of the `clearml-agent` chart, 5.3. They hold no secret: credentials and configuration are in Secrets that they name. */
export function agentValues({ config, urls, s3, authority, digest }: AgentValuesArgs): Values {
  const { image, tasks } = config;
  const ours: Values = {
    // With only one of them set the chart still renders a Secret of its own, with placeholders. (clearml.md 2.1)
    clearml: {
      existingAgentk8sglueSecret: AGENT_SECRETS.credentials,
      existingClearmlConfigSecret: AGENT_SECRETS.configuration,
    },
    agentk8sglue: {
      image: { registry: image.registry, repository: image.repository, tag: image.tag },
      apiServerUrlReference: urls.api,
      fileServerUrlReference: urls.files,
      webServerUrlReference: urls.web,
      queue: config.queue,
      createQueueIfNotExists: false,
      defaultContainerImage: tasks.image,
      annotations: { [DIGEST_ANNOTATION]: digest },
      nodeSelector: config.nodeSelector,
      tolerations: config.tolerations,
      ...placedWhereItWasCarried(image.delivery),
      resources: config.resources,
      extraEnvs: [
        { name: "K8S_GLUE_POD_AGENT_INSTALL_ARGS", value: `==${AGENT_IMAGE.agent}` },
        ...(config.maxPods === undefined ? [] : [{ name: "K8S_GLUE_MAX_PODS", value: String(config.maxPods) }]),
        ...s3Env(s3),
      ],
      ...authorityVolumes(authority),
      basePodTemplate: {
        ...authorityVolumes(authority),
        resources: taskResources(tasks),
        nodeSelector: tasks.nodeSelector,
        tolerations: tasks.tolerations,
        env: [...s3Env(s3), ...Object.entries(tasks.environment).map(([name, value]) => ({ name, value }))],
      },
    },
  };
  return mergeValues(ours, config.values);
}

/** Elsewhere its image could not be pulled. */
function placedWhereItWasCarried({ by, nodes }: AgentConfig["image"]["delivery"]): Values {
  if (by === "registry") return {};
  const names = { key: "kubernetes.io/hostname", operator: "In", values: nodes.map(({ node }) => node) };
  const required = { nodeSelectorTerms: [{ matchExpressions: [names] }] };
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } } };
}

/** RuntimeClass of the tasks' pods; none without a GPU. */
export function runtimeClassOf({ gpus, runtimeClass }: AgentConfig["tasks"]): string | undefined {
  return gpus > 0 && runtimeClass !== "" ? runtimeClass : undefined;
}

/** NVIDIA_VISIBLE_DEVICES is left to the device plugin: `all` would show every GPU of the node to a task that was given one. (facts 8.24) */
export function taskResources({ gpus, resources }: AgentConfig["tasks"]): AgentConfig["tasks"]["resources"] {
  return gpus === 0 ? resources : { ...resources, limits: { ...resources.limits, "nvidia.com/gpu": String(gpus) } };
}

function authorityVolumes(configMap: pulumi.Input<string> | undefined): Values {
  if (configMap === undefined) return {};
  const { volume, mount } = authorityVolume(configMap);
  return { volumes: [volume], volumeMounts: [mount] };
}

function s3Env(wanted: boolean): Env[] {
  const env = (name: string, key: string): Env => ({
    name,
    valueFrom: { secretKeyRef: { name: AGENT_SECRETS.credentials, key } },
  });
  return wanted
    ? [
        env(S3_VARIABLES.accessKey, CREDENTIAL_KEYS.s3AccessKey),
        env(S3_VARIABLES.secretKey, CREDENTIAL_KEYS.s3SecretKey),
      ]
    : [];
}
