import type { EdgePlan } from "../../edge/route.ts";
import { labelsOf, selectorOf } from "../labels.ts";
import { PROXY_PORT, SSO_OBJECTS } from "../names.ts";
import { READ_ONLY_CONTAINER, restrictedPod, SECRET_MODE, stampedPod, type PodStamps } from "../pods.ts";
import { SECRET_KEYS } from "../secret-keys.ts";
import type { SsoConfig } from "../sso-config.ts";
import {
  ALPHA_FILE,
  alphaConfiguration,
  AUTHORITY_FILE,
  CONFIGURATION_FOLDER,
  CORE_FILE,
  coreConfiguration,
  SECRETS_FOLDER,
} from "./configuration.ts";
import { ERROR_PAGE_FILE, errorPage } from "./pages.ts";

const LABELS = labelsOf("oauth2-proxy", "sign-in");
export const proxyLabels = LABELS;

/** Numeric user of the proxy's image, which has nothing but the program. (gcr.io/distroless/static:nonroot) */
const USER = 65_532;

/** Where the proxy takes the password of its sessions from. (oauth2-proxy 7.15.6: pkg/apis/options/load.go, prefix of its environment) */
export const SESSIONS_PASSWORD_VARIABLE = "OAUTH2_PROXY_REDIS_PASSWORD";

/** Its files, none of them secret. @param passedOn what it passes on itself. Default: nothing */
export function proxyFiles(sso: SsoConfig, host: string, passedOn?: EdgePlan): Record<string, string> {
  return {
    [ALPHA_FILE]: alphaConfiguration(sso, passedOn),
    [CORE_FILE]: coreConfiguration(sso, host),
    [ERROR_PAGE_FILE]: errorPage(sso, host),
    ...(sso.issuerCa !== undefined && { [AUTHORITY_FILE]: sso.issuerCa }),
  };
}

/** The proxy. It ends at once when it reaches neither the issuer nor its sessions, and is started again. */
export function proxyDeployment({ proxy }: Pick<SsoConfig, "proxy">, stamps: PodStamps) {
  const file = (key: string) => ({ key, path: key });
  return {
    replicas: proxy.replicas,
    selector: { matchLabels: selectorOf(LABELS) },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    template: {
      metadata: stampedPod(LABELS, stamps),
      spec: {
        ...restrictedPod(USER),
        containers: [
          {
            name: "oauth2-proxy",
            image: proxy.image,
            args: [
              `--config=${CONFIGURATION_FOLDER}/${CORE_FILE}`,
              `--alpha-config=${CONFIGURATION_FOLDER}/${ALPHA_FILE}`,
            ],
            ports: [{ name: "http", containerPort: PROXY_PORT }],
            env: [
              {
                name: SESSIONS_PASSWORD_VARIABLE,
                valueFrom: { secretKeyRef: { name: SSO_OBJECTS.secret, key: SECRET_KEYS.sessions } },
              },
            ],
            resources: proxy.resources,
            securityContext: READ_ONLY_CONTAINER,
            // Without its sessions it would send everybody to a login that cannot end: nothing goes to such a pod.
            readinessProbe: { httpGet: { path: "/ready", port: "http" }, periodSeconds: 5, timeoutSeconds: 5 },
            livenessProbe: {
              httpGet: { path: "/ping", port: "http" },
              initialDelaySeconds: 10,
              periodSeconds: 15,
              timeoutSeconds: 5,
              failureThreshold: 4,
            },
            terminationMessagePolicy: "FallbackToLogsOnError",
            volumeMounts: [
              { name: "configuration", mountPath: CONFIGURATION_FOLDER, readOnly: true },
              { name: "secrets", mountPath: SECRETS_FOLDER, readOnly: true },
            ],
          },
        ],
        volumes: [
          { name: "configuration", configMap: { name: SSO_OBJECTS.proxy } },
          {
            name: "secrets",
            secret: {
              secretName: SSO_OBJECTS.secret,
              defaultMode: SECRET_MODE,
              items: [file(SECRET_KEYS.client), file(SECRET_KEYS.cookie)],
            },
          },
        ],
      },
    },
  };
}

/** How the edge reaches it. */
export function proxyService() {
  return {
    selector: selectorOf(LABELS),
    ports: [{ name: "http", port: PROXY_PORT, targetPort: "http" }],
  };
}
