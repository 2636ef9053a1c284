import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";

/** One request as it goes through a proxy. */
export interface Passing {
  method: string;
  /** With its query. */
  path: string;
}

/** What is done with requests on their way. */
export interface Watch {
  /** Before it is handed on. True: it never is, and the connection is cut. */
  asked?(request: Passing): boolean;
  /** The answer is there, whole, and nobody has it yet. True: nobody gets it, and the connection is cut. */
  answered?(request: Passing, status: number): boolean;
}

export interface Proxy {
  /** On 127.0.0.1. */
  port: number;
  end(): Promise<void>;
}

export interface ProxyOptions {
  /** `https://127.0.0.1:20123`. */
  to: string;
  watch: Watch;
  /** Port on 127.0.0.1. Default: any free one. */
  port?: number;
  /** How the server is reached: certificates. */
  tls?: https.RequestOptions;
  /** Keep the header `Host`, which signatures cover. Default: the server's own. */
  keepsHost?: boolean;
}

/** Puts a proxy on loopback in front of a server. */
export async function startProxy({ to, watch, port = 0, tls = {}, keepsHost = false }: ProxyOptions): Promise<Proxy> {
  const target = new URL(to);
  const request = target.protocol === "https:" ? https.request : http.request;
  const server = http.createServer((incoming, outgoing) => {
    const passing = { method: incoming.method ?? "", path: incoming.url ?? "" };
    if (watch.asked?.(passing)) return void incoming.socket.destroy();
    const headers = { ...incoming.headers, ...(!keepsHost && { host: target.host }) };
    const forwarded = request(new URL(passing.path, to), { ...tls, method: passing.method, headers }, (answer) => {
      const status = answer.statusCode ?? 502;
      // A watch has no end, and is nobody's answer.
      if (watch.answered === undefined || passing.method === "GET") {
        outgoing.writeHead(status, answer.headers);
        answer.pipe(outgoing);
        return;
      }
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("end", () => {
        if (watch.answered?.(passing, status)) return void incoming.socket.destroy();
        outgoing.writeHead(status, answer.headers).end(Buffer.concat(parts));
      });
    });
    forwarded.on("error", () => outgoing.destroy());
    outgoing.on("close", () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async end() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
