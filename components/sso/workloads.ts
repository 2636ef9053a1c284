import type { Workload } from "../charts/workloads.ts";
import { selectorOf } from "./labels.ts";
import { PROXY_PORT, SESSIONS_PORT, SSO_OBJECTS } from "./names.ts";
import { proxyLabels } from "./proxy/objects.ts";
import { sessionsLabels } from "./sessions/objects.ts";

/** The pods of sign-in. */
export function ssoWorkloads(namespace: string): Workload[] {
  return [
    {
      namespace,
      name: SSO_OBJECTS.proxy,
      labels: selectorOf(proxyLabels),
      ports: [{ name: "http", port: PROXY_PORT }],
    },
    {
      namespace,
      name: SSO_OBJECTS.sessions,
      labels: selectorOf(sessionsLabels),
      ports: [{ name: "redis", port: SESSIONS_PORT }],
    },
  ];
}
