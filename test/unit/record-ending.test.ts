import "./fresh-modules.ts";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readablePair } from "../../automation/rehearsal/services/nodes/nodes.ts";
import { HalfMade } from "../../components/records/half-made.ts";
import type { Token } from "../../components/records/tokens.ts";
import type { Nuclio } from "../../components/nuclio/sides.ts";
import { kindNamed } from "../../provider/kinds.ts";
import type { Props } from "../../provider/protocol/values.ts";
import { fakeNuclio, object } from "./nuclio-fixtures.ts";
import { newRun, within } from "./run.ts";

// The dashboard is a fake one where a test says so.
const nuclio: { fake?: Nuclio } = {};
vi.mock("../../components/nuclio/connect.ts", async (original) => {
  const { connect } = await original<typeof import("../../components/nuclio/connect.ts")>();
  return { connect: (...all: Parameters<typeof connect>) => nuclio.fake ?? connect(...all) };
});

const ENDED = "the run was ended";
let folder: string;
let server: Server;
const sockets = new Set<Socket>();
/** Of a program that takes every connection and never says a word. */
let port: number;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "ending-"));
  server = createTcp((socket) => {
    sockets.add(socket.on("error", () => undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
  await writeFile(
    path.join(folder, "kubeconfig"),
    JSON.stringify({
      ...{ apiVersion: "v1", kind: "Config", "current-context": "lab" },
      contexts: [{ name: "lab", context: { cluster: "lab", user: "lab" } }],
      clusters: [{ name: "lab", cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: "lab", user: {} }],
    }),
  );
});
afterEach(async () => {
  delete nuclio.fake;
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

/** A kind's calls in a run that ends as soon as something waits for the silent program, or after a moment. */
async function inShortRun(token: Token) {
  const ending = new AbortController();
  const end = () => {
    ending.abort(new Error(ENDED));
  };
  server.once("connection", () => setTimeout(end, 50));
  return { end, record: within(newRun({ signal: ending.signal }), await kindNamed(token)) };
}

const cluster = () => ({ namespace: "cvat", kubeconfig: path.join(folder, "kubeconfig") });
const url = () => `http://127.0.0.1:${port}`;
const place = () => ({
  server: `127.0.0.1:${port}`,
  tls: false,
  region: "us-east-1",
  user: "root",
  password: "secret",
});
const cvat = (endpoint: string) => ({
  ...{ connection: { endpoint, username: "admin", password: "secret" } },
  ...{ slug: "lab", name: "lab", description: "", contact: {} },
});
const queue = (endpoint: string) => ({ name: "gpu", connection: { endpoint, accessKey: "key", secretKey: "secret" } });
const keycloak = (address: string) => ({
  clientId: "cvat",
  connection: { issuer: address, url: address, realm: "lab", adminClient: "vision-platform", adminSecret: "secret" },
});
const fn = () => ({ connection: cluster(), function: object(), runtimeClass: "", readyMs: 600_000, buildMs: 0 });
const image = () => ({
  image: { reference: "agent:1", digest: "a", method: "k3s", dataDir: "/var/lib/rancher/k3s" },
  connection: {
    ...{ node: "gpu-1", host: "127.0.0.1", port, user: "lab", sudo: true, connectTimeoutMs: 60_000 },
    hostKey: readablePair().public,
    privateKey: readablePair().private,
  },
  builder: { builder: "auto" },
});
const readers = (digest: string) => ({
  ...{ connection: cluster(), digests: { redis: digest }, stores: [], timeoutMs: 600_000 },
});
const password = () => ({
  ...{ connection: cluster(), kept: [{ secret: "db", field: "password", password: "x", keeper: "PostgreSQL" }] },
});
const remedy = (things: object[]) => ({
  seen: true,
  missing: ["it"],
  remedy: JSON.stringify({ place: place(), things }),
});
const keys = (key: string) => ({ place: place(), keys: { cvat: key } });
const people = (secret: string) => ({ endpoint: url(), people: { anna: secret } });

type Calls = Awaited<ReturnType<typeof inShortRun>>["record"];

describe("what waits for a program that never answers ends with the run", () => {
  it.each<[string, Token, (record: Calls) => Promise<unknown>]>([
    ["CVAT, at its start", "cvat:Organization", (record) => record.create(cvat(url()))],
    ["CVAT, at a look", "cvat:Organization", (record) => record.read("1", cvat(url()))],
    ["ClearML, at its start", "clearml:Queue", (record) => record.create(queue(url()))],
    ["ClearML, for its keys", "clearml:ApiKeys", (record) => record.update("1", people("a"), people("b"))],
    ["Nuclio, for a function", "nuclio:Function", (record) => record.create(fn())],
    ["Nuclio, to remove one", "nuclio:Function", (record) => record.delete("helmets", fn())],
    ["Nuclio, for a project", "nuclio:Project", (record) => record.create({ connection: cluster(), name: "cvat" })],
    ["Keycloak", "sso:KeycloakClient", (record) => record.create(keycloak(url()))],
    ["a node", "images:Presence", (record) => record.read("1", image())],
    ["the cluster, for a password", "secrets:KeptPasswords", (record) => record.check(password(), {})],
    ["the cluster, for pods", "secrets:Restart", (record) => record.update("1", readers("a"), readers("b"))],
    ["MinIO, for its keys", "storage:DerivedKeys", (record) => record.update("1", keys("a"), keys("b"))],
    [
      "MinIO, for a user",
      "storage:Presence",
      (record) => record.create(remedy([{ kind: "user", user: "cvat", secret: "secret" }])),
    ],
    [
      "MinIO, for a bucket",
      "storage:Presence",
      (record) => record.create(remedy([{ kind: "bucket", bucket: "cvat" }])),
    ],
  ])("%s", async (_whom, token, work) => {
    const { record } = await inShortRun(token);
    await expect(work(record)).rejects.toThrow(ENDED);
  });

  it.each<[string, Token, (endpoint: string) => Props]>([
    ["CVAT", "cvat:Organization", cvat],
    ["ClearML", "clearml:Queue", queue],
    ["Keycloak", "sso:KeycloakClient", keycloak],
  ])("%s, where nothing listens yet", async (_whom, token, inputs) => {
    const { record, end } = await inShortRun(token);
    setTimeout(end, 100);
    await expect(record.create(inputs("http://127.0.0.1:1"))).rejects.toThrow(ENDED);
  });
});

describe("a function that Nuclio has when the run ends", () => {
  it("is noted as half made", async () => {
    const { record, end } = await inShortRun("nuclio:Function");
    nuclio.fake = fakeNuclio({ states: [{ state: "waitingForResourceConfiguration" }] }).nuclio;
    setTimeout(end, 100);
    const error: unknown = await record.create(fn()).catch((failed: unknown) => failed);
    expect(error).toBeInstanceOf(HalfMade);
    expect((error as HalfMade).message).toContain(ENDED);
    expect((error as HalfMade).made).toMatchObject({ id: "helmets", outs: { image: "" } });
  });
});
