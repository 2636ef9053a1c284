import * as pulumi from "@pulumi/pulumi";
import bcrypt from "bcryptjs";
import { beforeAll, expect, test } from "vitest";
import type { ClearmlConfig } from "../../components/clearml/clearml-config.ts";

const CANARY = "canary-password-7f3a";
const registered: { type: string; name: string; inputs: Record<string, unknown> }[] = [];

beforeAll(async () => {
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs }) {
        registered.push({ type, name, inputs: inputs as Record<string, unknown> });
        const { length, alphabet, first } = inputs as { length?: number; alphabet?: string; first?: string };
        const state = inputs as Record<string, unknown>;
        if (type.endsWith(":Departures")) return { id: name, state: { ...state, count: 41 } };
        if (length === undefined) return { id: name, state };
        return { id: name, state: { ...state, value: (first?.[0] ?? "") + (alphabet?.[5] ?? "").repeat(length - 1) } };
      },
      call: () => ({}),
    },
    "vision-platform",
    "test",
    false,
  );
});

const valueOf = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

type Person = { username: string; name: string; password?: pulumi.Output<string> };

async function lab(people: Person[], rotations: object = {}) {
  const k8s = await import("@pulumi/kubernetes");
  const { digestOf, registerSecrets, serverSecrets } = await import("../../components/clearml/secrets.ts");
  const cluster = {
    provider: new k8s.Provider("provider", {}),
    access: {},
    readyTimeoutMs: 1000,
  };
  registered.length = 0;
  const { clearmlConfig } = await import("../../components/clearml/clearml-section.ts");
  const { keyRotations } = clearmlConfig.parse({ keyRotations: rotations });
  const users = people as unknown as ClearmlConfig["users"];
  const secrets = serverSecrets("clearml", { users, keyRotations }, {});
  const objects = registerSecrets("clearml", secrets, "lab", cluster, {});
  const digest = digestOf([secrets.credentials, secrets.signing, secrets.files], Object.values(objects));
  return { secrets, digest, text: await valueOf(digest) };
}

const secretNamed = (name: string) =>
  registered.find(
    ({ type, inputs }) =>
      type === "kubernetes:core/v1:Secret" && (inputs["metadata"] as { name: string }).name === name,
  )?.inputs;

/** What the engine marks as secret travels wrapped; this takes it out. */
function unwrapped(value: unknown): unknown {
  return typeof value === "object" && value !== null && "value" in value ? value.value : value;
}

test("a password that was given and one that was made both open the door, and stay secret", async () => {
  const { secrets } = await lab([
    { username: "anna", name: "Anna", password: pulumi.secret(CANARY) },
    { username: "bob", name: "Bob" },
  ]);
  const passwords = await valueOf(secrets.passwords);
  expect(passwords["anna"]).toBe(CANARY);
  expect(passwords["bob"]).toHaveLength(24);
  const conf = (await valueOf(secrets.files))["apiserver.conf"] ?? "";
  const hashes = [...conf.matchAll(/password: "([^"]+)"/g)].map(([, hash = ""]) =>
    Buffer.from(hash, "base64").toString(),
  );
  expect(hashes.map((hash, index) => bcrypt.compareSync(passwords[["anna", "bob"][index] ?? ""] ?? "", hash))).toEqual([
    true,
    true,
  ]);
  expect(conf).not.toContain(CANARY);
  for (const output of [secrets.passwords, secrets.credentials, secrets.signing, secrets.files])
    expect(await pulumi.isSecret(output)).toBe(true);
});

test("two Secrets are registered, with exactly what the server reads", async () => {
  await lab([{ username: "anna", name: "Anna" }]);
  const credentials = secretNamed("clearml-credentials");
  expect(credentials).toMatchObject({ metadata: { name: "clearml-credentials", namespace: "lab" } });
  const data = unwrapped(credentials?.["stringData"]) as Record<string, string>;
  expect(Object.keys(data).sort()).toEqual([
    "apiserver_key",
    "apiserver_secret",
    "fileserver_key",
    "fileserver_secret",
    "secure_auth_token_secret",
    "services_agent_key",
    "services_agent_secret",
    "session_secret",
    "test_user_key",
    "test_user_secret",
    "webserver_key",
    "webserver_secret",
  ]);
  for (const [key, value] of Object.entries(data))
    expect([key, value]).toEqual([key, expect.stringMatching(/^[A-Za-z][A-Za-z0-9]{29,53}$/)]);
  expect(Object.keys(unwrapped(secretNamed("clearml-server-configuration")?.["stringData"]) as object)).toEqual([
    "apiserver.conf",
  ]);
});

/** How often what is made was made anew, by its name. */
const rotations = () =>
  Object.fromEntries(
    registered
      .filter(({ type, name }) => type.endsWith(":GeneratedText") && !/-(salt|password)-/.test(name))
      .map(({ name, inputs }) => [name.replace("clearml-", ""), inputs["rotation"]]),
  );

test("what signs tokens follows who lost a way in; pairs follow their own rotation, which is a way lost too", async () => {
  await lab([{ username: "anna", name: "Anna" }], { agent: 3, servers: 5, signing: 7 });
  expect(rotations()).toEqual({
    "apiserver-key": 5,
    "apiserver-secret": 5,
    "fileserver-key": 5,
    "fileserver-secret": 5,
    "test-user-key": 5,
    "test-user-secret": 5,
    "webserver-key": 5,
    "webserver-secret": 5,
    "services-agent-key": 3,
    "services-agent-secret": 3,
    "secure-auth-token-secret": 41,
    "session-secret": 41,
  });
  const departures = registered.find(({ type }) => type.endsWith(":Departures"));
  const holders = unwrapped(departures?.inputs["holders"]) as Record<string, string>;
  expect(holders).toMatchObject({ "#agent": "3", "#servers": "5", "#signing": "7" });
  const conf = (unwrapped(secretNamed("clearml-server-configuration")?.["stringData"]) as Record<string, string>)[
    "apiserver.conf"
  ];
  // By the hash, so that another password is another way in.
  expect(conf).toContain(`password: "${holders["anna"]}"`);
});

test("the canary is in no input of any resource", async () => {
  await lab([{ username: "anna", name: "Anna", password: pulumi.secret(CANARY) }]);
  expect(registered.length).toBeGreaterThan(10);
  expect(JSON.stringify(registered)).not.toContain(CANARY);
});

test("a user who comes, and no other change, makes another digest; it is secret, since it is not known at preview", async () => {
  const anna = { username: "anna", name: "Anna" };
  const [one, again, two] = [await lab([anna]), await lab([anna]), await lab([anna, { username: "bob", name: "Bob" }])];
  expect(one.text).toMatch(/^[0-9a-f]{64}$/);
  expect(again.text).toBe(one.text);
  expect(two.text).not.toBe(one.text);
  expect(await pulumi.isSecret(one.digest)).toBe(true);
});
