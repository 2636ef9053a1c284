import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EdgeObject } from "../../../components/edge/route.ts";
import { signInEdge, TOKEN_HOST, type SignInLab } from "../../fixtures/edge/lab.ts";
import { startDefinedCluster, type DefinedCluster } from "./cluster.ts";

let cluster: DefinedCluster;
beforeAll(async () => {
  cluster = await startDefinedCluster();
});
afterAll(() => cluster.close());

/** Whether the API server takes an object, to the letter: an unknown field is refused. */
const take = ({ apiVersion, kind, name, annotations, spec }: EdgeObject) =>
  cluster.kubectl(["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"], {
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
  [
    "another Gateway's",
    {
      ingress: { edge: "gateway", gateway: { ...GATEWAY.gateway, implementation: "other" }, responseTimeout: "30m" },
      sso: { tokenHost: TOKEN_HOST },
    },
    ["HTTPRoute"],
  ],
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
