/** Release of the agent's chart; every object of it is named after it. */
export const AGENT_RELEASE = "clearml-agent";

/** Made by this program in the agent's namespace. */
export const AGENT_SECRETS = {
  credentials: "clearml-agent-credentials",
  configuration: "clearml-agent-configuration",
} as const;

/** Keys of the credentials' Secret. The first two are the chart's. */
export const CREDENTIAL_KEYS = {
  accessKey: "agentk8sglue_key",
  secretKey: "agentk8sglue_secret",
  s3AccessKey: "s3_access_key",
  s3SecretKey: "s3_secret_key",
} as const;

/**
 * What images/clearml-agent holds. 2.0.7 is the first agent that starts tasks of an open-source server again, and was run with server 2.0;
 * nobody is known to have tried 3.0 with it. (clearml.md 2.7, clearml-agent#223)
 */
export const AGENT_IMAGE = { agent: "2.0.7", kubectl: "1.35.4", tag: "2.0.7-2" } as const;

/** The image of tasks that name none, where the stack file names none either. */
export const DEFAULT_TASK_IMAGE = "nvidia/cuda:12.1.0-runtime-ubuntu22.04";

/** `registry.internal/clearml-agent:2.0.7-2`: what the chart makes of it. (registryNamePrefix in its _helpers.tpl) */
export function imageOf({ registry, repository, tag }: Record<"registry" | "repository" | "tag", string>): string {
  return `${registry}/${repository}:${tag}`;
}
