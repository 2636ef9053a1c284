import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import ssh2 from "ssh2";
import { UserError } from "../program/errors.ts";
import { unlessEnded } from "../rest/ending.ts";
import { patiently } from "../rest/patience.ts";

/** How a node is reached. */
export interface NodeAccess {
  /** Its name in the cluster, for what is said of it. */
  node: string;
  host: string;
  port: number;
  user: string;
  /** Public key of its SSH server. */
  hostKey: string;
  /** The program calls k3s by sudo. */
  sudo: boolean;
  privateKey: string;
  /** Of one attempt. */
  connectTimeoutMs: number;
}

export interface Ran {
  code: number | undefined;
  stdout: string;
  stderr: string;
}

/** Nobody answers: it may be switched off, and what is on it is not known. */
export class Unreachable extends UserError {}

const ATTEMPTS = 3;
const KEPT_OF_OUTPUT = 4_000;

/**
 * Signs in on a node, does some work there, and hangs up. A connection that cannot be made is tried three times; a wrong key never again.
 * @param signal ends it. Default: nothing does.
 * @throws UserError naming the node and the cure
 */
export async function onNode<T>(
  access: NodeAccess,
  work: (client: ssh2.Client) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const client = await patiently(() => connect(access), {
    attempts: ATTEMPTS,
    firstPauseMs: 500,
    longestPauseMs: 3_000,
    signal,
    mayPass: (error) => error instanceof Unreachable,
  });
  try {
    return await unlessEnded(signal, () => work(client));
  } finally {
    client.end();
  }
}

function connect(access: NodeAccess): Promise<ssh2.Client> {
  const { node, host, port, user, privateKey, connectTimeoutMs } = access;
  const wanted = keyBlob(access.hostKey);
  const place = `node \`${node}\` (${user}@${host}:${port})`;
  const known = ssh2.utils.parseKey(privateKey);
  if (known instanceof Error) {
    // The library's own text may quote the key.
    throw new UserError(
      "The private key of the image delivery (delivery.privateKey) cannot be read: it must be an OpenSSH or PEM private key without a passphrase.",
    );
  }
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    let wrong: string | undefined;
    const fail = (error: Error & { level?: string }) => {
      client.destroy();
      reject(problem(error));
    };
    const problem = (error: Error & { level?: string }): UserError => {
      if (wrong !== undefined) {
        return new UserError(
          `The SSH server of ${place} shows the host key ${wrong}, and \`hostKey\` of that node is another one. Nothing was sent. ` +
            "If the node was set up anew, put its key (/etc/ssh/ssh_host_ed25519_key.pub there) in its place; if not, somebody is in between.",
        );
      }
      if (error.level === "client-authentication") {
        return new UserError(
          `${capital(place)} does not let this private key in. Put its public key into ${user}'s ~/.ssh/authorized_keys there.`,
        );
      }
      return new Unreachable(
        `${capital(place)} cannot be reached by SSH: ${error.message}. Check that it is up, and \`host\` and \`port\` of that node.`,
      );
    };
    client.once("ready", () => {
      client.off("error", fail);
      // A connection that breaks later ends the stream of the work, which says so.
      client.on("error", () => undefined);
      resolve(client);
    });
    client.once("error", fail);
    client.connect({
      host,
      port,
      username: user,
      privateKey,
      readyTimeout: connectTimeoutMs,
      keepaliveInterval: 10_000,
      algorithms: { serverHostKey: algorithmsOf(wanted.type) },
      hostVerifier: (key: Buffer) => {
        if (key.equals(wanted.blob)) return true;
        wrong = describe(key);
        return false;
      },
    });
  });
}

/** Asks the server for the key that is known: one with several would else show another of its own. */
function algorithmsOf(type: string): ssh2.ServerHostKeyAlgorithm[] {
  const all: Record<string, ssh2.ServerHostKeyAlgorithm[]> = { "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"] };
  const others: ssh2.ServerHostKeyAlgorithm[] = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
  ];
  const first = all[type] ?? [type as ssh2.ServerHostKeyAlgorithm];
  // The others follow, so that a server with another kind of key is told apart from one that cannot be talked to.
  return [...first, ...others.filter((one) => !first.includes(one))];
}

/** `[host] TYPE BASE64 [comment]`. */
function keyBlob(text: string): { type: string; blob: Buffer } {
  const words = text.trim().split(/\s+/);
  const at = words.findIndex((word) => /^(ssh-|ecdsa-)/.test(word));
  return { type: words[at] ?? "", blob: Buffer.from(words[at + 1] ?? "", "base64") };
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function describe(key: Buffer): string {
  const type = key.subarray(4, 4 + key.readUInt32BE(0)).toString("latin1");
  return `${type} ${key.toString("base64")}`;
}

/**
 * Runs a command, with a file as its stdin if one is given.
 * @param timeoutMs until it is given up
 */
export async function execute(
  client: ssh2.Client,
  command: string,
  { stdin, timeoutMs }: { stdin?: string; timeoutMs: number },
): Promise<Ran> {
  const channel = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
    client.exec(command, (error, stream) => {
      if (error) reject(error);
      else resolve(stream);
    });
  });
  const ran: Ran = { code: undefined, stdout: "", stderr: "" };
  const keep = (before: string, data: Buffer) => (before + data.toString("utf8")).slice(-KEPT_OF_OUTPUT);
  channel.on("data", (data: Buffer) => (ran.stdout = keep(ran.stdout, data)));
  channel.stderr.on("data", (data: Buffer) => (ran.stderr = keep(ran.stderr, data)));
  channel.on("exit", (code: number | null) => (ran.code = code ?? undefined));
  const closed = new Promise<void>((resolve) => channel.once("close", resolve));
  const timer = setTimeout(() => {
    ran.stderr += `\nno end within ${timeoutMs / 1000} s`;
    client.destroy();
  }, timeoutMs);
  try {
    // A command that ends early (a full disk) closes its stdin: what it says of that is the error, not the broken pipe.
    const input = stdin === undefined ? [] : [stdin];
    if (input[0] === undefined) channel.end();
    else await Promise.race([pipeline(createReadStream(input[0]), channel).catch(() => undefined), closed]);
    await closed;
  } finally {
    clearTimeout(timer);
  }
  return ran;
}
