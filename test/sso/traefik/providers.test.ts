import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import getPort from "get-port";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificateOnLoopback } from "../../../automation/rehearsal/certificate.ts";
import type { EdgeObject } from "../../../components/edge/route.ts";
import { until } from "../../../components/rest/until.ts";
import { TOKEN_HEADER } from "../../../components/sso/names.ts";
import { startChild } from "../../contract/sso/child.ts";
import { onLoopback, REAL, SIGNED_IN, startBackends, type Backends } from "../../fixtures/edge/backends.ts";
import { HOST, signInEdge, TOKEN_HOST, type SignInLab } from "../../fixtures/edge/lab.ts";
import { call } from "../../fixtures/edge/raw-call.ts";
import { startDefinedCluster, type DefinedCluster } from "./cluster.ts";
import { traefikProgram } from "./program.ts";

const COOKIE = `Cookie: ${SIGNED_IN}`;
const KEY = `Authorization: Token ${"0123456789".repeat(4)}`;
const FORGED = "forged.by.me";
const SECRET = "cvat-example-com";
const GATEWAY = { edge: "gateway", gateway: { name: "lab", namespace: "cvat", section: "https" } };

interface Provider {
  lab: SignInLab;
  settings: Record<string, unknown>;
  /** Objects of others that it needs. */
  others: (https: number) => EdgeObject[];
  tokenHost: string;
  /** By this provider Traefik is told of one spelling alone, and an exact path does not win over a prefix, whose rule is the longer text. */
  byAnnotations: boolean;
}

const PROVIDERS: [name: string, provider: Provider][] = [
  [
    "IngressRoutes",
    {
      lab: {},
      settings: { kubernetesCRD: { allowExternalNameServices: true } },
      others: () => [],
      tokenHost: HOST,
      byAnnotations: false,
    },
  ],
  [
    "a Gateway",
    {
      lab: { ingress: GATEWAY },
      settings: { kubernetesCRD: { allowExternalNameServices: true }, kubernetesGateway: {} },
      others: (https) => gatewayObjects(https),
      tokenHost: HOST,
      byAnnotations: false,
    },
  ],
  [
    "a Gateway with the proxy in the path",
    {
      lab: {
        ingress: { ...GATEWAY, gateway: { ...GATEWAY.gateway, implementation: "other" } },
        sso: { tokenHost: TOKEN_HOST },
      },
      settings: { kubernetesCRD: { allowExternalNameServices: true }, kubernetesGateway: {} },
      others: (https) => gatewayObjects(https),
      tokenHost: TOKEN_HOST,
      byAnnotations: false,
    },
  ],
  [
    "the annotations of ingress-nginx",
    {
      lab: { ingress: { edge: "ingress-nginx", className: "nginx" }, sso: { tokenHost: TOKEN_HOST } },
      settings: { kubernetesIngressNGINX: { httpEntryPoint: "web", httpsEntryPoint: "websecure" } },
      others: () => [
        {
          apiVersion: "networking.k8s.io/v1",
          kind: "IngressClass",
          name: "nginx",
          spec: { controller: "k8s.io/ingress-nginx" },
        },
      ],
      tokenHost: TOKEN_HOST,
      byAnnotations: true,
    },
  ],
];

let cluster: DefinedCluster;
let backends: Backends;
beforeAll(async () => {
  backends = await startBackends();
  cluster = await startDefinedCluster();
  const { certificate, key } = await certificateOnLoopback({
    authority: "test",
    subject: [{ name: "commonName", value: HOST }],
    names: [HOST, TOKEN_HOST],
  });
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const data = { "tls.crt": base64(certificate), "tls.key": base64(key) };
  const type = "kubernetes.io/tls";
  await apply({ apiVersion: "v1", kind: "Secret", metadata: { name: SECRET, namespace: "cvat" }, type, data });
  for (const [name, port] of Object.entries(backends.ports)) {
    // An API server takes no loopback address for a Service, but a name that leads there.
    const spec = { type: "ExternalName", externalName: "localhost", ports: [{ name: "http", port }] };
    await apply({ apiVersion: "v1", kind: "Service", metadata: { name, namespace: "cvat" }, spec });
  }
});
afterAll(async () => {
  await cluster.close();
  await backends.close();
});

describe.each(PROVIDERS)(
  "Traefik by %s from a real API server",
  (_, { lab, settings, others, tokenHost, byAnnotations }) => {
    let https: number;
    let close: () => Promise<void>;
    const ask = (host: string, at: string, headers: readonly string[] = []) =>
      call({ port: https, tls: true, lines: [`GET ${at} HTTP/1.1`, `Host: ${host}`, ...headers] });

    beforeAll(async () => {
      https = await getPort();
      for (const object of [...others(https), ...signInEdge(lab).objects.map(here)]) await apply(manifest(object));
      close = await startTraefik(https, settings);
      const open = tokenHost === HOST ? "/api/server/about" : "/api/tasks";
      await until(async () => (await ask(tokenHost, open).catch(() => undefined))?.status, {
        isDone: (status) => status === 200,
        everyMs: 250,
        withinMs: 60_000,
        late: (status) => new Error(`Traefik does not serve the routes: ${status}`),
      });
      backends.got();
    });
    afterAll(async () => {
      await close();
      for (const { kind, name } of signInEdge(lab).objects)
        await cluster.kubectl(["delete", kind, name, "-n", "cvat", "--ignore-not-found"]);
    });

    it("asks for a session, and lets in who has one, or a token", async () => {
      expect((await ask(HOST, "/tasks")).status).toBe(302);
      expect((await ask(HOST, "/api/tasks")).status).toBe(401);
      expect((await ask(HOST, "/admin/")).status).toBe(302);
      expect((await ask(HOST, "/api/tasks", ["Authorization: Bearer a.b.c"])).status).toBe(401);
      expect(backends.got()).toEqual([]);
      expect((await ask(HOST, "/tasks", [COOKIE])).status).toBe(200);
      expect((await ask(HOST, "/api/tasks", [COOKIE])).status).toBe(200);
      expect((await ask(tokenHost, "/api/tasks", [KEY])).status).toBe(200);
      expect(backends.got().map(({ service }) => service)).toEqual([
        "cvat-frontend-service",
        "cvat-backend-service",
        "cvat-backend-service",
      ]);
    });

    it("answers a sign-out, or closes more than it should", async () => {
      expect((await ask(HOST, "/api/sso/signed-out")).status).toBe(byAnnotations ? 401 : 200);
      backends.got();
    });

    it("takes a forged identity away", async () => {
      const spellings = [
        TOKEN_HEADER,
        TOKEN_HEADER.toLowerCase(),
        ...(byAnnotations ? [] : ["X_Sso_Token", "X.Sso.Token", "x-sso_token"]),
      ];
      const routes: [string, string, string[]][] = [
        [HOST, "/api/tasks", [COOKIE]],
        [tokenHost, "/api/tasks", [KEY]],
        ...(byAnnotations ? [] : ([[HOST, "/api/sso/signed-out", []]] as [string, string, string[]][])),
      ];
      for (const [host, at, headers] of routes)
        for (const spelling of spellings) {
          expect((await ask(host, at, [...headers, `${spelling}: ${FORGED}`])).status).toBe(200);
          const [got] = backends.got();
          expect(got?.raw.join("\n"), `${at} ${spelling}`).not.toContain(FORGED);
          expect(got?.raw.includes(REAL)).toBe(headers.includes(COOKIE));
        }
    });
  },
);

const gatewayObjects = (https: number): EdgeObject[] => [
  gatewayObject("GatewayClass", "traefik", { controllerName: "traefik.io/gateway-controller" }),
  gatewayObject("Gateway", "lab", {
    gatewayClassName: "traefik",
    listeners: [{ name: "https", port: https, protocol: "HTTPS", tls: { certificateRefs: [{ name: SECRET }] } }],
  }),
];

const gatewayObject = (kind: string, name: string, spec: Record<string, unknown>): EdgeObject => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind,
  name,
  spec,
});

/** An object with the ports and addresses that its Services have here. */
function here(object: EdgeObject): EdgeObject {
  const { ports } = backends;
  const text = JSON.stringify(onLoopback(object, ports))
    // IngressRoute
    .replace(/\{"name":"([a-z-]+)","port":\d+/g, (_, name: string) => `{"name":"${name}","port":${ports[name] ?? 1}`)
    // Ingress
    .replace(
      /"name":"([a-z-]+)","port":\{"number":\d+/g,
      (_, name: string) => `"name":"${name}","port":{"number":${ports[name] ?? 1}`,
    )
    // HTTPRoute, which takes no Service by a name: one of the file beside it.
    .replace(
      /"backendRefs":\[\{"name":"([a-z-]+)","port":\d+\}\]/g,
      (_, name: string) => `"backendRefs":[{"group":"traefik.io","kind":"TraefikService","name":"${name}@file"}]`,
    );
  return JSON.parse(text) as EdgeObject;
}

function manifest({ apiVersion, kind, name, annotations, spec }: EdgeObject): object {
  return { apiVersion, kind, metadata: { name, namespace: "cvat", ...(annotations && { annotations }) }, spec };
}

async function apply(object: object): Promise<void> {
  const { exitCode, all } = await cluster.kubectl(["apply", "--server-side", "-f", "-"], object);
  if (exitCode !== 0) throw new Error(all);
}

async function startTraefik(https: number, settings: Record<string, unknown>): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-traefik-"));
  const services = Object.entries(backends.ports).map(([name, port]) => [
    name,
    { loadBalancer: { servers: [{ url: `http://127.0.0.1:${port}` }] } },
  ]);
  await writeFile(
    path.join(folder, "services.yaml"),
    JSON.stringify({ http: { services: Object.fromEntries(services) as object } }),
  );
  const web = { address: `127.0.0.1:${await getPort()}` };
  const config = {
    entryPoints: { web, websecure: { address: `127.0.0.1:${https}`, http: { tls: {} } } },
    providers: { ...settings, file: { filename: path.join(folder, "services.yaml"), watch: false } },
    log: { level: "ERROR" },
  };
  await writeFile(path.join(folder, "traefik.yaml"), JSON.stringify(config));
  const running = startChild([await traefikProgram(), `--configFile=${path.join(folder, "traefik.yaml")}`], {
    KUBECONFIG: cluster.kubeconfig,
  });
  return async () => {
    await running.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
