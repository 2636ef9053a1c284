import { RELEASE } from "../cvat/names.ts";

/** The project CVAT looks for its functions in; fixed in CVAT. (cvat: lambda_manager/views.py, LambdaGateway) */
export const PROJECT = "cvat";

/**
 * Label of a function that names the runtime class of its pods. The platform configuration selects by it. Nuclio takes labels when a
 * function is made and never again. (nuclio.md, 2c and 3b)
 */
export const RUNTIME_CLASS_LABEL = "vision-platform/runtime-class";

export const PROJECT_LABEL = "nuclio.io/project-name";

/** Label of a function's pods and Deployment. */
export const FUNCTION_LABEL = "nuclio.io/function-name";

/** Objects of Nuclio's chart inside CVAT's. (nuclio.md, 1) */
export const DASHBOARD = { service: `${RELEASE}-nuclio-dashboard`, port: 8070 } as const;
export const NUCLIO_DEPLOYMENTS = [`${RELEASE}-nuclio-controller`, `${RELEASE}-nuclio-dashboard`] as const;

/** Names that Nuclio keeps for itself. (nuclio: ResolveReservedResourceNames) */
export const RESERVED_NAMES: readonly string[] = ["dashboard", "controller", "dlx", "scaler"];

/** Name of the Deployment, the Service and the ConfigMap of a function. */
export function objectOf(name: string): string {
  return `nuclio-${name}`;
}
