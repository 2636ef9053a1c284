import type { KubernetesObject, V1Deployment, V1Secret } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../automation/engine/run.ts";
import { KeycloakAdmin } from "../../components/sso/keycloak/client/admin.ts";
import { SSO_OBJECTS } from "../../components/sso/names.ts";
import { STAMPS } from "../../components/sso/pods.ts";
import type { Lab } from "../rehearsal/harness.ts";

type Sso = Record<string, unknown> & { secrets: { keycloak: string }; keycloak: { adminUrl: string } };

const ssoOf = async (lab: Lab): Promise<Sso> => {
  const config = await lab.rehearsal().stack.getAllConfig();
  return JSON.parse(config["vision-platform:sso"]?.value ?? "{}") as Sso;
};

/** Keycloak as the stack's account, and the clients of the realm that CVAT signs in by. */
export async function clientsOf(lab: Lab) {
  const { secrets, keycloak } = await ssoOf(lab);
  const account = { realm: "lab", clientId: "vision-platform", secret: secrets.keycloak };
  const admin = new KeycloakAdmin({ url: keycloak.adminUrl, realm: "lab" }, account);
  return { admin, found: await admin.get<{ id: string; secret: string }[]>("/clients", { clientId: "cvat" }) };
}

/** Names of objects of a kind. */
export const namesOf = async (lab: Lab, apiVersion: string, kind: string, namespace: string) =>
  (await lab.list(apiVersion, kind, namespace)).map(({ metadata }) => metadata?.name ?? "").sort();

const told = ({ changes }: Outcome) => changes.map(({ name, operation }) => `${operation} ${name}`).sort();

/** What stands in the Secret of sign-in. */
const secretsOf = async (lab: Lab, namespace: string) => {
  const { data = {} } = await lab.get<V1Secret>("v1", "Secret", SSO_OBJECTS.secret, namespace);
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]));
};

/** Sign-in on a lab that is up, and that has a Keycloak. */
export function signInOn(labOf: () => Lab, namespace: string): void {
  const annotations = async (name: string) => {
    const { spec } = await labOf().get<V1Deployment>("apps/v1", "Deployment", name, namespace);
    return spec?.template.metadata?.annotations ?? {};
  };
  const names = (apiVersion: string, kind: string) => namesOf(labOf(), apiVersion, kind, namespace);

  describe("sign-in", () => {
    it("has routes of its own in place of the chart's Ingress, and a client with the proxy's secret", async () => {
      expect(await names("networking.k8s.io/v1", "Ingress")).toEqual([]);
      expect((await names("traefik.io/v1alpha1", "IngressRoute")).length).toBeGreaterThan(0);
      const { found } = await clientsOf(labOf());
      expect(found).toHaveLength(1);
      expect(found[0]?.secret).toBe((await secretsOf(labOf(), namespace))["client-secret"]);
    });

    it("a client that was changed by hand is found, and as it was after the next up", async () => {
      const { admin, found } = await clientsOf(labOf());
      const id = found[0]?.id ?? "";
      await admin.put(`/clients/${id}`, { ...found[0], redirectUris: ["https://*"], implicitFlowEnabled: true });
      await labOf().run("refresh");
      expect(told(await labOf().run("up"))).toContain("update sso-client");
      expect((await clientsOf(labOf())).found[0]).toMatchObject({
        implicitFlowEnabled: false,
        redirectUris: ["https://cvat.example.com/oauth2/callback"],
      });
    });

    it("makes each of its secrets anew in one up: Keycloak's first, and proxy and sessions start with them", async () => {
      const before = await secretsOf(labOf(), namespace);
      const pods = await Promise.all([SSO_OBJECTS.proxy, SSO_OBJECTS.sessions].map(annotations));
      await labOf().configure({ sso: { rotation: 1 } });
      await labOf().up();
      const after = await secretsOf(labOf(), namespace);
      expect(Object.keys(after).filter((key) => after[key] === before[key])).toEqual([]);
      expect((await clientsOf(labOf())).found[0]?.secret).toBe(after["client-secret"]);
      const now = await Promise.all([SSO_OBJECTS.proxy, SSO_OBJECTS.sessions].map(annotations));
      for (const [at, one] of now.entries()) expect(one[STAMPS.secrets]).not.toBe(pods[at]?.[STAMPS.secrets]);
      const open = JSON.stringify([
        ...(await labOf().list("v1", "ConfigMap", namespace)),
        ...(await labOf().list("v1", "Pod", namespace)),
      ]);
      for (const text of Object.values(after)) expect(open).not.toContain(text);
      expect((await labOf().run("up")).changes).toEqual([]);
    });

    it("a group that means something else reaches CVAT's server, which starts anew", async () => {
      const before = await annotations("cvat-backend-server");
      await labOf().configure({ sso: { groups: { "/annotators": { role: "admin" } } } });
      await labOf().up();
      expect(JSON.stringify(await labOf().list("v1", "ConfigMap", namespace))).toMatch(/annotators[^}]*role[^}]*admin/);
      expect(await annotations("cvat-backend-server")).not.toEqual(before);
    });
  });
}

/** The last of a lab: sign-in is taken out of its stack file. */
export function signInTakenOut(labOf: () => Lab, namespace: string): void {
  it("leaves nothing of sign-in when it is taken out: the chart's Ingress stands again, and the realm has no client", async () => {
    const { admin } = await clientsOf(labOf());
    await labOf().configure({ sso: undefined });
    await labOf().up();
    expect(await namesOf(labOf(), "networking.k8s.io/v1", "Ingress", namespace)).toContain("cvat");
    expect(await namesOf(labOf(), "traefik.io/v1alpha1", "IngressRoute", namespace)).toEqual([]);
    const left: KubernetesObject[] = [
      ...(await labOf().list("apps/v1", "Deployment", namespace)),
      ...(await labOf().list("v1", "Secret", namespace)),
      ...(await labOf().list("v1", "Service", namespace)),
      ...(await labOf().list("v1", "ConfigMap", namespace)),
    ];
    expect(left.map(({ metadata }) => metadata?.name ?? "").filter((name) => name.includes("sso"))).toEqual([]);
    expect(await admin.get("/clients", { clientId: "cvat" })).toEqual([]);
    expect((await labOf().run("up")).changes).toEqual([]);
  });
}
