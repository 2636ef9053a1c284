import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import ssh2 from "ssh2";
import { RUN_TYPESCRIPT } from "../../../project.ts";
import { ensureService, serviceFolder } from "../service.ts";
import type { NodeStandInConfig } from "./main.ts";

/** A node that can be signed in on, as a delivery lists it. */
export interface NodeStandIn {
  node: string;
  host: string;
  port: number;
  user: string;
  hostKey: string;
  dataDir: string;
  /** Its folder. A file `full` in it takes the room from its disk. */
  folder: string;
}

export interface NodeStandIns {
  nodes: NodeStandIn[];
  /** Signs in on all of them. */
  privateKey: string;
  /** Program that stands for docker, and the file where it writes down what it was asked. */
  docker: string;
  asked: string;
}

const USER = "rehearsal";

/** Starts a node for each name, or finds it running, with keys that stay the same. */
export async function startNodes(home: string, names: readonly string[]): Promise<NodeStandIns> {
  const shared = serviceFolder(home, "nodes");
  await mkdir(shared, { recursive: true });
  const login = await keyPair(path.join(shared, "login-key"));
  const nodes = await Promise.all(
    names.map(async (node): Promise<NodeStandIn> => {
      const folder = serviceFolder(home, `node-${node}`);
      const dataDir = path.join(folder, "k3s");
      await mkdir(path.join(dataDir, "agent/images"), { recursive: true });
      const host = await keyPair(path.join(folder, "host-key"));
      const config: NodeStandInConfig = { node, user: USER, publicKey: login.public };
      const script = path.join(import.meta.dirname, "main.ts");
      const { port } = await ensureService({ name: `node-${node}`, script, home, config });
      return { node, host: "127.0.0.1", port, user: USER, hostKey: host.public, dataDir, folder };
    }),
  );
  return { nodes, privateKey: login.private, ...(await writeDocker(shared)) };
}

async function keyPair(file: string): Promise<{ public: string; private: string }> {
  const [known, knownPublic] = await Promise.all(
    [file, `${file}.pub`].map((one) => readFile(one, "utf8").catch(() => undefined)),
  );
  if (known !== undefined && knownPublic !== undefined) return { private: known, public: knownPublic };
  const pair = readablePair();
  await writeFile(file, pair.private, { mode: 0o600 });
  await writeFile(`${file}.pub`, pair.public);
  return pair;
}

/** One pair of some hundreds that ssh2 makes it cannot read itself: "Malformed OpenSSH public key". (4 of 1500, measured with 1.17.0) */
export function readablePair(): { public: string; private: string } {
  const pair = ssh2.utils.generateKeyPairSync("ed25519");
  return ssh2.utils.parseKey(pair.public) instanceof Error ? readablePair() : pair;
}

async function writeDocker(folder: string): Promise<{ docker: string; asked: string }> {
  const docker = path.join(folder, "docker");
  const script = path.join(import.meta.dirname, "docker.ts");
  const store = path.join(folder, "images");
  const text = `exec "${process.execPath}" "${RUN_TYPESCRIPT}" "${script}" "${store}" "$@"`;
  await writeFile(docker, `#!/bin/sh\n${text}\n`);
  await chmod(docker, 0o755);
  return { docker, asked: path.join(store, "asked") };
}
