import { afterEach, beforeEach, expect, test } from "vitest";
import { ClearmlClient } from "../../components/clearml/client/client.ts";
import { connected } from "../../components/clearml/client/wait.ts";
import {
  AGENT,
  ANNA,
  busy,
  dropped,
  failing,
  hanging,
  startServer,
  turnedAway,
  type TestServer,
} from "./clearml-agent-server.ts";

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.end());

const client = (changes: object = {}) => new ClearmlClient({ ...server.connection, ...changes });
const user = async (one: ClearmlClient) =>
  (await one.call<{ user: { name: string } }>("users.get_current_user")).user.name;
/** What any account may ask; a declared pair is no user. */
const answered = async (one: ClearmlClient) => (await one.call<{ name: string }>("queues.get_default")).name;

test("a pair of keys signs in once, and its token is used for every call", async () => {
  const one = client();
  expect(await Promise.all([answered(one), answered(one)])).toEqual(["default", "default"]);
  expect(server.asked.filter((name) => name === "auth.login")).toHaveLength(1);
});

test("a web user signs in with name and password, whatever is in it", async () => {
  expect(await user(client({ accessKey: ANNA.username, secretKey: ANNA.password }))).toBe("Anna");
});

test("a pair the server does not know is told apart from everything else, without the pair", async () => {
  const wrong = client({ secretKey: "mistaken-secret" });
  const problem = await answered(wrong).catch((error: unknown) => String(error));
  expect(problem).toMatch(/does not know the credentials that this stack made.*rollout restart/);
  expect(problem).not.toMatch(/mistaken-secret|AGENTKEY/);
});

test("a token that is refused is replaced, once", async () => {
  const one = client();
  await answered(one);
  if (server.accounts.now) server.accounts.now.tokenSecret = "another after a restart";
  expect(await answered(one)).toBe("default");
  expect(server.asked.filter((name) => name === "auth.login")).toHaveLength(2);
});

test.each([
  ["busy", busy],
  ["a dropped connection", dropped],
])("a call that changes nothing is tried again: %s", async (_what, fault) => {
  server.faults["queues.get_all"] = [fault, fault];
  expect(await client().call("queues.get_all")).toMatchObject({ queues: [{ name: "default" }] });
});

test("a server that turns us away for asking too often is there, and every call waits as long as it asks", async () => {
  server.faults["debug.ping"] = [turnedAway];
  const one = await connected({ ...server.connection, patienceMs: 500 });
  server.faults["queues.create"] = [turnedAway];
  const start = performance.now();
  await one.call("queues.create", { name: "gpu" });
  expect(performance.now() - start).toBeGreaterThan(990);
});

test("a read or a sign-in that the server fails on is tried once more", async () => {
  server.faults["auth.login"] = [failing];
  server.faults["queues.get_all"] = [failing];
  const one = client();
  expect(await one.call("queues.get_all")).toMatchObject({ queues: [{ name: "default" }] });
  server.faults["queues.get_all"] = [failing, failing];
  await expect(one.call("queues.get_all")).rejects.toThrow(/500/);
});

test("a call that makes something is not", async () => {
  server.faults["queues.create"] = [busy];
  await expect(client().call("queues.create", { name: "gpu" })).rejects.toThrow(/503/);
  expect(server.asked.filter((name) => name === "queues.create")).toHaveLength(1);
});

test("a server that hangs is given up after the time limit, and not asked again", async () => {
  server.faults["queues.get_all"] = [hanging];
  await expect(client({ callMs: 300 }).call("queues.get_all")).rejects.toThrow(
    /queues\.get_all at .*no answer within 0\.3 s/,
  );
  expect(server.asked.filter((name) => name === "queues.get_all")).toHaveLength(1);
});

test("what the envelope says is the error", async () => {
  await expect(client().call("queues.create", { name: "ab" })).rejects.toThrow(
    "ClearML answers 400 to queues.create: Data validation error (String value is too short): name",
  );
  await expect(client().call("queues.create", {})).rejects.toThrow(/must contain \['name'\]/);
  await expect(client().call("queues.shuffle")).rejects.toThrow(/404.*Unable to find endpoint/);
});

test("a page of something else is no answer of the API", async () => {
  server.faults["queues.get_by_id"] = [
    (_request, response) => {
      response.writeHead(200, { "Content-Type": "text/html" }).end("<html>");
      return "answered";
    },
  ];
  await expect(client().call("queues.get_by_id", { queue: "x" })).rejects.toThrow(
    /no answer of ClearML's API.*web server's/,
  );
});

test("a server that starts late is waited for", async () => {
  const { now } = server.accounts;
  server.accounts.now = undefined;
  setTimeout(() => (server.accounts.now = now), 1_200);
  await connected({ ...server.connection, patienceMs: 10_000 });
});

test("one that does not start is named after the bound, with the key that says where it is", async () => {
  server.accounts.now = undefined;
  await expect(connected({ ...server.connection, patienceMs: 1_100 })).rejects.toThrow(
    /does not answer after 1 s: .*debug\.ping.*vision-platform:clearml\.endpoint/,
  );
  await expect(connected({ ...AGENT, endpoint: "http://127.0.0.1:1", patienceMs: 500 })).rejects.toThrow(
    /ECONNREFUSED|bad port/,
  );
});
