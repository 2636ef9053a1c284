import type * as pulumi from "@pulumi/pulumi";
import { mergeValues, type Values } from "../../charts/merge.ts";
import { isMap } from "../../program/maps.ts";
import { mirrored, type Mirror } from "../../images/mirror.ts";
import { S3_VARIABLES, type ClearmlUrls } from "../conf.ts";
import { authorityVolume } from "../../storage/authority.ts";
import type { Env } from "../credentials.ts";
import { DIGEST_ANNOTATION } from "../values.ts";
import { AGENT_IMAGE, AGENT_SECRETS, CREDENTIAL_KEYS, DEFAULT_TASK_IMAGE } from "./names.ts";
import type { AgentPlan } from "./plan.ts";

export interface AgentValuesArgs {
  plan: AgentPlan;
  /** The server as pods reach it. */
  urls: ClearmlUrls;
  /** Whether the credentials' Secret has keys of the object store. */
  s3: boolean;
  /** ConfigMap with the certificates of the object store's private authority. Default: none. */
  authority?: pulumi.Input<string> | undefined;
  /** Where the image of tasks that name none is taken from. Default: from where it is published. */
  mirror?: Mirror | undefined;
  /** Digest of what the agent reads from Secrets, as a secret Output or text: the pod starts anew when it changes. */
  digest: pulumi.Input<string>;
}

/** Values of the `clearml-agent` chart, 5.3. They hold no secret: credentials and configuration are in Secrets that they name. */
export function agentValues({ plan, urls, s3, authority, mirror, digest }: AgentValuesArgs): Values {
  const { config } = plan;
  const { image, tasks } = config;
  const ours: Values = {
    // With only one of them set the chart still renders a Secret of its own, with placeholders. (clearml.md 2.1)
    clearml: {
      existingAgentk8sglueSecret: AGENT_SECRETS.credentials,
      existingClearmlConfigSecret: AGENT_SECRETS.configuration,
    },
    // The pods of tasks pull by it, too.
    ...(mirror?.pullSecret !== undefined && {
      imageCredentials: { enabled: true, existingSecret: mirror.pullSecret },
    }),
    agentk8sglue: {
      image: { registry: image.registry, repository: image.repository, tag: image.tag },
      apiServerUrlReference: urls.api,
      fileServerUrlReference: urls.files,
      webServerUrlReference: urls.web,
      queue: config.queue,
      createQueueIfNotExists: false,
      defaultContainerImage: taskImage(tasks.image, mirror),
      annotations: { [DIGEST_ANNOTATION]: digest },
      nodeSelector: config.nodeSelector,
      tolerations: config.tolerations,
      ...placedWhereItWasCarried(plan),
      resources: config.resources,
      extraEnvs: [
        { name: "K8S_GLUE_POD_AGENT_INSTALL_ARGS", value: INSTALL_ARGS },
        ...(config.maxPods === undefined ? [] : [{ name: "K8S_GLUE_MAX_PODS", value: String(config.maxPods) }]),
        ...s3Env(s3),
      ],
      basePodTemplate: {
        resources: plan.tasks.resources,
        nodeSelector: tasks.nodeSelector,
        tolerations: tasks.tolerations,
        env: [...s3Env(s3), ...Object.entries(tasks.environment).map(([name, value]) => ({ name, value }))],
      },
    },
  };
  const authorities = authority === undefined ? [] : [authorityVolume(authority)];
  const glue = config.values["agentk8sglue"];
  const volumes: Values = {
    agentk8sglue: {
      ...besideTheirs(authorities, glue),
      basePodTemplate: besideTheirs(
        [...authorities, sharedMemory(tasks.sharedMemory)],
        isMap(glue) ? glue["basePodTemplate"] : undefined,
      ),
    },
  };
  return mergeValues(mergeValues(ours, config.values), volumes);
}

/**
 * What each task's pod installs, as words of a line of bash. The agent imports pkg_resources, which setuptools 82 no longer has, and asks for an
 * older one only on Python 3.12 and later. (clearml-real.md A5)
 */
const INSTALL_ARGS = `==${AGENT_IMAGE.agent} 'setuptools<82'`;

/** One that the stack file names is taken from where it says. */
const taskImage = (image: string, mirror: Mirror | undefined) =>
  mirror && image === DEFAULT_TASK_IMAGE ? mirrored(image, mirror) : image;

interface PodVolume {
  volume: Values;
  mount: { name: string; mountPath: string };
}

/** A container has 64 MiB of it by itself, and the agent drops `--shm-size` of a task. (clearml-real.md A11) */
function sharedMemory(sizeLimit: string): PodVolume {
  const name = "shared-memory";
  return { volume: { name, emptyDir: { medium: "Memory", sizeLimit } }, mount: { name, mountPath: "/dev/shm" } };
}

/** Volumes of ours and those of the stack's own values, whose lists would replace ours; where both mount something, it is theirs. */
function besideTheirs(ours: readonly PodVolume[], theirs: unknown): Values {
  const volumes = listIn(theirs, "volumes");
  const mounts = listIn(theirs, "volumeMounts");
  const taken = new Set(mounts.map((mount) => (isMap(mount) ? mount["mountPath"] : undefined)));
  const kept = ours.filter(({ mount }) => !taken.has(mount.mountPath));
  if (kept.length === 0) return {};
  return {
    volumes: [...kept.map(({ volume }) => volume), ...volumes],
    volumeMounts: [...kept.map(({ mount }) => mount), ...mounts],
  };
}

function listIn(map: unknown, key: string): readonly unknown[] {
  const value = isMap(map) ? map[key] : undefined;
  return Array.isArray(value) ? value : [];
}

/** Elsewhere its image could not be pulled. */
function placedWhereItWasCarried({ config, nodes }: AgentPlan): Values {
  if (config.image.delivery.by === "registry") return {};
  const names = { key: "kubernetes.io/hostname", operator: "In", values: nodes.map(({ node }) => node) };
  const required = { nodeSelectorTerms: [{ matchExpressions: [names] }] };
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } } };
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
