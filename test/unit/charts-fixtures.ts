import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { Header } from "tar";
import { onTestFinished } from "vitest";
import { stringify } from "yaml";
import type { Patience } from "../../automation/http.ts";

/** Retries as in production, waits shortened. */
export const HASTE: Patience = { retries: 3, firstWaitMs: 5, silenceMs: 500 };

export interface TarEntry {
  path: string;
  content?: string | Buffer;
  type?: "File" | "SymbolicLink" | "Link" | "CharacterDevice" | "Directory";
  linkpath?: string;
}

/** A .tgz of exactly these entries, also of ones that tar programs refuse to write. */
export function pack(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ path: name, content = "", type = "File", linkpath }) => {
    const body = Buffer.from(content);
    const header = Buffer.alloc(512);
    new Header({ path: name, size: body.length, type, linkpath, mode: 0o644, mtime: new Date(0) }).encode(header, 0);
    return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

export interface ChartParts {
  version?: string;
  dependencies?: string[];
  /** Dependencies put under charts/, by folder. */
  packaged?: string[];
  files?: TarEntry[];
}

/** A packed chart as `helm package` makes it. */
export function chart(name: string, parts: ChartParts = {}): Buffer {
  const { version = "1.2.3", dependencies, packaged = [], files = [] } = parts;
  const about = {
    apiVersion: "v2",
    name,
    version,
    dependencies: dependencies?.map((d) => ({ name: d, version: "1.x" })),
  };
  return pack([
    { path: `${name}/Chart.yaml`, content: stringify(about) },
    { path: `${name}/values.yaml`, content: "replicas: 1\n" },
    { path: `${name}/templates/service.yaml`, content: "kind: Service\n" },
    ...packaged.map((d) => ({
      path: `${name}/charts/${d}/Chart.yaml`,
      content: stringify({ apiVersion: "v2", name: d, version: "1.0.0" }),
    })),
    ...files,
  ]);
}

export type Route = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on loopback, gone after the test. What it has no route for is a 404. */
export async function serve(routes: Record<string, Route>): Promise<{ url: string; host: string; asked: string[] }> {
  const asked: string[] = [];
  const listener: RequestListener = (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://any");
    asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
    const route = routes[pathname];
    if (route) route(request, response);
    else response.writeHead(404).end("no such page");
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `http://${host}`, host, asked };
}

export function send(body: string | Buffer, type = "application/octet-stream"): Route {
  return (_request, response) => response.writeHead(200, { "content-type": type }).end(body);
}

/** A folder that is gone after the test. */
export async function scratch(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "charts-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A lock file with this text, a cache beside it, and options for both. */
export async function lockedAs(text: string) {
  const folder = await scratch();
  const lockFile = path.join(folder, "charts.lock.yaml");
  await writeFile(lockFile, text);
  return { folder, lockFile, cacheFolder: path.join(folder, "cache"), patience: HASTE };
}
