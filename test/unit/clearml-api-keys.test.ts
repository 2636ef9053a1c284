import { afterEach, beforeEach, expect, test } from "vitest";
import { ClearmlClient } from "../../components/clearml/client/client.ts";
import { kind } from "../../components/clearml/records/api-keys.ts";
import { hashedPassword } from "../../components/clearml/passwords.ts";
import { AGENT, ANNA, failing, startServer, type TestServer } from "./clearml-agent-server.ts";
import { newRun, within } from "./run.ts";

const record = within(newRun(), kind);

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.end());

const NEW = "another-password";
const as = (accessKey: string, secretKey: string) => new ClearmlClient({ ...server.connection, accessKey, secretKey });
const anna = () => as(ANNA.username, ANNA.password);

interface Key {
  access_key: string;
  secret_key: string;
}
const makeKey = async () => (await anna().call<{ credentials: Key }>("auth.create_credentials")).credentials;
const keys = async (who = anna()) => (await who.call<{ credentials: Key[] }>("auth.get_credentials")).credentials;

const inputs = (people: Record<string, string>) => ({ endpoint: server.url, people });
const before = () => inputs({ [ANNA.username]: ANNA.password, bob: "bobs-password" });

/** The server starts with another password of Anna's, as after an `up`. */
function restarted(): void {
  const [user] = server.accounts.now?.users ?? [];
  if (user) user.password = hashedPassword(NEW, "b".repeat(21));
}

test("API keys end before the server hears of the new password, and open nothing from then on", async () => {
  const [one, two] = [await makeKey(), await makeKey()];
  expect(await as(one.access_key, one.secret_key).call("queues.get_default")).toMatchObject({ name: "default" });
  const after = inputs({ [ANNA.username]: NEW, bob: "bobs-password" });
  expect(await record.diff(before(), after)).toEqual({ changed: ["people"] });
  expect(await record.update("api-keys", before(), after)).toEqual(after);
  expect(await keys()).toEqual([]);
  for (const { access_key, secret_key } of [one, two])
    await expect(as(access_key, secret_key).call("queues.get_default")).rejects.toThrow(
      /does not know the credentials/,
    );
});

test("a run that died after the server had started with the new one ends them too", async () => {
  await makeKey();
  restarted();
  await record.update("api-keys", before(), inputs({ [ANNA.username]: NEW }));
  expect(await keys(as(ANNA.username, NEW))).toEqual([]);
});

test("nobody is asked when somebody comes or goes, nor when nothing is another", async () => {
  await makeKey();
  server.asked.length = 0;
  await record.create(before());
  await record.update("api-keys", before(), inputs({ [ANNA.username]: ANNA.password, cleo: "cleos-password" }));
  expect(server.asked).toEqual([]);
  expect(await keys()).toHaveLength(1);
});

test("one whom the server never knew has no keys to end", async () => {
  const after = inputs({ [ANNA.username]: ANNA.password, bob: "another-of-bobs" });
  expect(await record.update("api-keys", before(), after)).toEqual(after);
});

test("what cannot be done is said by key and person, without a password", async () => {
  const after = { [ANNA.username]: NEW };
  server.faults["auth.get_credentials"] = [failing, failing, failing, failing];
  const told = await record.update("api-keys", before(), inputs(after)).catch(String);
  expect(told).toMatch(
    /vision-platform:clearml\.users: anna gets another password, and the API keys made under the old one must end before\. .*500.* Until that is done, leave the former password\.$/,
  );
  expect(told).not.toContain(NEW);
  expect(told).not.toContain(ANNA.password);
  await expect(record.update("api-keys", { people: before().people }, { people: after })).rejects.toThrow(
    "Nothing says where ClearML's API is: set vision-platform:clearml.addresses.api",
  );
});

test("who is taken off the list: the server forgets their keys, and their token ends with the signing secret", async () => {
  const key = await makeKey();
  const { token } = await as(key.access_key, key.secret_key).call<{ token: string }>("auth.login");
  const byToken = async () => {
    const headers = { Authorization: `Bearer ${token}` };
    return (await fetch(`${server.url}/queues.get_default`, { method: "POST", headers, body: "{}" })).status;
  };
  const now = server.accounts.now ?? expect.fail();
  now.users = [];
  await expect(as(key.access_key, key.secret_key).call("queues.get_default")).rejects.toThrow(/credentials/);
  // The fault that the secret's change cures.
  expect(await byToken()).toBe(200);
  now.tokenSecret = "another after a restart";
  expect(await byToken()).toBe(401);
});

test("a declared pair makes no keys, and is nobody's", async () => {
  const agent = as(AGENT.accessKey, AGENT.secretKey);
  await expect(agent.call("auth.create_credentials")).rejects.toThrow(/400.*protected identity/);
  await expect(agent.call("users.get_current_user")).rejects.toThrow(/400.*failed loading user/);
});
