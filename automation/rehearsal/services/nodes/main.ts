import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import path from "node:path";
import ssh2 from "ssh2";
import { RUN_TYPESCRIPT } from "../../../project.ts";
import { announce, told } from "../serve.ts";

/** A node of the cluster as its SSH server shows it: a root folder, and the k3s that is there. */
export interface NodeStandInConfig {
  node: string;
  /** Who may sign in. */
  user: string;
  /** OpenSSH text of the one public key that may. */
  publicKey: string;
}

const { config, folder } = told<NodeStandInConfig>();
const hostKey = readFileSync(path.join(folder, "host-key"), "utf8");
const allowed = ssh2.utils.parseKey(config.publicKey);
if (allowed instanceof Error) throw allowed;
const bin = writePrograms(path.join(folder, "bin"));

const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
  client.on("error", () => undefined); // A client that hangs up, or does not trust the key.
  client.on("authentication", (context) => {
    if (context.method !== "publickey" || context.username !== config.user) {
      context.reject(["publickey"]);
      return;
    }
    const same = context.key.data.equals(allowed.getPublicSSH());
    const signed =
      context.signature === undefined ||
      (context.blob !== undefined && allowed.verify(context.blob, context.signature, context.hashAlgo));
    if (same && signed) context.accept();
    else context.reject(["publickey"]);
  });
  client.on("session", (acceptSession) => {
    const session = acceptSession();
    // As an sshd without AcceptEnv.
    session.on("env", (_accept, reject) => {
      if (typeof reject === "function") reject();
    });
    session.on("exec", (acceptExec, _reject, { command }) => {
      execute(acceptExec(), command);
    });
  });
});

function execute(channel: ssh2.ServerChannel, command: string): void {
  const child = spawn("/bin/sh", ["-c", command], {
    cwd: folder,
    env: { PATH: `${bin}:${process.env["PATH"] ?? ""}`, HOME: folder, NODE_FOLDER: folder },
  });
  channel.pipe(child.stdin);
  child.stdin.on("error", () => undefined); // It ended before it had read all.
  channel.on("error", () => undefined);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.on("close", () => child.kill("SIGHUP"));
  child.on("close", (code) => {
    channel.exit(code ?? 255);
    channel.end();
  });
}

/** What such a node has on its PATH and this machine has not, or not as a node would. */
function writePrograms(place: string): string {
  mkdirSync(place, { recursive: true });
  const k3s = path.join(import.meta.dirname, "k3s.ts");
  const programs = {
    k3s: `exec "${process.execPath}" "${RUN_TYPESCRIPT}" "${k3s}" "$@"`,
    sudo: '[ "$1" = -n ] && shift\nexec "$@"',
    // A disk without room, when a file says so: the kernel's own error.
    cat: `if [ -e "$NODE_FOLDER/full" ] && [ $# -eq 0 ]; then exec ${which("cat")} >/dev/full; fi\nexec ${which("cat")} "$@"`,
  };
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(path.join(place, name), `#!/bin/sh\n${text}\n`);
    chmodSync(path.join(place, name), 0o755);
  }
  return place;
}

function which(program: string): string {
  return execFileSync("/bin/sh", ["-c", `command -v ${program}`], { encoding: "utf8" }).trim();
}

const portFile = path.join(folder, "port");
const port = existsSync(portFile) ? Number(readFileSync(portFile, "utf8")) : 0;
server.once("error", () => server.listen(0, "127.0.0.1"));
server.on("listening", () => void announce(folder, (server.address() as AddressInfo).port));
server.listen(port, "127.0.0.1");
