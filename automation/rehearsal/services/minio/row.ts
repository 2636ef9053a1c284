import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import getPort, { clearLockedPorts } from "get-port";
import { UserError } from "../../../../components/errors.ts";
import { MinioAdmin } from "../../../../components/storage/client/admin.ts";
import { markOf } from "../../cluster/belonging.ts";
import { kill, startOf } from "../../processes.ts";
import type { Tool } from "../../tools/obtain.ts";
import { doesNotServe, readJson, serviceFolder, type RehearsalService, type Started } from "../service.ts";

const READY_WITHIN_MS = 60_000;
const SECTION = "vision-platform:objectStore";

/** The real MinIO, on loopback, with data of the rehearsal's own. */
export const MINIO_SERVICE: RehearsalService = {
  name: "minio",
  wanted: ({ objectStore }) => objectStore !== undefined,
  async start({ home, tools, lab }) {
    const { url, port, credentials } = await ensureMinio(home, tools);
    const { accessKey: user, secretKey: password } = credentials;
    // A stack file that says which MinIO is meant means this one here.
    const deployment = lab.objectStore?.deployment && {
      section: "objectStore",
      path: ["deployment"],
      value: await new MinioAdmin({
        server: `127.0.0.1:${port}`,
        tls: false,
        region: "us-east-1",
        user,
        password,
      }).deployment(),
    };
    const started: Started = {
      url,
      port,
      notes: [`the object store: a real MinIO at ${url}, empty at first`],
      values: [
        { section: "objectStore", path: ["endpoint"], value: `127.0.0.1:${port}` },
        { section: "objectStore", path: ["tls"], value: false },
        ...(deployment ? [deployment] : []),
      ],
      secrets: [
        { key: `${SECTION}.credentials.accessKey`, value: credentials.accessKey },
        { key: `${SECTION}.credentials.secretKey`, value: credentials.secretKey },
      ],
    };
    return started;
  },
};

export interface RunningMinio {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  port: number;
  pid: number;
  /** Of the root user. */
  credentials: { accessKey: string; secretKey: string };
}

/**
 * MinIO in a rehearsal's home, started unless it runs. It is a process of its own, so that a kept rehearsal works on, and comes back on the
 * same port with the same data and the same credentials where it was ended.
 * @throws UserError with the end of its log when it does not serve
 */
export async function ensureMinio(home: string, tools: readonly Tool[]): Promise<RunningMinio> {
  const folder = serviceFolder(home, "minio");
  await mkdir(path.join(folder, "data"), { recursive: true });
  const credentials = await credentialsOf(folder);
  const before = await readJson<Record<string, number>>(path.join(folder, "ready.json"));
  if (before && startOf(before["pid"] ?? 0) !== undefined && (await isHealthy(before["port"] ?? 0))) {
    return running(before, credentials);
  }
  if (before?.["pid"] !== undefined && startOf(before["pid"]) !== undefined) kill(before["pid"]);
  // A port that this process was given before is kept from it for a while, and this one is MinIO's again.
  clearLockedPorts();
  const port = await getPort({ port: before?.["port"] ?? [], host: "127.0.0.1" });
  const pid = launch(
    programIn(tools),
    home,
    folder,
    port,
    await getPort({ host: "127.0.0.1", exclude: [port] }),
    credentials,
  );
  await serving(folder, port, pid);
  await writeFile(path.join(folder, "ready.json"), JSON.stringify({ pid, port }));
  return running({ pid, port }, credentials);
}

function programIn(tools: readonly Tool[]): string {
  const tool = tools.find(({ name }) => name === "minio");
  if (tool === undefined) throw new Error("a rehearsal with an object store needs the program minio");
  return tool.path;
}

function launch(
  program: string,
  home: string,
  folder: string,
  port: number,
  console: number,
  credentials: RunningMinio["credentials"],
): number {
  const log = openSync(path.join(folder, "log"), "a");
  const args = ["server", "--address", `127.0.0.1:${port}`, "--console-address", `127.0.0.1:${console}`];
  const child = spawn(program, [...args, "--config-dir", path.join(folder, "config"), path.join(folder, "data")], {
    cwd: folder,
    detached: true,
    stdio: ["ignore", log, log],
    // Nothing of the user's own MinIO; credentials by environment, which other users of the machine do not see.
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      ...markOf(home),
      MINIO_ROOT_USER: credentials.accessKey,
      MINIO_ROOT_PASSWORD: credentials.secretKey,
      MINIO_UPDATE: "off",
      MINIO_CALLHOME_ENABLE: "off",
    },
  });
  child.unref();
  closeSync(log);
  if (child.pid === undefined) throw new UserError(`The program ${program} cannot be started.`);
  return child.pid;
}

async function serving(folder: string, port: number, pid: number): Promise<void> {
  const end = Date.now() + READY_WITHIN_MS;
  while (Date.now() < end && startOf(pid) !== undefined) {
    if (await isHealthy(port)) return;
    await pause(50);
  }
  throw await doesNotServe("MinIO", folder);
}

async function isHealthy(port: number): Promise<boolean> {
  try {
    const url = `http://127.0.0.1:${port}/minio/health/live`;
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

const running = (ready: Record<string, number>, credentials: RunningMinio["credentials"]): RunningMinio => ({
  url: `http://127.0.0.1:${ready["port"]}`,
  port: ready["port"] ?? 0,
  pid: ready["pid"] ?? 0,
  credentials,
});

/** Made once per rehearsal; the file is the user's alone. */
async function credentialsOf(folder: string): Promise<RunningMinio["credentials"]> {
  const file = path.join(folder, "root.json");
  const kept = await readFile(file, "utf8").catch(() => undefined);
  if (kept !== undefined) return JSON.parse(kept) as RunningMinio["credentials"];
  const credentials = {
    accessKey: `rehearsal-${randomBytes(4).toString("hex")}`,
    secretKey: randomBytes(20).toString("hex"),
  };
  await writeFile(file, JSON.stringify(credentials), { mode: 0o600 });
  return credentials;
}
