import type { KubeConfig } from "@kubernetes/client-node";
import type { ClusterAccess } from "../../../components/kubernetes/cluster.ts";
import { kubeConfig } from "../../../components/kubernetes/kube-config.ts";
import type { Progress } from "../../progress.ts";
import type { Forward } from "./forward.ts";
import type { ServicePort } from "./services.ts";

/** Ports of this machine that lead into the cluster, one for each Service, until they are closed. */
export class Ways {
  readonly #access: ClusterAccess;
  readonly #progress: Pick<Progress, "line">;
  readonly #open = new Map<string, Promise<Forward>>();
  #config: Promise<KubeConfig> | undefined;

  constructor(access: ClusterAccess, progress: Pick<Progress, "line">) {
    this.#access = access;
    this.#progress = progress;
  }

  /** The Service of the cluster that has an address. */
  async serviceAt(host: string, port: number): Promise<ServicePort | undefined> {
    const { serviceAt } = await import("./services.ts");
    return serviceAt(await this.#kubeConfig(), host, port);
  }

  /**
   * A port on 127.0.0.1 that leads to the pods of a Service. Said in one line, once.
   * @param why what makes it necessary, as the beginning of a sentence
   */
  async to(service: ServicePort, why: string): Promise<number> {
    const key = `${service.namespace}/${service.service}:${service.port}`;
    let way = this.#open.get(key);
    if (way === undefined) {
      way = this.#forward(service, key);
      this.#open.set(key, way);
      this.#progress.line(`${why}: by a port-forward to Service ${key} instead.`);
    }
    return (await way).port;
  }

  async close(): Promise<void> {
    const open = await Promise.allSettled([...this.#open.values()]);
    for (const way of open) if (way.status === "fulfilled") await way.value.close();
  }

  #kubeConfig(): Promise<KubeConfig> {
    return (this.#config ??= kubeConfig(this.#access));
  }

  async #forward(service: ServicePort, key: string): Promise<Forward> {
    // Only here: most labs are reached directly, and the library takes its time to load.
    const [{ forward }, { podOf }] = await Promise.all([import("./forward.ts"), import("./services.ts")]);
    const config = await this.#kubeConfig();
    // So that what is wrong is told by the verb, and not by connections that end.
    await podOf(config, service);
    const told = new Set<string>();
    return forward({
      config,
      pod: () => podOf(config, service),
      failed: (why) => {
        if (!told.has(why)) this.#progress.line(`The port-forward to ${key} failed: ${why}`);
        told.add(why);
      },
    });
  }
}
