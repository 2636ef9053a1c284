import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import { createServer as createTlsServer } from "node:https";
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { afterEach, describe, expect, it } from "vitest";
import { asHost } from "../../automation/data/connect/as-host.ts";
import { forward } from "../../automation/data/connect/forward.ts";
import { whyUnreachable, whyUrlUnreachable } from "../../automation/data/connect/reachable.ts";
import { bucketOf } from "../../automation/data/store/bucket.ts";
import { certificateOnLoopback } from "../../automation/rehearsal/certificate.ts";
import { podOf, serviceAt } from "../../automation/data/connect/services.ts";

interface Channel {
  on(event: "message", listener: (message: Buffer) => void): void;
  on(event: "close", listener: () => void): void;
  send(message: Buffer): void;
  close(): void;
  terminate(): void;
}
const { WebSocketServer } = createRequire(import.meta.url)("ws") as {
  WebSocketServer: new (options: { server: Server; handleProtocols: () => string }) => {
    on(event: "connection", listener: (channel: Channel, request: { url?: string }) => void): void;
  };
};

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const listening = async (server: Server | ReturnType<typeof createTcpServer>) => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
};

const SERVICE = {
  metadata: { name: "minio", namespace: "store" },
  spec: { clusterIPs: ["10.43.0.9"], ports: [{ name: "api", port: 9000 }] },
  status: { loadBalancer: { ingress: [{ ip: "192.0.2.30" }] } },
};
const pod = (name: string, ready: boolean) => ({
  addresses: ["10.42.0.7"],
  conditions: { ready },
  targetRef: { kind: "Pod", name },
});

/**
 * An API server as far as a port-forward asks it: a Service, its endpoints, and the forward as a kubelet serves it by `v4.channel.k8s.io`: each
 * message begins with its channel, each channel's first with the port in two bytes, little-endian. (k8s.io/kubelet: cri/streaming/portforward/websocket.go)
 * @param behind the port on which what stands for the pod listens
 */
async function apiServer(behind: () => number, { refused = false } = {}) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const items = request.url?.includes("endpointslices")
      ? [{ endpoints: [pod("minio-0", false), pod("minio-1", true)], ports: [{ name: "api", port: 9001 }] }]
      : [SERVICE];
    const body = request.url?.endsWith("/services/minio") ? SERVICE : { items };
    const [status, answer] = request.url?.includes("/services/absent") ? [404, { kind: "Status" }] : [200, body];
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
  });
  if (refused) server.on("upgrade", (_request, socket: Socket) => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"));
  else
    new WebSocketServer({ server, handleProtocols: () => "v4.channel.k8s.io" }).on(
      "connection",
      (channel, { url = "" }) => {
        asked.push(url);
        ends.push(() => {
          channel.terminate();
        });
        const port = Buffer.alloc(2);
        port.writeUInt16LE(Number(new URL(url, "http://x").searchParams.get("ports")));
        for (const number of [0, 1]) channel.send(Buffer.concat([Buffer.of(number), port]));
        const there = connect(behind(), "127.0.0.1");
        there.on("data", (bytes) => channel.send(Buffer.concat([Buffer.of(0), bytes])));
        there.on("error", ({ message }) => channel.send(Buffer.concat([Buffer.of(1), Buffer.from(message)])));
        there.on("close", () => channel.close());
        channel.on("message", (message) => there.write(message.subarray(1)));
        channel.on("close", () => there.destroy());
      },
    );
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: "c", server: `http://127.0.0.1:${await listening(server)}`, skipTLSVerify: true },
    { name: "u" },
  );
  ends.push(() => server.closeAllConnections());
  return { config, asked };
}

const whole = (socket: Socket) =>
  new Promise<Buffer>((resolve) => {
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      resolve(Buffer.concat(chunks));
    });
  });

async function forwarded(behind: () => number, options?: { refused?: boolean }) {
  const { config, asked } = await apiServer(behind, options);
  const said: string[] = [];
  const target = { namespace: "store", service: "minio", port: 9000 };
  const way = await forward({ config, pod: () => podOf(config, target), failed: (why) => said.push(why) });
  ends.push(() => way.close());
  return { way, asked, said };
}

describe("a port-forward", () => {
  it("carries bytes both ways to the pod that is ready, each connection by itself, and ends", async () => {
    const large = Buffer.alloc(3 << 20, "0123456789");
    const echo = createTcpServer((socket) => socket.pipe(socket));
    const port = await listening(echo);
    const { way, asked } = await forwarded(() => port);
    for (const bytes of [Buffer.from("hello"), large]) {
      const socket = connect(way.port, "127.0.0.1");
      const got: Buffer[] = [];
      const all = new Promise<void>((resolve) =>
        socket.on("data", (chunk) => {
          got.push(chunk);
          if (Buffer.concat(got).length === bytes.length) resolve();
        }),
      );
      socket.write(bytes);
      await all;
      socket.end();
      expect(Buffer.concat(got).equals(bytes)).toBe(true);
    }
    expect(asked).toEqual(Array(2).fill("/api/v1/namespaces/store/pods/minio-1/portforward?ports=9001"));
    const open = connect(way.port, "127.0.0.1");
    const closed = whole(open);
    await new Promise((resolve) => open.once("connect", resolve));
    await way.close();
    await closed;
    expect(await whyUnreachable("127.0.0.1", way.port)).toBe("ECONNREFUSED");
  });

  it("ends what the pod ends, and says what the API server says", async () => {
    const port = await listening(createTcpServer((socket) => socket.end("bye")));
    const first = await forwarded(() => port);
    expect((await whole(connect(first.way.port, "127.0.0.1"))).toString()).toBe("bye");
    const nobody = await forwarded(() => 1);
    expect((await whole(connect(nobody.way.port, "127.0.0.1"))).length).toBe(0);
    expect(nobody.said.join()).toContain("ECONNREFUSED");
    const refused = await forwarded(() => port, { refused: true });
    expect((await whole(connect(refused.way.port, "127.0.0.1"))).length).toBe(0);
    expect(refused.said.join()).toMatch(/forwards no port to pod minio-1 .* needs get and create on pods\/portforward/);
  });
});

describe("the Service of an address", () => {
  it("is found by its own address, a load balancer's, and its name, on its own port", async () => {
    const { config } = await apiServer(() => 0);
    const found = { namespace: "store", service: "minio", port: 9000 };
    for (const host of ["10.43.0.9", "192.0.2.30", "minio.store", "minio.store.svc.cluster.local"])
      expect(await serviceAt(config, host, 9000)).toEqual(found);
    expect(await serviceAt(config, "192.0.2.30", 9001)).toBeUndefined();
    await expect(podOf(config, { ...found, service: "absent" })).rejects.toThrow(
      "The API server does not show Service absent in namespace store: there is none.",
    );
  });
});

describe("what is reached", () => {
  it("is what listens, by an address or a name", async () => {
    const port = await listening(createTcpServer());
    expect(await whyUnreachable("127.0.0.1", port)).toBeUndefined();
    expect(await whyUrlUnreachable(`http://localhost:${port}/x`)).toBeUndefined();
    expect(await whyUrlUnreachable("http://(address of Traefik)")).toBe("nothing says which address that is");
    expect(await whyUrlUnreachable("http://cvat.invalid")).toMatch(/ENOTFOUND|EAI_AGAIN|no answer/);
  });
});

describe("a store behind a port-forward", () => {
  it("is asked for the certificate of its own name", async () => {
    const { ca, certificate, key } = await certificateOnLoopback({
      authority: "Authority of a test",
      subject: [{ name: "commonName", value: "Store" }],
      names: ["minio.example.com"],
    });
    const asked: unknown[] = [];
    const store = createTlsServer({ cert: certificate, key }, ({ socket }, response) => {
      asked.push("servername" in socket && socket.servername);
      response.writeHead(200, { ETag: '"x"', "Last-Modified": new Date(0).toUTCString(), "Content-Length": "1" }).end();
    });
    const server = `127.0.0.1:${await listening(store)}`;
    ends.push(() => store.closeAllConnections());
    const place = { server, tls: true, region: "us-east-1", user: "user", password: "password", ca };
    const bucket = (servername: string) => bucketOf({ ...place, servername }, "datasets", { firstPauseMs: 1 });
    expect(await bucket("minio.example.com").stat("a.jpg")).toMatchObject({ key: "a.jpg", size: 1 });
    for (const other of ["other.example.com", "192.0.2.30"])
      await expect(bucket(other).stat("a.jpg")).rejects.toThrow(/certificate/);
    expect(await bucket("127.0.0.1").stat("a.jpg")).toMatchObject({ key: "a.jpg" });
    expect(asked).toEqual(["minio.example.com", false]);
  });
});

describe("a site that answers to its name alone", () => {
  it("is asked by that name, from there too, and leads back here", async () => {
    const seen: unknown[] = [];
    const site = createServer(({ headers: { host, origin, referer } }, response) => {
      seen.push({ host, origin, referer });
      response.writeHead(302, { Location: "http://cvat.example.com/next" }).end();
    });
    const proxy = await asHost({ port: await listening(site), host: "cvat.example.com", tls: false });
    ends.push(
      () => proxy.close(),
      () => site.closeAllConnections(),
    );
    const here = `http://127.0.0.1:${proxy.port}`;
    const answer = await fetch(`${here}/api/x`, {
      method: "POST",
      body: "form",
      headers: { Origin: here, Referer: `${here}/page` },
      redirect: "manual",
    });
    expect(answer.headers.get("location")).toBe(`${here}/next`);
    const there = "http://cvat.example.com";
    expect(seen).toEqual([{ host: "cvat.example.com", origin: there, referer: `${there}/page` }]);
  });
});
