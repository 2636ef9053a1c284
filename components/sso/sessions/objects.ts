import { labelsOf, selectorOf } from "../labels.ts";
import { SESSIONS_PORT, SSO_OBJECTS } from "../names.ts";
import { READ_ONLY_CONTAINER, restrictedPod, SECRET_MODE, stampedPod, type PodStamps } from "../pods.ts";
import { SECRET_KEYS } from "../secret-keys.ts";
import type { SsoConfig } from "../sso-config.ts";
import { PASSWORD_FILE, PASSWORD_FOLDER, SESSIONS_FILE, SESSIONS_FOLDER } from "./configuration.ts";

const LABELS = labelsOf("redis", "sign-in-sessions");
export const sessionsLabels = LABELS;

/** Numeric user of Redis' image. (github.com/redis/docker-library-redis: Dockerfile, adduser) */
const USER = 999;

/** It answers with an error to who has not signed in, and redis-cli ends well even so. */
const PROBE = ["sh", "-c", "redis-cli ping | grep -q PONG"];

/** The Redis that has the sessions. One pod: two behind one Service would each have half of them. */
export function sessionsDeployment({ sessions }: Pick<SsoConfig, "sessions">, stamps: PodStamps) {
  return {
    replicas: 1,
    selector: { matchLabels: selectorOf(LABELS) },
    strategy: { type: "Recreate" },
    template: {
      metadata: stampedPod(LABELS, stamps),
      spec: {
        ...restrictedPod(USER),
        containers: [
          {
            name: "redis",
            image: sessions.image,
            command: ["redis-server", `${SESSIONS_FOLDER}/${SESSIONS_FILE}`],
            ports: [{ name: "redis", containerPort: SESSIONS_PORT }],
            env: [
              {
                name: "REDISCLI_AUTH",
                valueFrom: { secretKeyRef: { name: SSO_OBJECTS.secret, key: SECRET_KEYS.sessions } },
              },
            ],
            resources: sessions.resources ?? ownResources(sessions.memory),
            securityContext: READ_ONLY_CONTAINER,
            readinessProbe: { exec: { command: PROBE }, periodSeconds: 5, timeoutSeconds: 3 },
            livenessProbe: {
              exec: { command: PROBE },
              initialDelaySeconds: 15,
              periodSeconds: 15,
              timeoutSeconds: 5,
              failureThreshold: 4,
            },
            terminationMessagePolicy: "FallbackToLogsOnError",
            volumeMounts: [
              { name: "configuration", mountPath: SESSIONS_FOLDER, readOnly: true },
              { name: "secrets", mountPath: PASSWORD_FOLDER, readOnly: true },
            ],
          },
        ],
        volumes: [
          { name: "configuration", configMap: { name: SSO_OBJECTS.sessions } },
          {
            name: "secrets",
            secret: {
              secretName: SSO_OBJECTS.secret,
              defaultMode: SECRET_MODE,
              items: [{ key: PASSWORD_FILE, path: PASSWORD_FILE }],
            },
          },
        ],
      },
    },
  };
}

/** How the proxy reaches it. */
export function sessionsService() {
  return {
    selector: selectorOf(LABELS),
    ports: [{ name: "redis", port: SESSIONS_PORT, targetPort: "redis" }],
  };
}

/** Sessions, as much again for what Redis needs beside them, and room to start in. */
function ownResources(memory: string) {
  const [, amount = "", unit = ""] = /^(\d+)(\w+)$/.exec(memory) ?? [];
  return { requests: { cpu: "10m", memory }, limits: { memory: `${Number(amount) * 2}${unit}` } };
}
