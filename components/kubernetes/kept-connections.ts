import type { Cluster, KubeConfig } from "@kubernetes/client-node";

/** How long a connection that nobody uses is kept, in milliseconds: less than what anything between us and the API server forgets it after. */
const IDLE_MS = 5_000;

/** The library's part that makes an agent of a kubeconfig, which its types leave out. (@kubernetes/client-node 1.4: config.ts) */
interface AgentMaker {
  createAgent(cluster: Cluster | null, options: object): unknown;
}

const AGENTS = new Map<string, unknown>();

/**
 * Has requests of a kubeconfig share connections. Left alone, the library makes an agent for each request, and so a connection whose handshake
 * costs both sides more than the answer: the largest part of this process's work in an `up` that deploys many functions.
 */
export function keepConnections(config: KubeConfig): KubeConfig {
  const library = config as unknown as AgentMaker;
  const make = library.createAgent.bind(config);
  library.createAgent = (cluster, options) => {
    // What goes through a proxy is left as it is.
    if (cluster?.proxyUrl !== undefined) return make(cluster, options);
    const who = JSON.stringify([cluster?.server, cluster?.skipTLSVerify, options]);
    const agent = AGENTS.get(who) ?? make(cluster, { ...options, keepAlive: true, timeout: IDLE_MS });
    AGENTS.set(who, agent);
    return agent;
  };
  return config;
}
