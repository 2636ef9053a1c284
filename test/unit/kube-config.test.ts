import "./fresh-modules.ts";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { apiServer } from "../../components/kubernetes/api-server.ts";
import { kubeConfig } from "../../components/kubernetes/kube-config.ts";

vi.mock("node:os", async (original) => {
  const os = await original<typeof import("node:os")>();
  return { ...os, homedir: vi.fn(os.homedir) };
});

const KUBECONFIG = `
apiVersion: v1
kind: Config
clusters: [{ name: lab, cluster: { server: "https://192.0.2.1:6443" } }]
users: [{ name: admin, user: {} }]
contexts: [{ name: lab, context: { cluster: lab, user: admin } }]
current-context: lab
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "kube-config-"));
  await writeFile(path.join(folder, "config"), KUBECONFIG);
});
afterEach(() => rm(folder, { recursive: true }));

describe("the kubeconfig", () => {
  it("is found below the home folder", async () => {
    vi.mocked(homedir).mockReturnValue(folder);
    const config = await kubeConfig({ kubeconfig: "~/config" });
    expect(config.getCurrentCluster()?.server).toBe("https://192.0.2.1:6443");
  });

  it("of an API server without TLS is used too, as kubectl does", async () => {
    const file = path.join(folder, "proxy");
    await writeFile(file, KUBECONFIG.replace("https://192.0.2.1:6443", "http://127.0.0.1:1"));
    const { CoreV1Api } = await import("@kubernetes/client-node");
    const api = (await kubeConfig({ kubeconfig: file })).makeApiClient(CoreV1Api);
    await expect(api.listNode()).rejects.toThrow(/ECONNREFUSED|fetch failed/);
  });

  it("has its requests share connections, whoever read it, and lets go of one that nobody uses", async () => {
    let connections = 0;
    const server = createServer((_request, response) => {
      response.setHeader("content-type", "application/json").end('{"items":[]}');
    });
    server.keepAliveTimeout = 60_000;
    server.on("connection", () => connections++);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const file = path.join(folder, "near");
    const { port } = server.address() as AddressInfo;
    await writeFile(file, KUBECONFIG.replace("https://192.0.2.1:6443", `http://127.0.0.1:${port}`));
    const { CoreV1Api } = await import("@kubernetes/client-node");
    for (let time = 0; time < 2; time++) {
      const config = await kubeConfig({ kubeconfig: file });
      await apiServer(config)({ method: "GET", path: "/", timeoutMs: 5_000 });
      await config.makeApiClient(CoreV1Api).listNode();
    }
    // One of each of the two clients.
    expect(connections).toBe(2);
    const left = () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
    await vi.waitFor(async () => expect(await left()).toBe(0), 8_000);
    server.close();
  }, 10_000);

  it("that cannot be read is told by its key", async () => {
    const missing = kubeConfig({ kubeconfig: path.join(folder, "nothing") });
    await expect(missing).rejects.toThrow(/^vision-platform:cluster\.kubeconfig: .*cannot be read \(ENOENT\)/);
  });

  it("without the context is told by its key, with those that it has", async () => {
    const other = kubeConfig({ kubeconfig: path.join(folder, "config"), context: "home" });
    await expect(other).rejects.toThrow(
      "vision-platform:cluster.context: the kubeconfig has no context `home`. It has: lab.",
    );
  });
});
