import { afterEach, beforeEach, expect, test } from "vitest";
import { ClearmlClient } from "../../components/clearml/client/client.ts";
import { kind } from "../../components/clearml/records/queue.ts";
import { busy, doneButDropped, startServer, type TestServer } from "./clearml-agent-server.ts";
import { newRun, within } from "./run.ts";

const record = within(newRun(), kind);

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.end());

const inputs = (name: string) => ({ name, connection: server.connection });
const api = () => new ClearmlClient(server.connection);
const names = async () =>
  (await api().call<{ queues: { name: string }[] }>("queues.get_all")).queues.map(({ name }) => name).sort();

test("a queue is made, and removed again", async () => {
  const { id, outs } = await record.create(inputs("gpu"));
  expect(outs).toEqual({ ...inputs("gpu"), adopted: false });
  expect(await names()).toEqual(["default", "gpu"]);
  expect(await record.read(id, outs)).toEqual({ id, outs });
  await record.delete(id, outs);
  expect(await names()).toEqual(["default"]);
  expect(await record.read(id, outs)).toBeUndefined();
  await record.delete(id, outs);
});

test("one that is there is taken over, and stays when the record goes", async () => {
  const { id } = await api().call<{ id: string }>("queues.create", { name: "gpu" });
  const adopted = await record.create(inputs("gpu"));
  expect(adopted).toMatchObject({ id, outs: { adopted: true } });
  await record.delete(id, adopted.outs);
  expect(await names()).toEqual(["default", "gpu"]);
});

test("only one of exactly this name is taken over", async () => {
  await api().call("queues.create", { name: "gpuXlarge (2)" });
  await api().call("queues.create", { name: "not gpu.large" });
  expect((await record.create(inputs("gpu.large"))).outs.adopted).toBe(false);
  expect((await record.create(inputs("gpuXlarge (2)"))).outs.adopted).toBe(true);
});

test("one that is hidden is found too", async () => {
  await api().call("queues.create", { name: "hidden", system_tags: ["k8s-glue"] });
  expect((await record.create(inputs("hidden"))).outs.adopted).toBe(true);
});

test("an answer that is lost makes no second queue", async () => {
  server.faults["queues.create"] = [doneButDropped];
  await record.create(inputs("gpu"));
  expect(await names()).toEqual(["default", "gpu"]);
});

test("a create that was not done is an error, and the next run makes it", async () => {
  server.faults["queues.create"] = [busy];
  await expect(record.create(inputs("gpu"))).rejects.toThrow(/503/);
  await record.create(inputs("gpu"));
  expect(await names()).toEqual(["default", "gpu"]);
});

test("two at once make one", async () => {
  const both = await Promise.all([record.create(inputs("gpu")), record.create(inputs("gpu"))]);
  expect(new Set(both.map(({ id }) => id)).size).toBe(1);
  expect(await names()).toEqual(["default", "gpu"]);
});

test("one in which tasks wait is not removed", async () => {
  const { id, outs } = await record.create(inputs("gpu"));
  await api().call("queues.add_task", { queue: id, task: "t1" });
  await expect(record.delete(id, outs)).rejects.toThrow(
    /one task waits in ClearML's queue `gpu`, so it is not deleted/,
  );
  await api().call("queues.add_task", { queue: id, task: "t2" });
  await expect(record.delete(id, outs)).rejects.toThrow(/2 tasks wait/);
  expect(await names()).toEqual(["default", "gpu"]);
});

test("the default queue is never removed", async () => {
  const { id, outs } = await record.create(inputs("default"));
  await record.delete(id, { ...outs, adopted: false });
  expect(await names()).toEqual(["default"]);
});

test("one that somebody renamed counts as gone, and is left alone", async () => {
  const { id, outs } = await record.create(inputs("gpu"));
  await api().call("queues.update", { queue: id, name: "theirs" });
  expect(await record.read(id, outs)).toBeUndefined();
  await record.create(inputs("gpu"));
  expect(await names()).toEqual(["default", "gpu", "theirs"]);
});

test("what is a change, and what another queue", async () => {
  const outs = { ...inputs("gpu"), adopted: false };
  expect(await record.diff(outs, inputs("gpu"))).toEqual({ changed: [], replaces: [] });
  expect(await record.diff(outs, inputs("cpu"))).toEqual({ changed: ["name"], replaces: ["name"] });
  const moved = { name: "gpu", connection: { ...server.connection, secretKey: "new" } };
  expect(await record.diff(outs, moved)).toEqual({ changed: ["connection"], replaces: [] });
  expect(await record.check(inputs("ab"), {})).toEqual([expect.stringContaining("clearml.agent.queue") as string]);
  expect(await record.check(inputs("gpu"), {})).toEqual([]);
});

test("new credentials are kept, and what was learned", async () => {
  const outs = { ...inputs("gpu"), adopted: true };
  const moved = { name: "gpu", connection: { ...server.connection, secretKey: "new" } };
  expect(await record.update("id", outs, moved)).toEqual({ ...moved, adopted: true });
});
