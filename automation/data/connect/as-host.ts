import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream";
import type { Forward } from "./forward.ts";
import { listening } from "./listening.ts";

/** A web site behind a port of this machine, and by which name it knows itself. */
export interface Site {
  /** On 127.0.0.1: the port-forward that leads to it. */
  port: number;
  host: string;
  /** Whether it speaks HTTPS. */
  tls: boolean;
}

const OWN = ["127.0.0.1", "localhost"];

/**
 * Shows a web site, which answers to its host name alone, to a browser on this machine: a second port, by which each request is as one for that
 * name. CVAT compares where a form comes from with the name as well. (cvat-real-third-look.md, 2.7)
 */
export async function asHost({ port, host, tls }: Site): Promise<Forward> {
  const origin = `${tls ? "https" : "http"}://${host}`;
  const agent = tls
    ? // The way there is the API server's own, and ends at the pod: no name is left to be proven, and the one that is asked is not the site's.
      new https.Agent({ keepAlive: true, servername: host, rejectUnauthorized: false })
    : new http.Agent({ keepAlive: true });
  const { request } = tls ? https : http;
  const server = http.createServer((asked, answer) => {
    const here = OWN.map((name) => `http://${name}:${(server.address() as AddressInfo).port}`);
    const toSite = (text: string | undefined) => here.reduce((rest, own) => rest?.replace(own, origin), text);
    const headers = {
      ...asked.headers,
      host,
      origin: toSite(asked.headers.origin),
      referer: toSite(asked.headers.referer),
    };
    const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
    const onward = request(
      { host: "127.0.0.1", port, agent, method: asked.method, path: asked.url, headers: given },
      (answered) => {
        const location = answered.headers.location?.replace(origin, `http://${asked.headers.host ?? ""}`);
        answer.writeHead(answered.statusCode ?? 502, {
          ...answered.headers,
          ...(location !== undefined && { location }),
        });
        pipeline(answered, answer, () => undefined);
      },
    );
    onward.on("error", ({ message }) => {
      if (answer.headersSent) answer.destroy();
      else answer.writeHead(502, { "Content-Type": "text/plain" }).end(`${host} does not answer: ${message}\n`);
    });
    pipeline(asked, onward, () => undefined);
  });
  return {
    port: await listening(server),
    async close() {
      agent.destroy();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
