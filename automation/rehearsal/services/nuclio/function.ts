import type { LogLine } from "./deploy-log.ts";
import type { Stored } from "./kube.ts";

/** A function's spec, as far as it is read here; the rest is kept as it is. */
export interface Spec {
  description?: string;
  handler?: string;
  runtime?: string;
  image?: string;
  imageHash?: string;
  imagePullPolicy?: string;
  imagePullSecrets?: string;
  disable?: boolean;
  replicas?: number;
  minReplicas?: number;
  maxReplicas?: number;
  resources?: { limits?: Record<string, string | number>; requests?: Record<string, string | number> };
  env?: { name: string; value?: string }[];
  triggers?: Record<string, Trigger>;
  nodeSelector?: Record<string, string>;
  tolerations?: object[];
  securityContext?: object;
  serviceAccount?: string;
  affinity?: object;
  priorityClassName?: string;
  runtimeClassName?: string;
  deploymentStrategy?: object;
  serviceType?: string;
  readinessTimeoutSeconds?: number;
  waitReadinessTimeoutBeforeFailure?: boolean;
  disableDefaultHTTPTrigger?: boolean;
  build?: Build;
  [field: string]: unknown;
}

export interface Trigger {
  name?: string;
  kind?: string;
  numWorkers?: number;
  maxWorkers?: number;
  attributes?: { serviceType?: string; port?: number; [key: string]: unknown };
  [field: string]: unknown;
}

export interface Build {
  path?: string;
  functionSourceCode?: string;
  image?: string;
  registry?: string;
  codeEntryType?: string;
  codeEntryAttributes?: Record<string, string>;
  baseImage?: string;
  commands?: string[];
  [field: string]: unknown;
}

export interface Status {
  state?: string;
  message?: string;
  logs?: LogLine[];
  httpPort?: number;
  containerImage?: string;
  internalInvocationUrls?: string[];
  externalInvocationUrls?: string[];
  enrichedNodeSelector?: Record<string, string>;
  scaleToZero?: { lastScaleEvent: string; lastScaleEventTime: string };
}

/** A NuclioFunction. */
export interface NuclioFunctionObject extends Stored {
  spec: Spec;
  status?: Status;
}

export const PROJECT_LABEL = "nuclio.io/project-name";

/** Everything that is not one of these counts as being provisioned, nothing too. */
const PROVISIONED = ["ready", "error", "unhealthy", "scaledToZero", "imported"];

export function isProvisioning({ status }: NuclioFunctionObject): boolean {
  return !PROVISIONED.includes(status?.state ?? "");
}

/** Answered with a status and, but for 202 and 204, a JSON error. */
export class Problem extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
