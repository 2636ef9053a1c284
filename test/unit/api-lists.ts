import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";

/**
 * An API server that lists what it is given, by `PLURAL`, of whatever namespace. A kind that was not given has nothing of it. What is posted
 * through it, to any Service, is refused for want of credentials.
 */
export interface ApiLists {
  /** Path of a kubeconfig that leads to it. */
  kubeconfig: string;
  /** Objects by the plural of their kind. */
  lists: Record<string, object[]>;
  /** Paths that were asked for. */
  requests: string[];
  /** Does not answer any more. */
  hang: () => void;
}

export async function startApiLists(lists: Record<string, object[]>): Promise<ApiLists> {
  const requests: string[] = [];
  let hangs = false;
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    if (hangs) return;
    const plural = (request.url ?? "").split("/").at(-1) ?? "";
    response.setHeader("content-type", "application/json");
    if (request.method === "POST") response.writeHead(401).end("{}");
    else response.end(JSON.stringify({ kind: "List", items: api.lists[plural] ?? [] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const folder = await mkdtemp(path.join(tmpdir(), "api-lists-"));
  const kubeconfig = path.join(folder, "kubeconfig");
  const { port } = server.address() as AddressInfo;
  await writeFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "lists", cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: "lists", user: {} }],
      contexts: [{ name: "lists", context: { cluster: "lists", user: "lists" } }],
      "current-context": "lists",
    }),
  );
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });
  const api: ApiLists = {
    kubeconfig,
    lists,
    requests,
    hang: () => {
      hangs = true;
    },
  };
  return api;
}
