import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { judgeRecord } from "../../automation/drift/judge-record.ts";
import type { ReadBack } from "../../automation/engine/observed.ts";
import { OwnProvider } from "../../components/records/resource.ts";
import { keycloakClient } from "../../components/sso/keycloak/client.ts";
import { ACCOUNT, clientNamed, done, REALM } from "../fixtures/keycloak/keycloak.ts";
import { HOST, sectionOf } from "../fixtures/keycloak/record-cases.ts";
import { startStandIn, type StandIn } from "../fixtures/keycloak/stand-in.ts";
import { startEngine } from "./engine.ts";

let keycloak: StandIn;
let engine: Awaited<ReturnType<typeof startEngine>>;
const stack: { more: Record<string, unknown> | undefined } = { more: {} };

beforeAll(async () => {
  keycloak = await startStandIn();
  engine = await startEngine(() => {
    const provider = new OwnProvider("own");
    const { more } = stack;
    if (more === undefined) return Promise.resolve({});
    const { adminSecret } = ACCOUNT;
    const config = sectionOf("https://auth.example.com", {
      keycloak: { adminUrl: keycloak.url },
      secrets: { keycloak: adminSecret },
      ...more,
    });
    if (!config.keycloak) throw new Error("the section has no keycloak");
    const secret = keycloakClient("sso", { config, keycloak: config.keycloak, host: HOST }, { provider });
    return Promise.resolve({ secret });
  });
});
afterAll(async () => {
  await engine.end();
  await keycloak.end();
});

const changed = async () =>
  (await engine.run("up")).changes.map(({ operation, urn }) => `${operation} ${urn.split("::").at(-1) ?? ""}`).sort();
const found = () => clientNamed<Record<string, unknown> & { id: string }>(keycloak, "cvat");
const secret = async () => (await engine.stack.outputs())["secret"];

it("the first up makes the client with a secret of its own, and the next changes nothing", async () => {
  expect(await changed()).toContain("create sso-client");
  const made = await secret();
  expect(made).toEqual({ value: (await found())?.["secret"], secret: true });
  expect(made?.value).toMatch(/^\w{32}$/);
  expect(await changed()).toEqual([]);
});

it("what somebody changed by hand is told field by field, a secret by its name alone, and put back", async () => {
  const client = await found();
  const before = client?.["secret"];
  await done(keycloak, "PUT", `/${REALM}/clients/${client?.id ?? ""}`, {
    implicitFlowEnabled: true,
    redirectUris: ["*"],
    secret: "known-to-somebody-else",
    attributes: { "use.refresh.tokens": "false" },
  });
  let read: ReadBack | undefined;
  await engine.run("preview-refresh", { read: (back) => (read = back) });
  const fields = (read?.observed ?? []).flatMap((one) => judgeRecord(one).fields);
  expect(fields.map(({ path, how }) => `${path} ${how}`).sort()).toEqual([
    'attributes["use.refresh.tokens"] added',
    "redirectUris changed",
    "secret changed",
    "settings.implicitFlowEnabled changed",
  ]);
  expect(JSON.stringify(read)).not.toContain("known-to-somebody-else");
  expect(JSON.stringify(read)).not.toContain(before);
  await engine.run("refresh");
  expect(await changed()).toEqual(["update sso-client"]);
  expect(await found()).toMatchObject({ implicitFlowEnabled: false, secret: before });
  expect(await changed()).toEqual([]);
});

it("another rotation is another secret, in Keycloak and for who reads it", async () => {
  const before = (await secret())?.value as string;
  stack.more = { rotation: 1 };
  await changed();
  const after = (await secret())?.value as string;
  expect(after).not.toBe(before);
  expect((await found())?.["secret"]).toBe(after);
  expect(await changed()).toEqual([]);
});

it("one that is gone is made again after a refresh", async () => {
  const { id = "" } = (await found()) ?? {};
  await done(keycloak, "DELETE", `/${REALM}/clients/${id}`);
  await engine.run("refresh");
  expect(await changed()).toContain("create sso-client");
  expect(await found()).toBeDefined();
});

it("no secret stands in the state in clear", async () => {
  const text = await readFile(path.join(engine.folder, "state", ".pulumi", "stacks", "bench", "bench.json"), "utf8");
  expect(text).toContain("sso:KeycloakClient");
  expect(text).not.toContain(ACCOUNT.adminSecret);
  expect(text).not.toContain((await secret())?.value);
});

it("taken out of the stack file it is removed", async () => {
  stack.more = undefined;
  expect(await changed()).toContain("delete sso-client");
  expect(await found()).toBeUndefined();
});
