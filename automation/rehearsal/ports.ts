import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import getPort from "get-port";

/**
 * The loopback ports of a rehearsal. Each is chosen once and written down, for addresses stand in the engine's state, in the stack file and in
 * kubeconfigs: a rehearsal that was stopped comes back on the same ones.
 *
 * They lie below those that Linux and macOS lend to outgoing connections (from 32768 and 49152), where any program could have one by the time
 * it is needed again, and below Kubernetes' node ports.
 */
const FIRST = 20_000;
const COUNT = 10_000;
const CANDIDATES = 40;
const HOST = "127.0.0.1";

/** The port of one thing in a rehearsal, by the name that it alone has there. Free when it was chosen. */
export async function portOf(home: string, name: string): Promise<number> {
  const file = fileOf(home, name);
  const before = await readFile(file, "utf8").catch(() => undefined);
  if (before !== undefined) return Number(before);
  const others = Object.values(await portsOf(home));
  const port = candidates(path.basename(home), name).filter((candidate) => !others.includes(candidate));
  const chosen = await getPort({ port, host: HOST });
  await writePort(home, name, chosen);
  return chosen;
}

/** Writes down the port that something came to listen on, where its own was taken. */
export async function writePort(home: string, name: string, port: number): Promise<void> {
  await mkdir(folderOf(home), { recursive: true });
  await writeFile(fileOf(home, name), String(port));
}

/** Has another one chosen next time. */
export async function forgetPort(home: string, name: string): Promise<void> {
  await rm(fileOf(home, name), { force: true });
}

/** Every port of a rehearsal, by name. */
export async function portsOf(home: string): Promise<Record<string, number>> {
  const names = await readdir(folderOf(home)).catch(() => []);
  const ports = names.map(async (name) => [name, Number(await readFile(fileOf(home, name), "utf8"))] as const);
  return Object.fromEntries(await Promise.all(ports));
}

/** Whether nothing listens on any of these. */
export async function areFree(ports: readonly number[]): Promise<boolean> {
  return (await Promise.all(ports.map(isFree))).every(Boolean);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => {
      resolve(false);
    });
    server.listen(port, HOST, () =>
      server.close(() => {
        resolve(true);
      }),
    );
  });
}

/** The same each time for the same rehearsal. */
function candidates(home: string, name: string): number[] {
  return Array.from({ length: CANDIDATES }, (_, index) => {
    const digest = createHash("sha256").update(`${home}\0${name}\0${index}`).digest();
    return FIRST + (digest.readUInt32BE(0) % COUNT);
  });
}

const folderOf = (home: string) => path.join(home, "ports");
const fileOf = (home: string, name: string) => path.join(folderOf(home), name);
