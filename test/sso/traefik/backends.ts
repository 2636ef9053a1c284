import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { TOKEN_HEADER } from "../../../components/sso/names.ts";

/** What a backend got. */
export interface Got {
  service: string;
  path: string;
  /** Headers as they came, name and value in turn. */
  raw: string[];
  bytes: number;
}

export const SIGNED_IN = "__Host-cvat-sso=signed-in";
export const REAL = "the.real.token";

export interface Backends {
  /** Ports on loopback by the name of a Service. */
  ports: Readonly<Record<string, number>>;
  /** Everything that got to a backend since this was last called. */
  got(): Got[];
  close(): Promise<void>;
}

/**
 * CVAT's Services as servers that answer what they got, and the proxy as its facts have it: at its root 202 with the token for who has a
 * session, 401 for calls, else a way to the login. (sign-in-parts.md 3, 4)
 */
export async function startBackends(): Promise<Backends> {
  const seen: Got[] = [];
  const servers: Server[] = [];
  const ports: Record<string, number> = {};
  const serve = async (name: string, listener: RequestListener) => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ports[name] = (server.address() as AddressInfo).port;
  };
  const echo = (service: string): RequestListener =>
    function answer(request, response) {
      let bytes = 0;
      request.on("data", (chunk: Buffer) => (bytes += chunk.length));
      request.on("end", () => {
        // As CVAT says who may see analytics: by the token alone.
        const isAsked = request.url === "/analytics" && service === "cvat-backend-service";
        if (isAsked)
          return void response.writeHead(request.headers[TOKEN_HEADER.toLowerCase()] === REAL ? 200 : 401).end();
        seen.push({ service, path: request.url ?? "", raw: request.rawHeaders, bytes });
        const late = request.url === "/api/slow" ? 2_500 : 0;
        setTimeout(() => response.end(service), late);
      });
    };
  for (const service of ["cvat-backend-service", "cvat-frontend-service", "cvat-grafana"])
    await serve(service, echo(service));
  await serve("cvat-sso-proxy", (request, response) => {
    if (request.url?.startsWith("/oauth2/start")) return void response.end("login");
    if (request.url === "/ping") return void response.end("OK");
    const isSignedIn = request.headers.cookie?.includes(SIGNED_IN) === true;
    if (isSignedIn) return void response.writeHead(202, { [TOKEN_HEADER]: REAL }).end();
    if (request.url === "/oauth2/auth" || asked(request).startsWith("/api/"))
      return void response.writeHead(401, { "Content-Type": "application/json" }).end("{}");
    response.writeHead(302, { Location: "https://auth.example.com/login" }).end();
  });
  return {
    ports,
    got: () => seen.splice(0),
    close: async () => {
      await Promise.all(
        servers.map(
          (server) =>
            new Promise<void>((resolve) => {
              server.close(() => resolve());
              server.closeAllConnections();
            }),
        ),
      );
    },
  };
}

/** The path that is asked about, as the edge says it. */
function asked({ headers, url = "" }: IncomingMessage): string {
  return String(headers["x-forwarded-uri"] ?? url);
}
