import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { areFree, forgetPort, portOf, portsOf, writePort } from "../../automation/rehearsal/ports.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "ports-"));
});
afterAll(() => rm(root, { recursive: true }));

it("a port is chosen once, is no other thing's of the rehearsal, and is below those lent to outgoing connections", async () => {
  const home = path.join(root, "one");
  const ports: number[] = [];
  for (let index = 0; index < 30; index++) ports.push(await portOf(home, `thing-${index}`));
  expect(new Set(ports).size).toBe(30);
  for (const port of ports) expect(port >= 20_000 && port < 30_000).toBe(true);
  expect(await portOf(home, "thing-7")).toBe(ports[7]);
  expect(Object.values(await portsOf(home)).sort()).toEqual([...ports].sort());
});

it("one that somebody has is not chosen, and another is once it is forgotten", async () => {
  const home = path.join(root, "two");
  const first = await portOf(home, "api");
  expect(await areFree([first])).toBe(true);
  const server = await listening(first);
  expect(await areFree([first])).toBe(false);
  await forgetPort(home, "api");
  const second = await portOf(home, "api");
  expect(second).not.toBe(first);
  server.close();
  await writePort(home, "api", 12_345);
  expect(await portOf(home, "api")).toBe(12_345);
});

function listening(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(port, "127.0.0.1", () => {
      resolve(server);
    });
  });
}
