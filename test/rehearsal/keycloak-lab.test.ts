import path from "node:path";
import type { V1Secret } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readJson, serviceFolder } from "../../automation/rehearsal/services/service.ts";
import { startLab, type Lab } from "./harness.ts";

let lab: Lab;
const SSO = {
  issuer: "https://auth.example.com/realms/lab",
  allowedGroups: ["/annotators"],
  groups: { "/annotators": { role: "worker" } },
  keycloak: {},
};

beforeAll(async () => {
  const tls = { secretName: "cvat-tls", madeInCluster: true };
  lab = await startLab({
    cvat: { ingress: { host: "cvat.example.com", tls } },
    clearml: { enabled: false },
    sso: SSO,
  });
});
afterAll(() => lab.end());

interface Realm {
  name: string;
  clients: { clientId: string; secret?: string }[];
}
const client = async () => {
  const file = path.join(serviceFolder(lab.home.folder, "keycloak"), "realms.json");
  const { realms } = (await readJson<{ realms: Realm[] }>(file)) ?? { realms: [] };
  return realms.find(({ name }) => name === "lab")?.clients.find(({ clientId }) => clientId === "cvat");
};

it("a lab with sign-in goes up, with its client in the realm and the same secret for the proxy", async () => {
  await lab.up();
  const secret = await lab.get<V1Secret>("v1", "Secret", "cvat-sso", "cvat");
  const values = Object.values(secret.data ?? {}).map((text) => Buffer.from(text, "base64").toString());
  expect(values).toContain((await client())?.secret);
  expect((await lab.run("up")).changes).toEqual([]);
});

it("a refresh as long as the realm's tokens live is refused before anything is changed", async () => {
  await lab.configure({ sso: { refresh: "6m", tokenLifetime: "1h" } });
  await expect(lab.run("up")).rejects.toThrow(
    /Keycloak does not fit stack .*, and nothing was changed:\s.*sso\.refresh: Is 6m, and tokens of realm lab are good for 300 s/s,
  );
  await lab.configure({ sso: { refresh: "60s", tokenLifetime: "5m" } });
});

it("destroy removes the client, and nothing else of the realm", async () => {
  await lab.destroy();
  expect(await client()).toBeUndefined();
  const file = path.join(serviceFolder(lab.home.folder, "keycloak"), "realms.json");
  const { realms } = (await readJson<{ realms: Realm[] }>(file)) ?? { realms: [] };
  expect(realms[0]?.clients.map(({ clientId }) => clientId)).toContain("vision-platform");
});
