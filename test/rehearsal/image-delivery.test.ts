import { appendFile, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PROJECT_FOLDER } from "../../automation/project.ts";
import { installPlugins } from "../../automation/plugins/install.ts";
import { COMMAND_PLUGIN } from "../../automation/plugins/command-row.ts";
import { runningProcesses } from "../../automation/processes.ts";
import { deliveryConfig, type DeliveryNode } from "../../components/images/delivery-config.ts";
import { ImageDelivery } from "../../components/images/delivery.ts";
import { OwnProvider } from "../../components/records/resource.ts";
import { startEngine } from "./engine.ts";
import { problemsOf } from "./failure.ts";
import { REFERENCE, startDelivery } from "./image-lab.ts";

let lab: Awaited<ReturnType<typeof startDelivery>>;
let engine: Awaited<ReturnType<typeof startEngine>>;
/** The middle of the private key: marks it wherever it gets to. */
let canary: string;
const change: {
  node?: Partial<DeliveryNode>;
  builderPath?: string;
  buildArgs?: Record<string, string>;
  fromBefore?: boolean;
} = {};
const seen = new Set<string>();

beforeAll(async () => {
  lab = await startDelivery();
  canary = lab.privateKey.split("\n")[3] ?? "";
  engine = await startEngine(
    () => {
      const nodes = lab.nodes.map(({ node, host, port, user, hostKey, dataDir }, index) => ({
        ...{ node, host, port, user, hostKey, dataDir },
        ...(index === 0 && change.node),
      }));
      const { builderPath = lab.docker, buildArgs = {} } = change;
      const config = deliveryConfig.parse({
        by: "nodes",
        nodes,
        privateKey: lab.privateKey,
        builder: "docker",
        builderPath,
        buildArgs,
      });
      const providers = [new OwnProvider("dynamic")];
      const image = new ImageDelivery(
        "agent",
        { config, reference: REFERENCE, context: lab.context, checkout: PROJECT_FOLDER },
        { providers, transformations: change.fromBefore ? [asBefore] : [] },
      );
      return Promise.resolve({ nodes: image.nodes });
    },
    { VISION_PLATFORM_CACHE: path.join(lab.home, "cache") },
  );
  await installPlugins(path.join(engine.folder, "pulumi"), [COMMAND_PLUGIN]);
});
afterAll(async () => {
  await engine.end();
  await lab.end();
});

/** The command as it was written until it named no folder of one machine: with the paths of checkout and Node. */
const asBefore: pulumi.ResourceTransformation = ({ type, props, opts }) => {
  if (type !== "command:local:Command") return undefined;
  const folder = path.join(PROJECT_FOLDER, "automation/images");
  const create = `'${process.execPath}' --import tsx '${path.join(folder, "deliver.ts")}'`;
  return { props: { ...(props as object), create, dir: folder }, opts };
};

const operations = async () =>
  (await engine.run("up")).changes.map(({ urn, operation }) => `${urn.split("::").at(-1)} ${operation}`).sort();
const failed = async (verb: "up" | "preview") => (await problemsOf(engine.run(verb))).join("\n");
const has = async (index: 0 | 1) => (await lab.k3s(lab.nodes[index], "ctr", "images", "ls")).includes(`${REFERENCE} `);

it("gets to both nodes, and the private key nowhere else", async () => {
  const watch = setInterval(() => {
    for (const { words } of runningProcesses()) seen.add(words.join(" "));
  }, 50);
  try {
    await engine.run("up");
  } finally {
    clearInterval(watch);
  }
  expect([await has(0), await has(1)]).toEqual([true, true]);
  expect((await engine.stack.outputs())["nodes"]?.value).toEqual(["one", "two"]);
  const deliveries = [...seen].filter((line) => line.includes("automation/images/deliver.ts"));
  expect(deliveries).not.toEqual([]);
  expect(canary).toMatch(/^\S{40,}$/);
  expect([...seen].filter((line) => line.includes(canary))).toEqual([]);
  expect(engine.lines.join("\n")).not.toContain(canary);
  expect(await filesWith(path.join(engine.folder), canary)).toEqual([]);
  expect(await filesWith(path.join(lab.home, "cache"), canary)).toEqual([]);
});

it("is neither built nor sent by a second up", async () => {
  const before = await lab.builds();
  expect(await operations()).toEqual([]);
  expect(await lab.builds()).toEqual(before);
});

it("of a stack from before is looked for on its nodes once, and neither built nor sent", async () => {
  change.fromBefore = true;
  await engine.run("up");
  delete change.fromBefore;
  const before = await lab.builds();
  expect(await operations()).toEqual(["agent-one update", "agent-two update"]);
  expect(await operations()).toEqual([]);
  expect(await lab.builds()).toEqual(before);
});

it("is delivered anew when its Dockerfile changes, or a build argument", async () => {
  const replaced = ["agent-one replace", "agent-one-presence update", "agent-two replace", "agent-two-presence update"];
  await appendFile(path.join(lab.context, "Dockerfile"), "LABEL changed=yes\n");
  expect(await operations()).toEqual(replaced);
  change.buildArgs = { PYTHON: "python:3.12" };
  expect(await operations()).toEqual(replaced);
  expect((await lab.builds()).at(-2)).toContain("--build-arg PYTHON=python:3.12");
  expect(await operations()).toEqual([]);
});

it("that somebody removed on one node is found missing by a refresh, and the next up brings it there alone", async () => {
  await lab.k3s(lab.nodes[0], "ctr", "images", "rm", REFERENCE);
  await engine.run("refresh");
  expect(await operations()).toEqual(["agent-one replace", "agent-one-presence create"]);
  expect(await has(0)).toBe(true);
  expect(await operations()).toEqual([]);
});

it("that one node has no room for says which and why, and the next up completes", async () => {
  const [one] = lab.nodes;
  await writeFile(path.join(one.folder, "full"), "");
  await appendFile(path.join(lab.context, "Dockerfile"), "LABEL changed=again\n");
  const problem = await failed("up");
  expect(problem).toMatch(/Node `one` did not take .*No space left on device/s);
  expect(problem).toMatch(/disk is full: free space there, then run again/);
  await rm(path.join(one.folder, "full"));
  await engine.run("up");
  expect(await operations()).toEqual([]);
  expect(await has(0)).toBe(true);
});

it("is not sent to a server with another host key, or to none", async () => {
  change.node = { hostKey: lab.nodes[1].hostKey };
  expect(await failed("up")).toMatch(/SSH server of node `one` .* shows the host key ssh-ed25519 /);
  change.node = { port: 1 };
  expect(await failed("up")).toMatch(/Node `one` .* cannot be reached by SSH: .*ECONNREFUSED/);
  delete change.node;
  await engine.run("up");
  expect(await operations()).toEqual([]);
});

it("that nothing here can build is previewed where it is, and refused where it must be brought, with what to install", async () => {
  change.builderPath = await lab.brokenDocker();
  await engine.run("preview");
  await appendFile(path.join(lab.context, "Dockerfile"), "LABEL changed=for-nobody\n");
  expect(await failed("preview")).toMatch(/Nothing on this machine can build the image .*install Docker/);
  delete change.builderPath;
  await engine.run("up");
});

it("stays on its nodes when the stack goes", async () => {
  await engine.run("destroy");
  expect([await has(0), await has(1)]).toEqual([true, true]);
  const before = await lab.builds();
  await engine.run("up");
  expect(await lab.builds()).toEqual(before);
});

/** Files below a folder in which a text stands. */
async function filesWith(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const found = await Promise.all(files.map(async (file) => ((await readFile(file)).includes(text) ? [file] : [])));
  return found.flat();
}
