import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { vectorStamp } from "../../components/cvat/analytics.ts";
import { cvatConfig } from "../../components/cvat/cvat-section.ts";
import { ingressAnnotations, publicUrl, traefikObjects } from "../../components/cvat/ingress.ts";
import { mergeValues } from "../../components/charts/merge.ts";
import { registryKey } from "../../components/images/registry-credentials.ts";
import { cvatValues, smokescreenOptions } from "../../components/cvat/values.ts";
import { plannedCvat } from "../fixtures/inputs/planned.ts";

const MIDDLEWARES = "traefik.ingress.kubernetes.io/router.middlewares";

/** The values of a stack with these keys, without keys that are not set, as Helm gets them. */
function valuesOf(config: unknown, smokescreen = ""): unknown {
  const values = cvatValues({
    plan: plannedCvat(config),
    clickhousePassword: "a-password",
    registrySecret: "cvat-nuclio-registry",
    smokescreen,
  });
  return JSON.parse(JSON.stringify(values));
}

const OURS = (name: string) => ({ secret: { create: false, name } });

const HOMELAB = {
  cvat: {
    backend: {
      image: "cvat/server",
      tag: "v2.64.0",
      imagePullPolicy: "IfNotPresent",
      additionalEnv: [],
      defaultStorage: { enabled: true, size: "50Gi", accessModes: ["ReadWriteMany"], storageClassName: "longhorn" },
      server: { replicas: 1, envs: { ALLOWED_HOSTS: "*" } },
      worker: {
        annotation: { replicas: 1 },
        chunks: { replicas: 1 },
        consensus: { replicas: 1 },
        export: { replicas: 1 },
        import: { replicas: 1 },
        qualityreports: { replicas: 1 },
        utils: { replicas: 1 },
        webhooks: { replicas: 1 },
      },
      service: { annotations: {} },
    },
    frontend: { image: "cvat/ui", tag: "v2.64.0", replicas: 1, imagePullPolicy: "IfNotPresent" },
    kvrocks: {
      ...OURS("cvat-kvrocks-secret"),
      existingSecret: "cvat-kvrocks-secret",
      defaultStorage: { size: "50Gi", storageClassName: "longhorn" },
    },
  },
  postgresql: {
    auth: { existingSecret: "cvat-postgres-secret", username: "cvat", database: "cvat" },
    ...OURS("cvat-postgres-secret"),
    primary: { persistence: { enabled: true, size: "10Gi", storageClass: "longhorn" } },
  },
  redis: {
    auth: { existingSecret: "cvat-redis-secret", existingSecretPasswordKey: "password" },
    ...OURS("cvat-redis-secret"),
    networkPolicy: { enabled: false },
    master: {
      persistence: { enabled: true, size: "8Gi", storageClass: "longhorn" },
      resources: {
        requests: { cpu: "100m", memory: "256Mi", "ephemeral-storage": "50Mi" },
        limits: { memory: "1Gi", "ephemeral-storage": "2Gi" },
      },
    },
  },
  analytics: {
    enabled: true,
    clickhouseDb: "cvat",
    clickhouseUser: "cvat",
    clickhousePassword: "a-password",
    ingress: { annotations: { [MIDDLEWARES]: "cvat-signed-in@kubernetescrd" } },
  },
  clickhouse: {
    enabled: true,
    auth: { username: "cvat" },
    persistence: { enabled: true, size: "10Gi", storageClass: "longhorn" },
  },
  vector: { rollWorkload: false, podAnnotations: { "vision-platform/configuration": vectorStamp("2.64.0") } },
  grafana: {
    admin: { existingSecret: "cvat-grafana-admin", userKey: "admin-user", passwordKey: "admin-password" },
    testFramework: { enabled: false },
    persistence: { enabled: true, size: "5Gi", storageClassName: "longhorn" },
    deploymentStrategy: { type: "Recreate" },
    "grafana.ini": {
      server: { root_url: "%(protocol)s://%(domain)s/analytics/", serve_from_sub_path: true },
      auth: { disable_login_form: true },
      "auth.basic": { enabled: false },
      "auth.anonymous": { org_role: "Viewer" },
    },
  },
  nuclio: {
    enabled: true,
    dashboard: { containerBuilderKind: "kaniko" },
    // Not debug, Nuclio's own: it writes pictures and environments into its log.
    platform: {
      logger: {
        sinks: { stdout: { kind: "stdout" } },
        system: [{ level: "info", sink: "stdout" }],
        functions: [{ level: "info", sink: "stdout" }],
      },
    },
  },
  ingress: { enabled: true, hostname: "", className: "traefik", tls: false },
  smokescreen: { opts: "--allow-address=10.43.0.9:9000" },
  traefik: { enabled: false },
};

describe("values of the CVAT chart", () => {
  it("are these for a homelab", () => {
    expect(valuesOf({}, smokescreenOptions(["10.43.0.9:9000"], []))).toEqual(HOMELAB);
  });

  it.each<[string, unknown, object]>([
    [
      "workers, each by its name",
      { workers: { chunks: { replicas: 2, resources: { limits: { memory: "4Gi" } } } } },
      {
        cvat: {
          backend: {
            worker: { chunks: { replicas: 2, resources: { limits: { memory: "4Gi" } } }, export: { replicas: 1 } },
          },
        },
      },
    ],
    [
      "storage classes of single claims",
      {
        data: { storageClass: "nfs" },
        kvrocks: { storageClass: "local-path", size: "80Gi" },
        postgresql: { storageClass: "ssd" },
      },
      {
        cvat: {
          backend: { defaultStorage: { storageClassName: "nfs" } },
          kvrocks: { defaultStorage: { storageClassName: "local-path", size: "80Gi" } },
        },
        postgresql: { primary: { persistence: { storageClass: "ssd" } } },
        redis: { master: { persistence: { storageClass: "longhorn" } } },
      },
    ],
    [
      "one node for all that mount the data",
      { data: { accessMode: "ReadWriteOnce", node: "gpu-node" } },
      {
        cvat: {
          backend: {
            defaultStorage: { accessModes: ["ReadWriteOnce"] },
            affinity: {
              nodeAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: {
                  nodeSelectorTerms: [
                    { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["gpu-node"] }] },
                  ],
                },
              },
            },
          },
        },
      },
    ],
    [
      "images from another registry",
      {
        images: {
          server: "r.example:5000/cvat/server:v2.64.0",
          opa: "r.example:5000/opa:1.12.2",
          kvrocks: "r.example:5000/kvrocks:2.15.0",
        },
      },
      {
        cvat: {
          backend: { image: "r.example:5000/cvat/server", tag: "v2.64.0" },
          frontend: { image: "cvat/ui" },
          opa: { image: "r.example:5000/opa", tag: "1.12.2" },
          kvrocks: { image: "r.example:5000/kvrocks", tag: "2.15.0" },
        },
      },
    ],
    [
      "a host name with https, in the Ingress, in links and in Grafana",
      { ingress: { host: "cvat.example.org", tls: { secretName: "cvat-tls" }, className: "other" } },
      {
        ingress: { hostname: "cvat.example.org", tls: true, tlsSecretName: "cvat-tls", className: "other" },
        cvat: { backend: { additionalEnv: [{ name: "CVAT_BASE_URL", value: "https://cvat.example.org" }] } },
        grafana: {
          "grafana.ini": { server: { root_url: "https://cvat.example.org/analytics/", serve_from_sub_path: true } },
        },
      },
    ],
    [
      "allowed hosts, with the names the cluster calls the server by",
      { namespace: "label", server: { allowedHosts: ["cvat.example.org"] } },
      {
        cvat: {
          backend: {
            server: { envs: { ALLOWED_HOSTS: "cvat.example.org,cvat-backend-service,cvat-backend-service.label.svc" } },
          },
        },
      },
    ],
    [
      "limits of requests, where Traefik takes them",
      { ingress: { bodySize: "10Gi", responseTimeout: "5m" } },
      {
        cvat: {
          ingress: { annotations: { [MIDDLEWARES]: "cvat-body-size@kubernetescrd" } },
          backend: {
            service: {
              annotations: {
                "traefik.ingress.kubernetes.io/service.serverstransport": "cvat-server@kubernetescrd",
              },
            },
          },
        },
      },
    ],
    [
      "a registry for Nuclio, credentials by Secret alone",
      { nuclio: { registry: { url: "r.example:5000", username: "u", password: "p" } } },
      { nuclio: { enabled: true, registry: { pushPullUrl: "r.example:5000", secretName: "cvat-nuclio-registry" } } },
    ],
    [
      "a registry in the lab that speaks http",
      { nuclio: { registry: { url: "192.0.2.30:5000", insecure: true } } },
      { nuclio: { dashboard: { kaniko: { insecurePushRegistry: true, insecurePullRegistry: true } } } },
    ],
    [
      "another Nuclio, by the variables the server reads",
      {
        nuclio: { enabled: false, external: { host: "nuclio.example", port: 8070, namespace: "nuclio" } },
        env: { CVAT_NUCLIO_SCHEME: "https" },
      },
      {
        nuclio: { enabled: false },
        cvat: {
          backend: {
            additionalEnv: [
              { name: "CVAT_SERVERLESS", value: "1" },
              { name: "CVAT_NUCLIO_HOST", value: "nuclio.example" },
              { name: "CVAT_NUCLIO_PORT", value: "8070" },
              { name: "CVAT_NUCLIO_FUNCTION_NAMESPACE", value: "nuclio" },
              { name: "CVAT_NUCLIO_SCHEME", value: "https" },
            ],
          },
        },
      },
    ],
    [
      "a level of Nuclio's own log that the stack says, beside what it does not say",
      { values: { nuclio: { platform: { logger: { system: [{ level: "debug", sink: "stdout" }] } } } } },
      {
        nuclio: {
          platform: {
            logger: {
              system: [{ level: "debug", sink: "stdout" }],
              functions: [{ level: "info", sink: "stdout" }],
            },
          },
        },
      },
    ],
    [
      "the stack's own values, last",
      {
        values: {
          cvat: { backend: { server: { livenessProbe: { initialDelaySeconds: 600 } } } },
          grafana: { plugins: [] },
        },
      },
      {
        cvat: {
          backend: { image: "cvat/server", server: { replicas: 1, livenessProbe: { initialDelaySeconds: 600 } } },
        },
        grafana: { plugins: [], testFramework: { enabled: false } },
      },
    ],
  ])("hold %s", (_, config, expected) => expect(valuesOf(config)).toMatchObject(expected));

  it("switch analytics off as a whole, and keep ClickHouse's chart for the templates Redis's needs", () => {
    const values = valuesOf({ analytics: { enabled: false } }) as Record<string, unknown>;
    expect(values.analytics).toEqual({ enabled: false });
    expect(values.clickhouse).toEqual({ enabled: true, shards: 0 });
    expect(Object.keys(values)).not.toEqual(expect.arrayContaining(["vector"]));
    expect(JSON.stringify(values)).not.toMatch(/grafana|signed-in|a-password/);
  });

  it("name no key that charts before 2.56 do not know", () => {
    const values = valuesOf({ version: "2.48.1", ingress: { bodySize: "1Gi" } }) as typeof HOMELAB;
    expect(values.analytics).not.toHaveProperty("ingress");
    expect(values.cvat).not.toHaveProperty("ingress");
  });

  it("put the ClickHouse password where it was handed in, and no other secret", () => {
    const password = pulumi.secret("from-the-stack");
    const plan = plannedCvat({ nuclio: { registry: { url: "r.example", username: "u", password: "p" } } });
    const values = cvatValues({
      plan,
      clickhousePassword: password,
      registrySecret: "cvat-nuclio-registry",
      smokescreen: "",
    });
    const outputs: string[] = [];
    const walk = (value: unknown, path: string) => {
      if (pulumi.Output.isInstance(value)) outputs.push(path);
      else if (typeof value === "object" && value !== null)
        for (const [key, item] of Object.entries(value)) walk(item, `${path}.${key}`);
    };
    walk(values, "");
    expect(outputs).toEqual([".analytics.clickhousePassword"]);
    expect((values.analytics as Record<string, unknown>).clickhousePassword).toBe(password);
  });
});

describe("Smokescreen", () => {
  it.each<[string[], string[], string]>([
    [[], [], ""],
    [["10.43.0.9:9000", "192.0.2.7"], [], "--allow-address=10.43.0.9:9000 --allow-address=192.0.2.7"],
    [["10.43.0.9:9000"], ["192.0.2.0/24"], "--allow-address=10.43.0.9:9000 --allow-range=192.0.2.0/24"],
  ])("lets %j and %j through", (addresses, ranges, options) =>
    expect(smokescreenOptions(addresses, ranges)).toBe(options),
  );
});

describe("CVAT behind Traefik", () => {
  it("makes the Middlewares and transports its annotations name, and no others", () => {
    const config = cvatConfig.parse({ namespace: "label", ingress: { bodySize: "1Gi", responseTimeout: "90s" } });
    const apiVersion = "traefik.io/v1alpha1";
    expect(traefikObjects(config)).toEqual([
      {
        apiVersion,
        kind: "Middleware",
        name: "signed-in",
        spec: {
          forwardAuth: {
            address: "http://cvat-backend-service.label.svc:8080/analytics",
            authRequestHeaders: ["Cookie", "Authorization"],
          },
        },
      },
      { apiVersion, kind: "Middleware", name: "body-size", spec: { buffering: { maxRequestBodyBytes: 1073741824 } } },
      {
        apiVersion,
        kind: "ServersTransport",
        name: "server",
        spec: { forwardingTimeouts: { responseHeaderTimeout: "90s" } },
      },
    ]);
    expect(ingressAnnotations(config)).toEqual({
      cvat: { [MIDDLEWARES]: "label-body-size@kubernetescrd" },
      "cvat-analytics": { [MIDDLEWARES]: "label-signed-in@kubernetescrd" },
    });
    expect(traefikObjects(cvatConfig.parse({ analytics: { enabled: false } }))).toEqual([]);
    expect(ingressAnnotations(cvatConfig.parse({ analytics: { enabled: false } }))).toEqual({});
  });

  it.each<[unknown, string]>([
    [{}, "http://192.0.2.20"],
    [{ ingress: { host: "cvat.example.org" } }, "http://cvat.example.org"],
    [{ ingress: { host: "cvat.example.org", tls: { secretName: "t" } } }, "https://cvat.example.org"],
  ])("is reached, with %j, at %s", (config, url) =>
    expect(publicUrl(cvatConfig.parse(config), "192.0.2.20")).toBe(url),
  );
});

describe("helpers of the values", () => {
  it("merges maps and replaces the rest, outputs included", () => {
    const output = pulumi.output("x");
    const base = { a: { b: 1, c: [1, 2] }, d: output };
    expect(mergeValues(base, { a: { c: [3] }, e: 2 })).toEqual({ a: { b: 1, c: [3] }, d: output, e: 2 });
    expect(mergeValues(base, { d: { f: 1 } }).d).toEqual({ f: 1 });
    expect(base).toEqual({ a: { b: 1, c: [1, 2] }, d: output });
  });

  it.each([
    ["registry.example:5000/lab", "registry.example:5000"],
    ["docker.io/someone", "https://index.docker.io/v1/"],
    ["registry-1.docker.io", "https://index.docker.io/v1/"],
  ])("looks credentials of %s up by %s", (url, key) => expect(registryKey(url)).toBe(key));
});
