import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../../../components/program/errors.ts";
import { exchange } from "../../../../components/rest/exchange.ts";
import { until } from "../../../../components/rest/until.ts";
import { MinioAdmin } from "../../../../components/storage/client/admin.ts";
import { agentFor } from "../../../../components/storage/client/agent.ts";
import { markOf } from "../../../runs/belonging.ts";
import { kill, startOf } from "../../../processes.ts";
import type { Tool } from "../../../tools/obtain.ts";
import { registerAddress } from "../../cluster/routes.ts";
import { areFree, forgetPort, portOf } from "../../ports.ts";
import { certificatesIn } from "./certificates.ts";
import {
  doesNotServe,
  isRunning,
  readJson,
  serviceFolder,
  type Ready,
  type RehearsalService,
  type Started,
} from "../service.ts";

const READY_WITHIN_MS = 60_000;
const CREDENTIALS = ["vision-platform:objectStore", "credentials"] as const;

/** The real MinIO, on loopback, with data of the rehearsal's own. */
export const MINIO_SERVICE: RehearsalService = {
  name: "minio",
  wanted: ({ store }) => store !== undefined,
  async start({ home, tools, plan: { store } }) {
    // Behind TLS where the stack names an authority, which the rehearsal's own stands for. A public one's certificate cannot be made here.
    const file = store?.config.ca;
    const region = store?.s3.region ?? "";
    const { url, port, credentials, ca } = await ensureMinio(home, tools, { tls: file !== undefined, region });
    const { accessKey: user, secretKey: password } = credentials;
    if (store !== undefined) await registerAddress(home, { host: store.pods.host, port: store.pods.port, to: port });
    // A stack file that says which MinIO is meant means this one here.
    const deployment = store?.config.deployment && {
      section: "objectStore",
      path: ["deployment"],
      value: await new MinioAdmin({
        server: `127.0.0.1:${port}`,
        tls: ca !== undefined,
        region,
        user,
        password,
        ca,
      }).deployment(),
    };
    const started: Started = {
      url,
      port,
      notes: [
        `the object store: a real MinIO at ${url}, empty at first`,
        ...(file === undefined ? [] : [`${file}: an authority made for this rehearsal`]),
      ],
      values: [{ section: "objectStore", path: ["endpoint"], value: url }, ...(deployment ? [deployment] : [])],
      ...(file !== undefined && ca !== undefined && { files: { [file]: ca }, facts: { ca } }),
      secrets: [
        { at: [...CREDENTIALS, "accessKey"], value: credentials.accessKey },
        { at: [...CREDENTIALS, "secretKey"], value: credentials.secretKey },
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
  /** Certificate of the authority that signed its own, PEM; undefined where it speaks no TLS. */
  ca: string | undefined;
}

export interface MinioOptions {
  /** Whether it speaks HTTPS, with a certificate of an authority made for the rehearsal. Default: no. */
  tls?: boolean;
  /** Its region, which it holds every client to. Default: none, any is taken. */
  region?: string | undefined;
}

/**
 * MinIO in a rehearsal's home, started unless it runs. It is a process of its own, so that a kept rehearsal works on, and comes back on the
 * same port with the same data and the same credentials where it was ended.
 * @throws UserError with the end of its log when it does not serve
 */
export async function ensureMinio(
  home: string,
  tools: readonly Tool[],
  { tls = false, region = "" }: MinioOptions = {},
): Promise<RunningMinio> {
  const folder = serviceFolder(home, "minio");
  await mkdir(path.join(folder, "data"), { recursive: true });
  const credentials = await credentialsOf(folder);
  const certificates = tls ? await certificatesIn(path.join(folder, "certs")) : undefined;
  const ca = certificates?.ca;
  const before = await readJson<StartedMinio>(path.join(folder, "ready.json"));
  if (before && isRunning(before)) {
    const same = (before.tls ?? false) === tls && (before.region ?? "") === region;
    if (same && (await isHealthy(before.port, ca))) return running(before, credentials, ca);
    kill(before.pid);
    await until(() => isRunning(before), { isDone: (runs) => !runs, everyMs: 20 });
  }
  const port = await freePortOf(home, "minio");
  const pid = launch({
    program: programIn(tools),
    home,
    folder,
    port,
    console: await freePortOf(home, "minio-console"),
    credentials,
    certificates: certificates?.folder,
    region,
  });
  await serving(folder, port, pid, ca);
  const ready: StartedMinio = { pid, start: startOf(pid), port, tls, region };
  await writeFile(path.join(folder, "ready.json"), JSON.stringify(ready));
  return running(ready, credentials, ca);
}

/** A MinIO that was started, and with what. */
interface StartedMinio extends Ready {
  tls?: boolean;
  region?: string;
}

/** Its own port, or another where somebody took that while it was ended. */
async function freePortOf(home: string, name: string): Promise<number> {
  const own = await portOf(home, name);
  if (await areFree([own])) return own;
  await forgetPort(home, name);
  return portOf(home, name);
}

function programIn(tools: readonly Tool[]): string {
  const tool = tools.find(({ name }) => name === "minio");
  if (tool === undefined) throw new Error("a rehearsal with an object store needs the program minio");
  return tool.path;
}

interface Launch {
  program: string;
  home: string;
  folder: string;
  port: number;
  console: number;
  credentials: RunningMinio["credentials"];
  /** Folder of `public.crt` and `private.key`. */
  certificates: string | undefined;
  region: string;
}

function launch({ program, home, folder, port, console, credentials, certificates, region }: Launch): number {
  const log = openSync(path.join(folder, "log"), "a");
  const args = ["server", "--address", `127.0.0.1:${port}`, "--console-address", `127.0.0.1:${console}`];
  if (certificates !== undefined) args.push("--certs-dir", certificates);
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
      ...(region !== "" && { MINIO_SITE_REGION: region }),
    },
  });
  child.unref();
  closeSync(log);
  if (child.pid === undefined) throw new UserError(`The program ${program} cannot be started.`);
  return child.pid;
}

async function serving(folder: string, port: number, pid: number, ca: string | undefined): Promise<void> {
  const look = async () => ({ serves: await isHealthy(port, ca), runs: startOf(pid) !== undefined });
  const { serves } = await until(look, {
    isDone: (seen) => seen.serves || !seen.runs,
    everyMs: 50,
    withinMs: READY_WITHIN_MS,
  });
  if (!serves) throw await doesNotServe("MinIO", folder);
}

async function isHealthy(port: number, ca: string | undefined): Promise<boolean> {
  const url = new URL("/minio/health/live", originOf(port, ca));
  return exchange(url, { method: "GET", tls: { agent: agentFor(ca) }, limitMs: 2_000 }).then(
    ({ status }) => status === 200,
    () => false,
  );
}

const originOf = (port: number, ca: string | undefined) => `${ca === undefined ? "http" : "https"}://127.0.0.1:${port}`;

const running = (
  { port, pid }: Ready,
  credentials: RunningMinio["credentials"],
  ca: string | undefined,
): RunningMinio => ({ url: originOf(port, ca), port, pid, credentials, ca });

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
