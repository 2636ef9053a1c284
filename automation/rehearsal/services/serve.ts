import { existsSync, readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { startOf } from "../../processes.ts";

const STILL_NEEDED_MS = 2_000;

/** The script's side of a service: what `ensureService` told it, and the folder for its data. */
export interface Told<Config> {
  config: Config;
  folder: string;
}

/** Reads the configuration, and ends the process when its rehearsal is gone. */
export function told<Config>(): Told<Config> {
  const [file = ""] = process.argv.slice(2);
  const config = JSON.parse(readFileSync(file, "utf8")) as Config;
  const folder = path.dirname(file);
  // A rehearsal that is gone takes its folder along.
  setInterval(() => {
    if (!existsSync(folder)) process.exit(0);
  }, STILL_NEEDED_MS);
  return { config, folder };
}

/** Listens on loopback, on the port that was chosen for it if that is free, and says that it serves. */
export async function serveHttp(folder: string, listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  await listen(server, portChosen(folder)).catch(() => listen(server, 0));
  await announce(folder, (server.address() as AddressInfo).port);
  return server;
}

/** Says that this process serves on a port. */
export async function announce(folder: string, port: number): Promise<void> {
  const file = path.join(folder, "ready.json");
  await writeFile(`${file}.new`, JSON.stringify({ pid: process.pid, start: startOf(process.pid), port }));
  await rename(`${file}.new`, file);
}

function portChosen(folder: string): number {
  const file = path.join(folder, "port");
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}
