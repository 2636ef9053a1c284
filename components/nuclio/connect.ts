import type { ClusterAccess } from "../kubernetes/cluster.ts";
import { dashboard, type DashboardOptions } from "./client/dashboard.ts";
import { functionObjects } from "./client/function-objects.ts";
import { kubeConfig } from "../kubernetes/kube-config.ts";
import { serviceProxy } from "../kubernetes/service-proxy.ts";
import type { Nuclio } from "./sides.ts";
import { DASHBOARD } from "./names.ts";

/** Nuclio of a namespace, reached with the rights of the kubeconfig. */
export async function connect(
  access: ClusterAccess,
  namespace: string,
  options: Omit<DashboardOptions, "namespace"> = {},
): Promise<Nuclio> {
  const config = await kubeConfig(access);
  return {
    dashboard: dashboard(serviceProxy(config, { namespace, ...DASHBOARD }, options.signal), { namespace, ...options }),
    objects: await functionObjects(config, namespace, options.signal),
  };
}
