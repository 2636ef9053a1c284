import { writeFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import type { KubeConfig } from "@kubernetes/client-node";
import { stringify } from "yaml";

/** What goes through a proxy in front of the API server. */
export interface Counter {
  /** `GET /api/v1/namespaces/cvat/services`, in the order in which they came. */
  requests: string[];
  /** Path of a kubeconfig that leads through the proxy. */
  kubeconfig: string;
  end(): Promise<void>;
}

/** Puts a proxy on loopback in front of the API server that notes each request, and writes the kubeconfig that leads to it. */
export async function countRequests(config: KubeConfig, kubeconfig: string): Promise<Counter> {
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) throw new Error("the kubeconfig names no cluster");
  const options: https.RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const requests: string[] = [];
  const proxy = http.createServer((incoming, outgoing) => {
    requests.push(`${incoming.method ?? ""} ${incoming.url ?? ""}`);
    const headers = { ...incoming.headers, host: new URL(server).host };
    const forwarded = https.request(
      new URL(incoming.url ?? "/", server),
      { ...options, method: incoming.method, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.on("error", () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as AddressInfo;
  await writeFile(
    kubeconfig,
    stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: "counted", // The client library takes http only so.
          cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true },
        },
      ],
      users: [{ name: "nobody", user: {} }],
      contexts: [{ name: "counted", context: { cluster: "counted", user: "nobody" } }],
      "current-context": "counted",
    }),
  );
  return {
    requests,
    kubeconfig,
    async end() {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
