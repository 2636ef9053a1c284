import { chmod, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { buildDigest } from "../../components/images/context.ts";
import type { Order } from "../../components/images/deliver.ts";
import { startNodes, type NodeStandIn } from "../../automation/rehearsal/services/nodes/nodes.ts";

export const REFERENCE = "registry.internal/test-agent:1";

/** Two nodes, a folder to build from, and a builder: what a delivery meets. Gone at the end. */
export async function startDelivery() {
  const home = await mkdtemp(path.join(tmpdir(), "delivery-"));
  const context = path.join(home, "context");
  await cp(path.resolve(import.meta.dirname, "../../images/clearml-agent"), context, { recursive: true });
  const { nodes, privateKey, docker, asked } = await startNodes(home, ["one", "two"]);
  const surroundings = { folder: path.join(home, "archives"), env: process.env };

  /** The order for a node, as the component makes it now. */
  function order(node: NodeStandIn, method: Order["image"]["method"] = "images-folder"): Order {
    const build = { buildArgs: {}, platform: "linux/amd64" };
    const { node: name, host, port, user, hostKey, dataDir } = node;
    return {
      image: {
        reference: REFERENCE,
        digest: buildDigest({ context, reference: REFERENCE, ...build }),
        method,
        dataDir,
      },
      access: { node: name, host, port, user, hostKey, sudo: true, privateKey, connectTimeoutMs: 10_000 },
      build: { ...build, builder: "docker", builderPath: docker, context, timeoutMs: 60_000 },
      sendTimeoutMs: 60_000,
    };
  }

  return {
    home,
    context,
    nodes: nodes as [NodeStandIn, NodeStandIn],
    docker,
    surroundings,
    privateKey,
    order,
    /** What the builder was asked to do, besides whether it works. */
    builds: async () =>
      (await readFile(asked, "utf8").catch(() => "")).split("\n").filter((line) => /^(build|save) /.test(line)),
    /** Runs k3s on a node, as somebody there would. */
    k3s: async (node: NodeStandIn, ...words: string[]) =>
      (
        await promisify(execFile)(path.join(node.folder, "bin/k3s"), words, {
          env: { ...process.env, NODE_FOLDER: node.folder },
        })
      ).stdout,
    /** A builder that is there and cannot work. */
    async brokenDocker() {
      const file = path.join(home, "broken-docker");
      await writeFile(file, "#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n");
      await chmod(file, 0o755);
      return file;
    },
    end: async () => {
      for (const node of nodes) {
        const { pid } = JSON.parse(await readFile(path.join(node.folder, "ready.json"), "utf8")) as { pid: number };
        process.kill(pid);
      }
      await rm(home, { recursive: true, force: true });
    },
  };
}
