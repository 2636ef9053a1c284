import { BlockList, isIP, isIPv6 } from "node:net";
import { UserError } from "../program/errors.ts";

/** Each variable is in use in both spellings. As to curl, one that is empty is none. */
const named = (env: NodeJS.ProcessEnv, name: string): string => env[name.toLowerCase()] || env[name] || "";

/** Set to anything: addresses of the lab are asked through the proxy too, as NO_PROXY lets them. */
const LAB_TOO = "VISION_PLATFORM_PROXY_LAB";

/** Loopback, private and link-local addresses (RFC 1918, 3927, 4193, 4291): no proxy of an organization leads to those of a lab. */
const NEAR = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"];
const NEAR_6 = ["::1/128", "fc00::/7", "fe80::/10"];

const near = new BlockList();
for (const [ranges, family] of [
  [NEAR, "ipv4"],
  [NEAR_6, "ipv6"],
] as const) {
  for (const range of ranges) {
    const [network = "", prefix] = range.split("/");
    near.addSubnet(network, Number(prefix), family);
  }
}

/** Whether a host is this machine, or an address of a private network. A name is what NO_PROXY says of it. */
export function isNear(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (/^(.*\.)?localhost$/i.test(host)) return true;
  return isIP(host) > 0 && near.check(host, isIPv6(host) ? "ipv6" : "ipv4");
}

const isSet = (env: NodeJS.ProcessEnv) => ["HTTP_PROXY", "HTTPS_PROXY"].some((name) => named(env, name) !== "");

/**
 * Has `fetch` go by HTTP_PROXY, HTTPS_PROXY and NO_PROXY, as curl does; Node does so by itself only from version 24 on, when asked to. What is
 * near is asked directly.
 * @throws UserError for a proxy that is no address
 */
export async function useEnvironmentProxy(env: NodeJS.ProcessEnv = process.env): Promise<void> {
  if (!isSet(env)) return;
  // Loaded where it is needed: most machines have no proxy. Of the line that Node 20 has inside, whose fetch it must fit.
  const { Agent, EnvHttpProxyAgent, setGlobalDispatcher } = await import("undici");
  const [httpProxy, httpsProxy, noProxy] = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"].map((name) => named(env, name));
  const environment = quietly(() => new EnvHttpProxyAgent({ httpProxy, httpsProxy, noProxy }));
  if (env[LAB_TOO]) {
    setGlobalDispatcher(environment);
    return;
  }
  const direct = new Agent();
  setGlobalDispatcher(
    environment.compose(
      (dispatch) => (options, handler) =>
        isNear(new URL(String(options.origin)).hostname)
          ? direct.dispatch(options, handler)
          : dispatch(options, handler),
    ),
  );
}

/**
 * Makes the agent, of which undici warns each time that it is experimental: nobody who reads that can do anything about it.
 * What it says of an address that is none may hold the password in it, so that is said here.
 */
function quietly<T>(make: () => T): T {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return make();
  } catch (error) {
    throw new UserError(
      "HTTP_PROXY and HTTPS_PROXY: one of them is no address of a proxy; write it as http://proxy.example:3128.",
      { exitCode: 2, cause: error },
    );
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** What programs in Go are told, so that they ask near addresses directly as well: the engine's plugins for Kubernetes and MinIO. */
export function proxyEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  if (!isSet(env) || env[LAB_TOO]) return {};
  const given = named(env, "NO_PROXY");
  return { NO_PROXY: [...given.split(","), ...NEAR, ...NEAR_6].filter(Boolean).join(",") };
}
