import type { KubernetesObject, V1Deployment, V1Secret } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Outcome } from "../../automation/engine/run.ts";
import { KeycloakAdmin } from "../../components/sso/keycloak/client/admin.ts";
import { SSO_OBJECTS } from "../../components/sso/names.ts";
import { STAMPS } from "../../components/sso/pods.ts";
import { startLab, type Lab } from "../rehearsal/harness.ts";

const EDGE = { host: "cvat.example.com", tls: { secretName: "cvat-tls" } };
const SSO = {
  issuer: "https://auth.example.com/realms/lab",
  allowedGroups: ["/annotators"],
  groups: { "/annotators": { role: "worker" } },
  keycloak: {},
};

let lab: Lab;

beforeAll(async () => {
  lab = await startLab({ cvat: { ingress: EDGE }, sso: SSO });
});
afterAll(() => lab.end());

const clients = async () => {
  const config = await lab.rehearsal().stack.getAllConfig();
  const { secrets, keycloak } = JSON.parse(config["vision-platform:sso"]?.value ?? "{}") as {
    secrets: { keycloak: string };
    keycloak: { adminUrl: string };
  };
  const account = { realm: "lab", clientId: "vision-platform", secret: secrets.keycloak };
  const admin = new KeycloakAdmin({ url: keycloak.adminUrl, realm: "lab" }, account);
  return { admin, found: await admin.get<{ id: string; secret: string }[]>("/clients", { clientId: "cvat" }) };
};
const names = async (apiVersion: string, kind: string) =>
  (await lab.list(apiVersion, kind, "cvat")).map(({ metadata }) => metadata?.name ?? "").sort();
const proxyPods = async () =>
  (await lab.get<V1Deployment>("apps/v1", "Deployment", SSO_OBJECTS.proxy, "cvat")).spec?.template.metadata
    ?.annotations ?? {};
const clientSecret = async () =>
  Buffer.from(
    (await lab.get<V1Secret>("v1", "Secret", SSO_OBJECTS.secret, "cvat")).data?.["client-secret"] ?? "",
    "base64",
  ).toString();
const told = ({ changes }: Outcome) => changes.map(({ name, operation }) => `${operation} ${name}`).sort();

describe("sign-in", () => {
  it("goes up with the lab: routes of its own in place of the chart's Ingress, a client with the proxy's secret", async () => {
    await lab.up();
    expect(await names("networking.k8s.io/v1", "Ingress")).toEqual([]);
    expect((await names("traefik.io/v1alpha1", "IngressRoute")).length).toBeGreaterThan(0);
    const { found } = await clients();
    expect(found).toHaveLength(1);
    expect(found[0]?.secret).toBe(await clientSecret());
    expect((await lab.run("up")).changes).toEqual([]);
  });

  it("a client that was changed by hand is found, and as it was after the next up", async () => {
    const { admin, found } = await clients();
    const id = found[0]?.id ?? "";
    await admin.put(`/clients/${id}`, { ...found[0], redirectUris: ["https://*"], implicitFlowEnabled: true });
    await lab.run("refresh");
    expect(told(await lab.run("up"))).toEqual(["update sso-client"]);
    expect((await clients()).found[0]).toMatchObject({
      implicitFlowEnabled: false,
      redirectUris: ["https://cvat.example.com/oauth2/callback"],
    });
  });

  it("makes its secrets anew in one up: Keycloak's first, and the proxy starts with them", async () => {
    const [before, pods] = [await clientSecret(), await proxyPods()];
    await lab.configure({ sso: { rotation: 1 } });
    await lab.up();
    const after = await clientSecret();
    expect(after).not.toBe(before);
    expect((await clients()).found[0]?.secret).toBe(after);
    expect((await proxyPods())[STAMPS.secrets]).not.toBe(pods[STAMPS.secrets]);
    expect((await lab.run("up")).changes).toEqual([]);
  });

  it("a group that means something else reaches CVAT's server, which starts anew", async () => {
    const server = async () => lab.get<V1Deployment>("apps/v1", "Deployment", "cvat-backend-server", "cvat");
    const before = (await server()).spec?.template.metadata?.annotations;
    await lab.configure({ sso: { groups: { "/annotators": { role: "user" } } } });
    await lab.up();
    const maps = await lab.list("v1", "ConfigMap", "cvat");
    expect(JSON.stringify(maps)).toMatch(/annotators[^}]*role[^}]*user/);
    expect((await server()).spec?.template.metadata?.annotations).not.toEqual(before);
  });

  it("stays with its client through a destroy and an up", async () => {
    await lab.destroy();
    expect((await clients()).found).toEqual([]);
    expect(await names("traefik.io/v1alpha1", "IngressRoute")).toEqual([]);
    await lab.up();
    expect((await clients()).found).toHaveLength(1);
  });

  it("leaves nothing when it is taken out: the chart's Ingress stands again, and the realm has no client", async () => {
    const { admin } = await clients();
    await lab.configure({ sso: undefined });
    await lab.up();
    expect(await names("networking.k8s.io/v1", "Ingress")).toContain("cvat");
    expect(await names("traefik.io/v1alpha1", "IngressRoute")).toEqual([]);
    const left: KubernetesObject[] = [
      ...(await lab.list("apps/v1", "Deployment", "cvat")),
      ...(await lab.list("v1", "Secret", "cvat")),
      ...(await lab.list("v1", "Service", "cvat")),
      ...(await lab.list("v1", "ConfigMap", "cvat")),
    ];
    expect(left.map(({ metadata }) => metadata?.name ?? "").filter((name) => name.includes("sso"))).toEqual([]);
    expect(await admin.get("/clients", { clientId: "cvat" })).toEqual([]);
    expect((await lab.run("up")).changes).toEqual([]);
  });
});
