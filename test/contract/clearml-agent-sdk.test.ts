import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { clearmlConf } from "../../components/clearml/conf.ts";
import { AGENT, ANNA, startServer, type TestServer } from "../unit/clearml-agent-server.ts";

/** ClearML's own SDK against the stand-in for its API. */

let server: TestServer;
let folder: string;
let python: string;

beforeAll(async () => {
  server = await startServer();
  folder = await mkdtemp(path.join(tmpdir(), "clearml-sdk-"));
  python = await pythonEnvironment(path.resolve(import.meta.dirname, "../python/clearml/requirements.txt"), {
    progress: silentProgress,
  });
}, 600_000);
afterAll(async () => {
  await server.end();
  await rm(folder, { recursive: true });
});

const START = `
import json
from clearml.backend_api.session.client import APIClient
client = APIClient()
# The client has no methods for these.
def ask(service, action):
    return client.session.send_request(service, action).json()["data"]
def refused(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except Exception as error:
        return [error.code, error.subcode]
`;

/** What a program prints as JSON, signed in by a clearml.conf of ours. */
async function run(credentials: { accessKey: string; secretKey: string }, program: string): Promise<unknown> {
  const file = path.join(folder, "clearml.conf");
  await writeFile(file, clearmlConf({ urls: { web: server.url, api: server.url, files: server.url }, credentials }));
  const { stdout } = await execa(python, ["-c", START + program], {
    env: { CLEARML_CONFIG_FILE: file, HOME: folder, TMPDIR: folder, PATH: process.env["PATH"] ?? "" },
    extendEnv: false,
  });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

test("a person signs in with the name and password of their clearml.conf", { timeout: 60_000 }, async () => {
  const who = `
user = ask("users", "get_current_user")["user"]
print(json.dumps([user["name"], user["role"], client.session.server_version, client.session.feature_set]))`;
  expect(await run({ accessKey: ANNA.username, secretKey: ANNA.password }, who)).toEqual([
    "Anna",
    "user",
    "2.0.0",
    "basic",
  ]);
  await expect(run({ accessKey: ANNA.username, secretKey: "wrong" }, who)).rejects.toThrow(
    /Failed getting token \(error 401 .*Unauthorized \(invalid credentials\) \(bad username or password\)/,
  );
});

test("queues are made, found, filled and removed", { timeout: 60_000 }, async () => {
  const result = await run(
    AGENT,
    `
first = [queue.name for queue in client.queues.get_all()]
made = client.queues.create(name="gpu.large", tags=["nvidia"])
other = client.queues.create(name="gpu large")
found = [queue.name for queue in client.queues.get_all(name="^gpu.large$", order_by=["name"])]
exact = [queue.name for queue in client.queues.get_all(name="^gpu\\\\.large$", only_fields=["id", "name"])]
twice = refused(client.queues.create, name="gpu.large")
short = refused(client.queues.create, name="ab")
pattern = refused(client.queues.get_all, name="(")
client.queues.add_task(queue=made.id, task="t1")
again = refused(client.queues.add_task, queue=made.id, task="t1")
one = client.queues.get_by_id(queue=made.id)
full = refused(client.queues.delete, queue=made.id)
client.queues.remove_task(queue=made.id, task="t1")
count = client.queues.get_num_entries(queue=made.id).num
client.queues.delete(queue=made.id)
client.queues.delete(queue=other.id)
gone = refused(client.queues.get_by_id, queue=made.id)
print(json.dumps(dict(first=first, found=found, exact=exact, twice=twice, short=short, pattern=pattern, again=again,
    entries=[entry.task for entry in one.entries], tags=list(one.tags), full=full, count=count, gone=gone,
    default=client.queues.get_default().name, version=ask("server", "info")["version"])))`,
  );
  expect(result).toEqual({
    first: ["default"],
    found: ["gpu.large", "gpu large"],
    exact: ["gpu.large"],
    twice: [400, 801],
    short: [400, 800],
    pattern: [400, 21],
    again: [400, 706],
    entries: ["t1"],
    tags: ["nvidia"],
    full: [400, 702],
    count: 0,
    gone: [400, 701],
    default: "default",
    version: "2.0.0",
  });
});

test("what asks for no sign-in, and what is refused without one", async () => {
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${server.url}/${path}`, { method: "POST", headers, body: '{"a":1}' });
    const { meta, data } = (await response.json()) as { meta: Record<string, unknown>; data: unknown };
    expect(response.status).toBe(meta["result_code"]);
    return [meta["result_code"], meta["result_subcode"], data];
  };
  expect(await ask("v2.9/debug.ping")).toEqual([200, 0, { msg: "ClearML server", a: 1 }]);
  expect(await ask("queues.get_all")).toEqual([401, 20, {}]);
  expect(await ask("queues.get_all", { Authorization: "Digest x" })).toEqual([401, 10, {}]);
  expect(await ask("queues.get_all", { Authorization: "Bearer a.b.c" })).toEqual([401, 30, {}]);
  expect(await ask("queues.get_all", { Authorization: `Basic ${btoa("AGENTKEY:x")}` })).toEqual([401, 22, {}]);
  expect(await ask("queues.shuffle")).toEqual([404, 0, {}]);
  expect(await ask("queues")).toEqual([400, 0, {}]);
});
