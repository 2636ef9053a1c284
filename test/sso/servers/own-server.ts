import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

/** A server of this process, on loopback. */
export interface OwnServer {
  port: number;
  close(): Promise<void>;
}

type Upgrade = (request: IncomingMessage, socket: Duplex) => void;

/** Starts one on a free port. */
export async function serve(listener: RequestListener, upgrade?: Upgrade): Promise<OwnServer> {
  // Nothing is cut here: what is measured is what stands before it.
  const server: Server = createServer({ requestTimeout: 0, headersTimeout: 0 }, listener);
  const upgraded = new Set<Duplex>();
  if (upgrade)
    server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
      upgraded.add(socket);
      upgrade(request, socket);
    });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of upgraded) socket.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
