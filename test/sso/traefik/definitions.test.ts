import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { silentProgress } from "../../../automation/progress.ts";
import { CLUSTER_PROGRAMS, startCluster } from "../../../automation/rehearsal/cluster/cluster.ts";
import { createHome, listHomes, removeHome } from "../../../automation/rehearsal/cluster/homes.ts";
import { obtainTools } from "../../../automation/tools/obtain.ts";
import type { EdgeObject } from "../../../components/edge/route.ts";
import { signInEdge, TOKEN_HOST, type SignInLab } from "../../fixtures/edge/lab.ts";
import { goModule, traefikModule } from "./program.ts";

/** The release whose kinds Traefik 3.7.13 is built on. (its go.mod) */
const GATEWAY_API = "sigs.k8s.io/gateway-api@v1.6.1";

const folder = mkdtempSync(path.join(tmpdir(), "vision-platform-definitions-"));
let kubectl: (args: readonly string[], input?: unknown) => Promise<{ exitCode: number | undefined; all: string }>;

beforeAll(async () => {
  const tools = await obtainTools([...new Set([...CLUSTER_PROGRAMS, "kubectl" as const])], {
    progress: silentProgress,
  });
  vi.stubEnv("VISION_PLATFORM_CACHE", folder);
  const { folder: home } = await createHome("definitions", { kept: false });
  const { kubeconfig } = await startCluster({ home, tools, progress: { update: () => undefined }, unpullable: [] });
  const file = tools.find(({ name }) => name === "kubectl")?.path ?? "kubectl";
  kubectl = async (args, input) => {
    const { exitCode, all } = await execa(file, [...args, "--kubeconfig", kubeconfig], {
      all: true,
      reject: false,
      ...(input !== undefined && { input: JSON.stringify(input) }),
    });
    return { exitCode, all };
  };
  vi.unstubAllEnvs();
  const [traefik, gateway] = await Promise.all([traefikModule(), goModule(GATEWAY_API)]);
  const kinds = [
    path.join(traefik, "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml"),
    path.join(gateway, "config/crd/standard"),
  ];
  for (const one of kinds) {
    const { exitCode, all } = await kubectl(["apply", "--server-side", "-f", one]);
    if (exitCode !== 0) throw new Error(all);
  }
  await kubectl(["create", "namespace", "cvat"]);
  await kubectl(["wait", "--for=condition=Established", "--all", "crd", "--timeout=60s"]);
});

afterAll(async () => {
  vi.stubEnv("VISION_PLATFORM_CACHE", folder);
  for (const home of await listHomes()) await removeHome(home.folder);
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Whether the API server takes an object, to the letter: an unknown field is refused. */
const take = ({ apiVersion, kind, name, annotations, spec }: EdgeObject) =>
  kubectl(["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"], {
    apiVersion,
    kind,
    metadata: { name, namespace: "cvat", ...(annotations && { annotations }) },
    spec,
  });

const ALL = { bodySize: "10Gi" };
const GATEWAY = { ...ALL, edge: "gateway", gateway: { name: "lab", namespace: "gateways", section: "https" } };
const EDGES: [name: string, lab: SignInLab, kinds: string[]][] = [
  ["Traefik's", { ingress: { ...ALL, responseTimeout: "10m" } }, ["IngressRoute", "Middleware", "ServersTransport"]],
  [
    "ingress-nginx's",
    { ingress: { ...ALL, edge: "ingress-nginx", className: "nginx" }, sso: { tokenHost: TOKEN_HOST } },
    ["Ingress"],
  ],
  ["a Gateway's", { ingress: GATEWAY, sso: { tokenHost: TOKEN_HOST } }, ["HTTPRoute", "Middleware"]],
];

describe.each(EDGES)("%s objects", (_, lab, kinds) => {
  it("are taken by an API server with the real definitions, with no word of warning", async () => {
    const { objects } = signInEdge(lab);
    expect([...new Set(objects.map(({ kind }) => kind))].sort()).toEqual(kinds);
    for (const object of objects) {
      const { exitCode, all } = await take(object);
      expect(all, object.name).not.toMatch(/warning/i);
      expect(exitCode, all).toBe(0);
    }
  });
});

it("an object with a field that the definition has not is refused", async () => {
  const [first] = signInEdge().objects;
  if (!first) throw new Error("no object");
  const { exitCode, all } = await take({ ...first, spec: { headers: { customRequestHeader: { A: "" } } } });
  expect(exitCode).not.toBe(0);
  expect(all).toMatch(/unknown field|field not declared/);
});
