import { describe, expect, it } from "vitest";
import type { Fix } from "../../components/charts/fixes.ts";
import type { RenderedObject } from "../../components/kubernetes/rendered-object.ts";
import { containersOf } from "../../components/charts/pods.ts";
import { DASHBOARDS, vectorToml } from "../../components/cvat/analytics.ts";
import { cvatFixes } from "../../components/cvat/fixes.ts";
import { kvrocksConfig } from "../../components/cvat/kvrocks/kvrocks-config.ts";
import { kvrocksStamp } from "../../components/cvat/kvrocks/file.ts";
import { REGISTRATION_CLOSED, settingsStamp } from "../../components/cvat/registration/settings.ts";

const MIDDLEWARES = "traefik.ingress.kubernetes.io/router.middlewares";
const SIGNED_IN = { [MIDDLEWARES]: "cvat-signed-in@kubernetescrd" };

/** Fixes as they are for the runbook's pair, where nothing else is said. */
function fixes(over: { cvat?: string; chart?: string } = {}): Fix[] {
  return cvatFixes({
    cvat: "2.39.0",
    chart: "0.17.1",
    ingressAnnotations: { "cvat-analytics": SIGNED_IN },
    settings: REGISTRATION_CLOSED,
    kvrocks: CACHE,
    initialisation: { stamp: "of today", patience: 600 },
    ...over,
  });
}

function fixNamed(id: string, over?: { cvat?: string; chart?: string }): Fix {
  const fix = fixes(over).find((one) => one.id === id);
  if (!fix) throw new Error(`no fix ${id}`);
  return fix;
}

interface Parts {
  name: string;
  labels: Record<string, string>;
  pod?: object;
  annotations?: Record<string, string>;
}

/** A workload with one template, as charts render it. */
function workload(kind: string, { name, labels, pod, annotations }: Parts): RenderedObject {
  return {
    apiVersion: kind === "Job" ? "batch/v1" : "apps/v1",
    kind,
    metadata: { name, namespace: "cvat", labels },
    spec: { template: { metadata: { labels, annotations }, spec: pod } },
  };
}

const tier = (of: string, more = {}) => ({ app: "cvat-app", tier: of, ...more });
const nonRoot = { runAsNonRoot: true };
const CACHE = kvrocksConfig.parse({ size: "20Gi", compactAt: "14:30" });
const initContainer = { name: "user-data-permission-fix", image: "busybox" };

function server(image: string, securityContext: object = nonRoot) {
  return workload("Deployment", {
    name: "cvat-backend-server",
    labels: tier("backend", { component: "server" }),
    pod: { initContainers: [initContainer], containers: [{ name: "cvat-backend", image, securityContext }] },
  });
}

function serverAnswering(hosts: string, httpHeaders?: object[]) {
  const httpGet = { path: "/api/server/about", port: 8080, ...(httpHeaders && { httpHeaders }) };
  return workload("Deployment", {
    name: "cvat-backend-server",
    labels: tier("backend", { component: "server" }),
    pod: {
      containers: [
        {
          name: "cvat-backend",
          image: "cvat/server:v2.64.0",
          env: [{ name: "ALLOWED_HOSTS", value: hosts }],
          readinessProbe: { httpGet: { ...httpGet } },
          livenessProbe: { httpGet: { ...httpGet } },
        },
      ],
    },
  });
}

const PASSWORD = ["--requirepass", "$(CVAT_REDIS_ONDISK_PASSWORD)"];
const DATA = { name: "cvat-kvrocks-data", mountPath: "/var/lib/kvrocks/db" };

/** As charts 0.15.1 to 2.64.0 render it: their time of compaction counts more than any file. */
function cache(image: string, args: string[], isMounted = false) {
  const file = { mountPath: "/var/lib/kvrocks/kvrocks.conf", subPath: "kvrocks.conf", readOnly: true };
  const pod = {
    containers: [
      {
        name: "cvat-kvrocks-app-container",
        image,
        args: [...args, ...PASSWORD],
        volumeMounts: isMounted ? [DATA, { name: "vision-platform-kvrocks", ...file }] : [DATA],
      },
    ],
    ...(isMounted && { volumes: [{ name: "vision-platform-kvrocks", configMap: { name: "cvat-kvrocks" } }] }),
  };
  const annotations = isMounted ? { "vision-platform/kvrocks": kvrocksStamp(CACHE) } : undefined;
  return workload("StatefulSet", { name: "cvat-kvrocks", labels: tier("kvrocks"), pod, annotations });
}

/** An old Kvrocks writes its file at each start, so it is told by its command line. */
function flaggedCache() {
  const object = cache("apache/kvrocks:2.7.0", ["--dir", "/var/lib/kvrocks/data"]);
  const flags = [
    ["--max-db-size", "12"],
    ["--rocksdb.wal_ttl_seconds", "10"],
    ["--rocksdb.wal_size_limit_mb", "512"],
    ["--rocksdb.max_total_wal_size", "512"],
    ["--compact-cron", "30 14 * * *"],
    ["--compaction-checker-range", ""],
  ];
  for (const one of containersOf(object)) one.args = [...(one.args ?? []), ...flags.flat()];
  return object;
}

function initializer(image: string, securityContext: object = nonRoot) {
  return workload("Job", {
    name: "cvat-backend-initializer-r1",
    labels: tier("backend", { component: "initializer" }),
    pod: { containers: [{ name: "cvat-backend", image, securityContext }] },
  });
}

/** The Job as it waits for its turn. */
function initialiserInTurn(stamp: string) {
  const object = initializer("cvat/server:v2.64.0");
  const { template } = object.spec as { template: { metadata: object; spec: { containers: object[] } } };
  template.metadata = { ...template.metadata, annotations: { "vision-platform/inputs": stamp } };
  Object.assign(template.spec, {
    volumes: [{ name: "cvat-initialisation", configMap: { name: "cvat-initialisation" } }],
  });
  const folder = "/etc/vision-platform/initialisation";
  Object.assign(template.spec.containers[0] ?? {}, {
    command: ["python3", `${folder}/once.py`, "580", "./backend_entrypoint.sh"],
    volumeMounts: [{ name: "cvat-initialisation", mountPath: folder, readOnly: true }],
    terminationMessagePolicy: "FallbackToLogsOnError",
  });
  return object;
}

function kvrocks(image: string, securityContext: object) {
  return workload("StatefulSet", {
    name: "cvat-kvrocks",
    labels: tier("kvrocks"),
    pod: {
      securityContext: { fsGroup: 999 },
      containers: [{ name: "cvat-kvrocks-app-container", image, securityContext }],
    },
  });
}

function frontend(image: string, port: number, securityContext: object = {}) {
  return workload("Deployment", {
    name: "cvat-frontend",
    labels: tier("frontend"),
    pod: {
      containers: [
        {
          name: "cvat-frontend-app-container",
          image,
          ports: [{ containerPort: port }],
          readinessProbe: { tcpSocket: { port }, periodSeconds: 10 },
          livenessProbe: { tcpSocket: { port }, periodSeconds: 10 },
          securityContext,
        },
      ],
    },
  });
}

function frontendService(targetPort: number): RenderedObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "cvat-frontend-service", labels: tier("frontend") },
    spec: { type: "ClusterIP", ports: [{ name: "http", port: 8000, targetPort, protocol: "TCP" }] },
  };
}

function configMap(name: string, data?: Record<string, string> | null): RenderedObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels: { app: "cvat-app" } }, data };
}

function vector(annotations?: Record<string, string>) {
  return workload("StatefulSet", {
    name: "cvat-vector",
    labels: { "app.kubernetes.io/name": "vector" },
    annotations,
    pod: { containers: [{ name: "vector", image: "timberio/vector:0.26.0-alpine" }] },
  });
}

function ingress(name: string, rule: object, annotations?: Record<string, string>): RenderedObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, ...(annotations && { annotations }) },
    spec: { ingressClassName: "traefik", rules: [{ ...rule, http: { paths: [] } }] },
  };
}

function worker(mounts: string[], volumes: string[]) {
  return workload("Deployment", {
    name: "cvat-backend-worker-export",
    labels: tier("backend", { component: "worker-export" }),
    pod: {
      containers: [{ name: "cvat-backend", image: "cvat/server:v2.64.0" }],
      initContainers: [{ ...initContainer, volumeMounts: mounts.map((name) => ({ name, mountPath: `/${name}` })) }],
      volumes: volumes.map((name) => ({ name })),
    },
  });
}

function database(name: string, image: string) {
  return workload("StatefulSet", {
    name: `cvat-${name}`,
    labels: { "app.kubernetes.io/name": name },
    pod: { containers: [{ name, image }], initContainers: [{ name: "init", image: "busybox:1.36.1" }] },
  });
}

/** The server with the chart's volume, and with settings of ours beside it where it has them. */
function serverWithSettings(ours: boolean) {
  const settings = { name: "vision-platform-settings", configMap: { name: "cvat-settings" } };
  const mount = { name: settings.name, subPath: "vision_platform.py", readOnly: true };
  const mounts = [{ ...mount, mountPath: "/home/django/cvat/settings/vision_platform.py" }];
  const data = { name: "cvat-backend-data", mountPath: "/home/django/data" };
  const variables = [{ name: "DJANGO_SETTINGS_MODULE", value: "cvat.settings.vision_platform" }];
  return workload("Deployment", {
    name: "cvat-backend-server",
    labels: tier("backend", { component: "server" }),
    annotations: ours ? { "vision-platform/settings": settingsStamp(REGISTRATION_CLOSED) } : undefined,
    pod: {
      initContainers: [{ ...initContainer, volumeMounts: [data] }],
      containers: [
        {
          name: "cvat-backend",
          image: "cvat/server:v2.64.0",
          env: [{ name: "ALLOWED_HOSTS", value: "*" }, ...(ours ? variables : [])],
          volumeMounts: [data, ...(ours ? mounts : [])],
        },
      ],
      volumes: [{ name: "cvat-backend-data" }, ...(ours ? [settings] : [])],
    },
  });
}

/** Fix, what is broken, how it must look afterwards. */
const BROKEN: [string, string, RenderedObject, RenderedObject, { cvat?: string; chart?: string }?][] = [
  [
    "backend-numeric-user",
    "an old server, but not its init container",
    server("cvat/server:v2.39.0"),
    server("cvat/server:v2.39.0", { runAsNonRoot: true, runAsUser: 1000 }),
  ],
  [
    "backend-numeric-user",
    "the initializer",
    initializer("registry.example/cvat/server:v2.43.0"),
    initializer("registry.example/cvat/server:v2.43.0", { runAsNonRoot: true, runAsUser: 1000 }),
  ],
  [
    "backend-numeric-user",
    "an image of the lab's own tag, by the release the stack names",
    server("registry.example/cvat/server:lab"),
    server("registry.example/cvat/server:lab", { runAsNonRoot: true, runAsUser: 1000 }),
  ],
  [
    "kvrocks-numeric-user",
    "an old Kvrocks",
    kvrocks("apache/kvrocks:2.12.1", nonRoot),
    kvrocks("apache/kvrocks:2.12.1", { runAsNonRoot: true, runAsUser: 999 }),
  ],
  [
    "frontend-runs-as-root",
    "old web pages",
    frontend("cvat/ui:v2.39.0", 80, nonRoot),
    frontend("cvat/ui:v2.39.0", 80, {}),
  ],
  ["frontend-port", "old web pages on a new chart", frontend("cvat/ui:v2.39.0", 8000), frontend("cvat/ui:v2.39.0", 80)],
  [
    "frontend-port",
    "new web pages on an old chart",
    frontend("cvat/ui:v2.48.1", 80),
    frontend("cvat/ui:v2.48.1", 8000),
  ],
  ["frontend-service-port", "a Service for new pages", frontendService(8000), frontendService(80)],
  ["frontend-service-port", "a Service for old pages", frontendService(80), frontendService(8000), { cvat: "2.48.1" }],
  [
    "server-probe-host",
    "a server that answers to one host",
    serverAnswering("cvat.example.org,cvat-backend-service"),
    serverAnswering("cvat.example.org,cvat-backend-service", [{ name: "Host", value: "cvat.example.org" }]),
  ],
  [
    "vector-configuration",
    "an empty ConfigMap",
    configMap("cvat-vector-config", {}),
    configMap("cvat-vector-config", { "vector.toml": vectorToml("0.17.1") }),
  ],
  [
    "vector-configuration",
    "a ConfigMap without data, on the old port",
    configMap("cvat-vector-config", null),
    configMap("cvat-vector-config", { "vector.toml": vectorToml("0.15.0") }),
    { chart: "0.15.0" },
  ],
  [
    "grafana-dashboards",
    "an empty ConfigMap",
    configMap("cvat-grafana-dashboards"),
    configMap("cvat-grafana-dashboards", DASHBOARDS),
  ],
  [
    "vector-checksum",
    "a checksum looked up",
    vector({ "checksum/vector.toml": "0123", "vision-platform/configuration": "4567" }),
    vector({ "vision-platform/configuration": "4567" }),
  ],
  ["ingress-middlewares", "an open Grafana", ingress("cvat-analytics", {}), ingress("cvat-analytics", {}, SIGNED_IN)],
  [
    "ingress-middlewares",
    "one among other annotations",
    ingress("cvat-analytics", {}, { other: "kept" }),
    ingress("cvat-analytics", {}, { other: "kept", ...SIGNED_IN }),
  ],
  ["ingress-any-host", "a null host", ingress("cvat", { host: null }), ingress("cvat", {})],
  ["ingress-any-host", "an empty host", ingress("cvat", { host: "" }), ingress("cvat", {})],
  [
    "init-container-volumes",
    "a mount without its volume",
    worker(["cvat-backend-data", "share"], ["cvat-backend-data"]),
    worker(["cvat-backend-data"], ["cvat-backend-data"]),
  ],
  [
    "kvrocks-bounded",
    "a cache that knows no limit",
    cache("apache/kvrocks:2.15.0", ["--compact-cron", "0 3 * * *"]),
    cache("apache/kvrocks:2.15.0", [], true),
  ],
  ["kvrocks-bounded", "an old one", cache("apache/kvrocks:2.7.0", ["--dir", "/var/lib/kvrocks/data"]), flaggedCache()],
  ["initialised-once", "a Job that begins at once", initializer("cvat/server:v2.64.0"), initialiserInTurn("of today")],
  ["registration-closed", "a server with CVAT's own settings", serverWithSettings(false), serverWithSettings(true)],
];

/** Fix, an object it is about, as it is right already. */
const RIGHT: [string, string, RenderedObject, { cvat?: string; chart?: string }?][] = [
  ["backend-numeric-user", "a server with a number in its image", server("cvat/server:v2.44.0")],
  ["backend-numeric-user", "a chart that demands nothing", server("cvat/server:v2.39.0", {})],
  ["backend-numeric-user", "a number in the chart", server("cvat/server:v2.39.0", { ...nonRoot, runAsUser: 1000 })],
  ["backend-numeric-user", "the lab's own tag of a new release", server("r.example/server:lab"), { cvat: "2.64.0" }],
  ["kvrocks-numeric-user", "the chart's own number", kvrocks("apache/kvrocks:2.12.1", { ...nonRoot, runAsUser: 999 })],
  ["kvrocks-numeric-user", "a number in the image", kvrocks("apache/kvrocks:2.15.0", nonRoot)],
  ["frontend-runs-as-root", "new web pages", frontend("cvat/ui:v2.44.0", 8000, nonRoot)],
  ["frontend-runs-as-root", "a chart that demands nothing", frontend("cvat/ui:v2.39.0", 80)],
  ["frontend-port", "old pages on an old chart", frontend("cvat/ui:v2.39.0", 80)],
  ["frontend-port", "new pages on a new chart", frontend("cvat/ui:v2.64.0", 8000)],
  ["frontend-service-port", "a Service for old pages", frontendService(80)],
  ["frontend-service-port", "a Service for new pages", frontendService(8000), { cvat: "2.64.0" }],
  ["server-probe-host", "a server that answers to all", serverAnswering("*")],
  [
    "server-probe-host",
    "probes with a host",
    serverAnswering("cvat.example.org", [{ name: "Host", value: "cvat.example.org" }]),
  ],
  ["vector-configuration", "the chart's own file", configMap("cvat-vector-config", { "vector.toml": "[sources.x]" })],
  ["grafana-dashboards", "the chart's own", configMap("cvat-grafana-dashboards", { "all_events.json": "{}" })],
  ["vector-checksum", "no annotations", vector()],
  ["vector-checksum", "our own stamp", vector({ "vision-platform/configuration": "4567" })],
  ["ingress-middlewares", "values of chart 2.56", ingress("cvat-analytics", {}, SIGNED_IN)],
  ["ingress-any-host", "a host name", ingress("cvat", { host: "cvat.example.org" })],
  ["ingress-any-host", "no host at all", ingress("cvat", {})],
  ["init-container-volumes", "mounts with volumes", worker(["cvat-backend-data"], ["cvat-backend-data", "share"])],
  ["kvrocks-bounded", "one with our file", cache("apache/kvrocks:2.12.1", [], true)],
  ["kvrocks-bounded", "one with our flags", flaggedCache()],
  ["initialised-once", "one that waits for its turn", initialiserInTurn("of today")],
  ["registration-closed", "a server with our settings", serverWithSettings(true)],
];

/** Objects of other charts or of other parts of CVAT, which a fix must leave alone. */
const FOREIGN: [string, RenderedObject][] = [
  ["backend-numeric-user", kvrocks("apache/kvrocks:2.12.1", nonRoot)],
  ["backend-numeric-user", database("postgresql", "docker.io/bitnami/postgresql:15.2.0-debian-11-r0")],
  ["kvrocks-numeric-user", server("cvat/server:v2.39.0")],
  [
    "frontend-service-port",
    { ...frontendService(8000), metadata: { name: "cvat-backend-service", labels: tier("backend") } },
  ],
  ["vector-configuration", configMap("cvat-grafana", {})],
  ["vector-checksum", database("redis", "public.ecr.aws/docker/library/redis:7.2.11")],
  ["ingress-middlewares", ingress("cvat", {})],
  ["init-container-volumes", database("redis", "redis:7.2.11")],
  ["kvrocks-bounded", database("redis", "redis:7.2.11")],
  ["initialised-once", server("cvat/server:v2.64.0")],
  ["registration-closed", worker([], [])],
  ["registration-closed", initializer("cvat/server:v2.64.0")],
];

describe("CVAT's fixes", () => {
  it("have one name, a reason and a source each, and each has its cases here", () => {
    const all = fixes();
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(all.filter(({ why, source }) => why.length < 30 || source.length < 15)).toEqual([]);
    expect([...new Set(BROKEN.map(([id]) => id))].sort()).toEqual(all.map(({ id }) => id).sort());
    expect([...new Set(RIGHT.map(([id]) => id))].sort()).toEqual(all.map(({ id }) => id).sort());
  });

  it("leave registration as CVAT has it where a stack opens it", () => {
    const open = cvatFixes({ cvat: "2.64.0", chart: "2.64.0", ingressAnnotations: {} });
    expect(open.map(({ id }) => id)).not.toContain("registration-closed");
  });

  it.each(BROKEN)("%s mends %s, once", (id, _, object, expected, over) => {
    const fix = fixNamed(id, over);
    const mended = structuredClone(object);
    expect([fix.matches(mended), fix.stillNeeded(mended)]).toEqual([true, true]);
    fix.apply(mended);
    expect(mended).toEqual(expected);
    expect([fix.matches(mended), fix.stillNeeded(mended)]).toEqual([true, false]);
  });

  it.each(RIGHT)("%s leaves %s", (id, _, object, over) => {
    const fix = fixNamed(id, over);
    expect([fix.matches(object), fix.stillNeeded(object)]).toEqual([true, false]);
  });

  it.each(FOREIGN)("%s is not about this object", (id, object) => expect(fixNamed(id).matches(object)).toBe(false));
});

describe("our own dashboard", () => {
  it("is the page Grafana opens, on the chart's data source, with a query in every panel", () => {
    expect(Object.keys(DASHBOARDS)).toEqual(["all_events.json"]);
    const dashboard = JSON.parse(DASHBOARDS["all_events.json"] ?? "") as {
      panels: { datasource: { type: string }; targets: { rawSql: string }[] }[];
    };
    expect(dashboard.panels.map(({ datasource }) => datasource.type)).toEqual(
      Array(5).fill("grafana-clickhouse-datasource"),
    );
    expect(dashboard.panels.filter(({ targets }) => !targets[0]?.rawSql.includes("FROM events"))).toEqual([]);
  });
});
