/** Release name of the chart that brings Nuclio along, which is CVAT's. Its objects are named after it, and server and chart count on several of these names. */
export const RELEASE = "cvat";

/** The project CVAT looks for its functions in; fixed in CVAT. (cvat: lambda_manager/views.py, LambdaGateway) */
export const PROJECT = "cvat";

/**
 * Label of a function that names the runtime class of its pods. The platform configuration selects by it. Nuclio takes labels when a
 * function is made and never again. (nuclio.md, 2c and 3b)
 */
export const RUNTIME_CLASS_LABEL = "vision-platform/runtime-class";

/** Label of a function that names its event timeout, where the platform configuration gives it its runtime class; it selects by both. */
export const EVENT_TIMEOUT_LABEL = "vision-platform/event-timeout";

/** Annotation of a function: a digest of what this program handed over last, so that the next run knows it in Nuclio itself. */
export const HANDED_OVER = "vision-platform/handed-over";

export const PROJECT_LABEL = "nuclio.io/project-name";

/** Label of a function's pods and Deployment. */
export const FUNCTION_LABEL = "nuclio.io/function-name";

/** Objects of Nuclio's chart inside CVAT's. (nuclio.md, 1) */
export const DASHBOARD = { service: `${RELEASE}-nuclio-dashboard`, port: 8070 } as const;
export const NUCLIO_DEPLOYMENTS = [`${RELEASE}-nuclio-controller`, `${RELEASE}-nuclio-dashboard`] as const;

/**
 * Milliseconds within which a call through the dashboard has its answer, or none: its image has an nginx in front, whose own limit nobody
 * changed. (nuclio-real.md, F18; nginx.org, proxy_read_timeout)
 */
export const ANSWERED_WITHIN_MS = 60_000;

/** Selects the pods of the dashboard. (nuclio: hack/k8s/helm, deployment/dashboard.yaml) */
export const DASHBOARD_PODS = "nuclio.io/app=dashboard";

/** Names that Nuclio keeps for itself. (nuclio: ResolveReservedResourceNames) */
export const RESERVED_NAMES: readonly string[] = ["dashboard", "controller", "dlx", "scaler"];

/** Name of the Deployment, the Service and the ConfigMap of a function. */
export function objectOf(name: string): string {
  return `nuclio-${name}`;
}

/** What Nuclio asks for where a function asks for nothing, or for 0. (nuclio: platformconfig, EnrichFunctionContainerResources) */
export const ASKED_BY_NUCLIO: Readonly<Record<string, string>> = { cpu: "25m", memory: "1Mi" };
