import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { until } from "../../../components/rest/until.ts";
import { kill } from "../../../automation/processes.ts";
import { forgetPort, portOf, portsOf, writePort } from "../../../automation/rehearsal/ports.ts";
import type { Rehearsal } from "../../../automation/rehearsal/rehearse.ts";
import { startServices } from "../../../automation/rehearsal/services/index.ts";
import { isRunning, readJson, serviceFolder, type Ready } from "../../../automation/rehearsal/services/service.ts";
import { startProxy, type Passing, type Proxy, type Watch } from "./proxy.ts";

/** What stands beside the cluster and is reached directly. Nuclio's dashboard is reached through the API server. */
const SERVICES = ["minio", "cvat", "nuclio", "clearml"];

/** Proxies before everything that a run of the engine changes, at the addresses that the stack knows. */
export interface Proxied {
  /** What is done with requests from now on; none is touched by itself. */
  watch: Watch;
  /** Every request that was not a GET, since it was last emptied. */
  seen: string[];
  end(): Promise<void>;
}

/**
 * Puts proxies before the API server, the store and the REST services of a rehearsal: these move to other ports, and the stack file stays as
 * it is.
 */
export async function behindProxies(rehearsal: Rehearsal): Promise<Proxied> {
  const { home, cluster, plan, tools } = rehearsal;
  const proxied: Pick<Proxied, "watch" | "seen"> = { watch: {}, seen: [] };
  const watch: Required<Watch> = {
    asked(request: Passing) {
      if (request.method !== "GET") proxied.seen.push(`${request.method} ${request.path}`);
      return proxied.watch.asked?.(request) ?? false;
    },
    answered: (request: Passing, status: number) => proxied.watch.answered?.(request, status) ?? false,
  };
  const proxies: Proxy[] = [];

  const ports = await portsOf(home.folder);
  const moved = SERVICES.filter((name) => ports[name] !== undefined);
  for (const name of moved) await moveAway(home.folder, name);
  await startServices({ home: home.folder, tools, plan, cluster, progress: { update: () => undefined } });
  for (const name of moved) {
    const to = `http://127.0.0.1:${await portOf(home.folder, name)}`;
    proxies.push(await startProxy({ to, watch, port: ports[name] ?? 0, keepsHost: true }));
  }

  const direct = await readFile(cluster.kubeconfig, "utf8");
  const config = new KubeConfig();
  config.loadFromString(direct);
  const tls = {};
  await config.applyToHTTPSOptions(tls);
  const server = config.getCurrentCluster()?.server ?? "";
  const api = await startProxy({ to: server, watch, tls });
  proxies.push(api);
  await writeFile(path.join(home.folder, "direct-kubeconfig"), direct, { mode: 0o600 });
  await writeFile(cluster.kubeconfig, withServer(direct, `http://127.0.0.1:${api.port}`), { mode: 0o600 });
  return Object.assign(proxied, {
    async end() {
      await Promise.all(proxies.map((proxy) => proxy.end()));
    },
  });
}

/** Ends a service, and has it come back on another port. */
async function moveAway(home: string, name: string): Promise<void> {
  const ready = await readJson<Ready>(path.join(serviceFolder(home, name), "ready.json"));
  if (ready) {
    kill(ready.pid);
    await until(() => isRunning(ready), { isDone: (runs) => !runs, everyMs: 20 });
  }
  // One that nobody has, whatever its name would give.
  const port = await portOf(home, `${name}-moved`);
  await forgetPort(home, `${name}-moved`);
  await writePort(home, name, port);
}

function withServer(kubeconfig: string, server: string): string {
  return kubeconfig
    .replace(/^(\s*)server: .*$/m, `$1server: ${server}`)
    .replace(/^(\s*)certificate-authority(-data)?: .*$/m, "$1insecure-skip-tls-verify: true");
}
