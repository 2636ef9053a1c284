import type { ObjectStoreConfig } from "./object-store-config.ts";

/** The S3 API as one side reaches it. */
export interface Endpoint {
  /** An address or a name. */
  host: string;
  port: number;
  /** Whether it speaks HTTPS. */
  tls: boolean;
}

type Keys = Pick<ObjectStoreConfig, "address" | "port" | "tls" | "endpoint">;

/** How pods reach it: by `address`. */
export function endpointOfPods({ address, port, tls }: Keys): Endpoint {
  return isUrl(address) ? ofUrl(address) : { host: address, port, tls };
}

/** How the machine that runs the program reaches it: by `endpoint`. Default: as pods do. */
export function endpointOfMachine(keys: Keys): Endpoint {
  const { endpoint, tls } = keys;
  if (endpoint === undefined) return endpointOfPods(keys);
  if (isUrl(endpoint)) return ofUrl(endpoint);
  const [host = "", port] = endpoint.split(":");
  return { host, port: Number(port), tls };
}

/**
 * How people's machines reach it, where that is not as pods do. A way that leads back to the machine itself, such as a tunnel, is nobody
 * else's.
 */
export function endpointOfPeople(keys: Keys): Endpoint | undefined {
  const outside = endpointOfMachine(keys);
  return isLoopback(outside) || urlOf(outside) === urlOf(endpointOfPods(keys)) ? undefined : outside;
}

const isLoopback = ({ host }: Endpoint) => host === "localhost" || host.startsWith("127.");

/** `192.0.2.30:9000`. The port always stands there: ClearML and the MinIO plugin know a store by host and port. */
export const hostAndPort = ({ host, port }: Endpoint): string => `${host}:${port}`;

/** `http://192.0.2.30:9000`. */
export const urlOf = (endpoint: Endpoint): string => `${endpoint.tls ? "https" : "http"}://${hostAndPort(endpoint)}`;

/** The host of `address` in either form. */
export const hostOf = (address: string): string => (isUrl(address) ? ofUrl(address).host : address);

/** Whether a key says its own scheme, and so its own port. */
export const isUrl = (text: string): boolean => text.includes("://");

/** A server as its URL says it, without a path. */
export function ofUrl(text: string): Endpoint {
  const { protocol, hostname, port } = new URL(text);
  const tls = protocol === "https:";
  return { host: hostname, port: port === "" ? (tls ? 443 : 80) : Number(port), tls };
}
