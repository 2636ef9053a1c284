import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { deliveryConfig } from "../../components/images/delivery-config.ts";
import { ImageDelivery } from "../../components/images/delivery.ts";
import { recordRegistrations, settled } from "./registrations.ts";

const CONTEXT = "images/clearml-agent";
const CHECKOUT = path.resolve(import.meta.dirname, "../..");
const registered = recordRegistrations();
let elsewhere: string;

beforeAll(async () => {
  elsewhere = await mkdtemp(path.join(tmpdir(), "vision-platform-clone-"));
  await cp(path.join(CHECKOUT, CONTEXT), path.join(elsewhere, CONTEXT), { recursive: true });
});
afterAll(() => rm(elsewhere, { recursive: true }));

/** All that the engine is told of a delivery that is made from a checkout. */
async function plan(checkout: string): Promise<string> {
  registered.length = 0;
  const node = { node: "gpu-1", host: "192.0.2.11", user: "lab", hostKey: `ssh-ed25519 ${"A".repeat(68)}` };
  const privateKey = "-----BEGIN OPENSSH PRIVATE KEY-----\na key\n-----END OPENSSH PRIVATE KEY-----\n";
  const config = deliveryConfig.parse({ by: "nodes", nodes: [node], privateKey });
  new ImageDelivery("agent", { config, reference: "registry.internal/agent:1", context: CONTEXT, checkout });
  await settled(registered);
  expect(registered.map(({ type }) => type)).toContain("command:local:Command");
  return JSON.stringify(registered);
}

it("the plan of a delivery is the same in every checkout, and names no folder and no Node of this machine", async () => {
  const here = await plan(CHECKOUT);
  expect(await plan(elsewhere)).toBe(here);
  for (const own of [CHECKOUT, elsewhere, process.execPath, tmpdir(), process.version]) expect(here).not.toContain(own);
});

it("a node whose name is no label, by which the agent is kept there, is refused", () => {
  const named = (name: string) => ({
    node: name,
    host: "192.0.2.11",
    user: "lab",
    hostKey: `ssh-ed25519 ${"A".repeat(68)}`,
  });
  const told = (name: string) => deliveryConfig.safeParse({ nodes: [named(name)] }).error?.issues ?? [];
  expect(told("n".repeat(63))).toEqual([]);
  expect(told("n".repeat(64))).toMatchObject([
    { path: ["nodes", 0, "node"], message: expect.stringContaining("at most 63 characters") as string },
  ]);
});
