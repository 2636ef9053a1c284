import { setTimeout as pause } from "node:timers/promises";
import { until } from "../../../../components/rest/until.ts";
import { augmentedSpec, platformConfig, type PlatformConfig } from "./augment.ts";
import { crashing, isAvailable, isHealthy, type LiveDeployment } from "./availability.ts";
import { errorStack, Wrapped, type Wrap } from "./error-stack.ts";
import { PROJECT_LABEL, type NuclioFunctionObject, type Status } from "./function.ts";
import { isUnreached, type Objects } from "./kube.ts";
import { configMap, deployment, HTTP_PORT, objectName, selectorLabels, service } from "./objects.ts";
import { Workers } from "./workers.ts";

export interface ControllerOptions {
  /** Name of the chart's objects: `cvat-nuclio`. */
  release: string;
  /** Milliseconds between two looks of the monitor. Default: 180000, the chart's. */
  monitorMs?: number;
}

const RESPONDED = ["waitingForResourceConfiguration", "ready"];
const LOOK_MS = 2000;
const READINESS_S = 120;
const RECENTLY_MS = 60_000;
const POLL_MS = 300;
const LATE = "Function deployment is not ready yet: context deadline exceeded";
const WORKERS = 4;

const CREATING: Wrap[] = [
  { text: "Failed to create/update deployment", at: ".../kube/functionres/lazy.go:222" },
  { text: "Failed to create/update function", at: ".../kube/controller/nucliofunction.go:290" },
];
const WAITING: Wrap[] = [
  { text: "Failed to wait for function resources to be available", at: ".../kube/controller/nucliofunction.go:330" },
];

/**
 * The controller: makes the objects of functions, says what became of them, and removes them. It acts only while the Deployment of the
 * chart's controller has a ready pod, for that is what it stands for.
 */
export class Controller {
  readonly #namespace: Objects;
  readonly #options: Required<ControllerOptions>;
  /** Functions it knows of, with the version it has dealt with. */
  readonly #known = new Map<string, string>();
  readonly #busy = new Set<string>();
  readonly #workers = new Workers(WORKERS);
  /** Ends when its pod does, and with it every wait. */
  #life = new AbortController();
  #projects = new Set<string>();
  #platform = "";
  #lastMonitored = Date.now();
  #wake: AbortController = new AbortController();

  constructor(namespace: Objects, { monitorMs = 180_000, release }: ControllerOptions) {
    this.#namespace = namespace;
    this.#options = { monitorMs, release };
  }

  /** Looks at once instead of in a moment. */
  wake(): void {
    this.#wake.abort();
  }

  /** Looks for ever. */
  async run(): Promise<never> {
    for (;;) {
      await this.#look().catch((error: unknown) => {
        // The API server restarts, or is gone with its rehearsal.
        if (!isUnreached(error)) console.error(error);
      });
      this.#wake = new AbortController();
      // It waits for nothing, and is woken in between.
      // eslint-disable-next-line no-restricted-syntax
      await pause(LOOK_MS, undefined, { signal: this.#wake.signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const own = await this.#namespace.get<LiveDeployment>("Deployment", `${this.#options.release}-controller`);
    if (!own?.status?.availableReplicas) {
      // What happens now is seen when it starts again: then everything is new to it.
      for (const name of this.#known.keys()) this.#known.set(name, "");
      this.#life.abort();
      return;
    }
    if (this.#life.signal.aborted) this.#life = new AbortController();
    const config = await this.#namespace.get("ConfigMap", `${this.#options.release}-platform-config`);
    const text = JSON.stringify(config?.["data"] ?? {});
    if (text !== this.#platform) for (const name of this.#known.keys()) this.#known.set(name, "");
    this.#platform = text;
    const platform = platformConfig(config?.["data"] as Record<string, string> | undefined);
    await this.#followProjects();
    const functions = await this.#namespace.list<NuclioFunctionObject>("NuclioFunction");
    const monitored = Date.now() - this.#lastMonitored > this.#options.monitorMs;
    if (monitored) this.#lastMonitored = Date.now();
    for (const fn of functions) {
      const { name, resourceVersion = "" } = fn.metadata;
      const before = this.#known.get(name);
      if (before !== resourceVersion && !this.#busy.has(name)) {
        this.#known.set(name, resourceVersion);
        void this.#inTurn(name, () => this.#createOrUpdate(name, platform, before !== ""));
      } else if (monitored && !this.#busy.has(name)) await this.#monitor(fn);
    }
    const there = new Set(functions.map(({ metadata }) => metadata.name));
    for (const name of this.#known.keys()) {
      if (there.has(name) || this.#busy.has(name)) continue;
      this.#known.delete(name);
      void this.#inTurn(name, () => this.#remove(name));
    }
  }

  /** A project that is removed takes its functions along. */
  async #followProjects(): Promise<void> {
    const projects = new Set((await this.#namespace.list("NuclioProject")).map(({ metadata }) => metadata.name));
    const gone = [...this.#projects].filter((name) => !projects.has(name));
    this.#projects = projects;
    if (gone.length === 0) return;
    for (const { metadata } of await this.#namespace.list<NuclioFunctionObject>("NuclioFunction"))
      if (gone.includes(metadata.labels?.[PROJECT_LABEL] ?? ""))
        await this.#namespace.remove("NuclioFunction", metadata.name);
  }

  /** One thing at a time about one function, and no more at once than there are workers. */
  async #inTurn(name: string, work: () => Promise<void>): Promise<void> {
    this.#busy.add(name);
    try {
      await this.#workers.run(work);
    } catch (error) {
      if (!isUnreached(error)) console.error(error);
    } finally {
      this.#busy.delete(name);
      this.wake();
    }
  }

  /** @param settled whether it is not the first look since the controller started */
  async #createOrUpdate(name: string, platform: PlatformConfig, settled: boolean): Promise<void> {
    const found = await this.#namespace.get<NuclioFunctionObject>("NuclioFunction", name);
    if (found === undefined) return;
    const fn = { ...found, spec: augmentedSpec(found.spec, platform, selectorLabels(found)) };
    const state = fn.status?.state ?? "";
    if (!RESPONDED.includes(state)) return;
    const last = fn.status?.scaleToZero?.lastScaleEventTime;
    if (settled && state === "ready" && last !== undefined && Date.now() - Date.parse(last) < RECENTLY_MS) return;
    try {
      await this.#ensure(fn, platform);
    } catch (error) {
      if (isUnreached(error)) throw error;
      const refused = new Wrapped(text(error), ".../kube/functionres/lazy.go:919", CREATING);
      await this.#fail(fn, "error", errorStack(refused));
      return;
    }
    const life = this.#life.signal;
    const failed = await this.#waitAvailable(fn, platform, life);
    if (life.aborted) return;
    if (failed !== undefined)
      return this.#fail(fn, "unhealthy", errorStack(new Wrapped(failed, ".../kube/functionres/lazy.go:330", WAITING)));
    if (state === "waitingForResourceConfiguration") await this.#ready(fn);
  }

  async #ensure(fn: NuclioFunctionObject, platform: PlatformConfig): Promise<void> {
    const name = objectName(fn.metadata.name);
    const ns = this.#namespace;
    const there = await ns.get("ConfigMap", name);
    await (there
      ? ns.replace("ConfigMap", { ...there, ...configMap(fn), metadata: there.metadata })
      : ns.create("ConfigMap", configMap(fn)));
    const oldService = await ns.get("Service", name);
    await (oldService ? ns.replace("Service", service(fn, oldService)) : ns.create("Service", service(fn, undefined)));
    const old = await ns.get("Deployment", name);
    await (old
      ? ns.replace("Deployment", deployment(fn, platform, old))
      : ns.create("Deployment", deployment(fn, platform, undefined)));
  }

  /** Undefined when the Deployment is available, else why it is not. That the function or its Deployment goes does not end it. */
  async #waitAvailable(
    { metadata: { name }, spec }: NuclioFunctionObject,
    platform: PlatformConfig,
    life: AbortSignal,
  ): Promise<string | undefined> {
    const fallback = /^(\d+)s$/.exec(platform.functionReadinessTimeout ?? "")?.[1];
    const seconds = spec.readinessTimeoutSeconds ?? Number(fallback ?? READINESS_S);
    if (seconds === 0) return undefined;
    const look = async () => {
      const live = await this.#namespace.get<LiveDeployment>("Deployment", objectName(name));
      if (live && isAvailable(live)) return undefined;
      const pod = spec.waitReadinessTimeoutBeforeFailure ? undefined : await crashing(this.#namespace, name);
      return pod === undefined
        ? LATE
        : `NuclioFunction deployment failed: NuclioFunction pod (${pod}) is in a crash loop`;
    };
    return until(look, {
      isDone: (problem) => problem !== LATE || life.aborted,
      everyMs: POLL_MS,
      withinMs: seconds * 1000,
    });
  }

  async #ready(fn: NuclioFunctionObject): Promise<void> {
    const made = await this.#namespace.get("Service", objectName(fn.metadata.name));
    const ports = (made?.["spec"] as { ports?: { nodePort?: number }[] } | undefined)?.ports ?? [];
    await this.#setStatus(fn, {
      state: "ready",
      logs: fn.status?.logs ?? [],
      containerImage: fn.spec.image,
      enrichedNodeSelector: fn.spec.nodeSelector,
      httpPort: ports[0]?.nodePort ?? 0,
      internalInvocationUrls: [internalUrl(fn)],
      externalInvocationUrls: [],
      scaleToZero: { lastScaleEvent: "resourceUpdated", lastScaleEventTime: new Date().toISOString() },
    });
  }

  async #fail(fn: NuclioFunctionObject, state: string, message: string): Promise<void> {
    await this.#setStatus(fn, {
      state,
      message,
      logs: fn.status?.logs ?? [],
      internalInvocationUrls: [],
      externalInvocationUrls: [],
      enrichedNodeSelector: fn.spec.nodeSelector,
    });
  }

  /** Changes the state and the message alone: lists of addresses that were emptied stay so. (nuclio before 1.15: monitoring/function.go) */
  async #monitor(fn: NuclioFunctionObject): Promise<void> {
    const state = fn.status?.state;
    const { disable = false, replicas } = fn.spec;
    if ((state !== "ready" && state !== "unhealthy") || disable || replicas === 0) return;
    const live = await this.#namespace.get<LiveDeployment>("Deployment", objectName(fn.metadata.name));
    if (live === undefined) return;
    const now = isHealthy(live) ? "ready" : "unhealthy";
    if (now === state) return;
    const message = now === "ready" ? "" : "Function is not healthy";
    await this.#namespace.replace("NuclioFunction", { ...fn, status: { ...fn.status, state: now, message } });
  }

  async #remove(name: string): Promise<void> {
    const object = objectName(name);
    for (const kind of ["Service", "Deployment", "ConfigMap"] as const) await this.#namespace.remove(kind, object);
  }

  /** Unless somebody has changed the function meanwhile. */
  async #setStatus({ metadata, spec }: NuclioFunctionObject, status: Status): Promise<void> {
    const now = await this.#namespace.get<NuclioFunctionObject>("NuclioFunction", metadata.name);
    if (now?.spec.imageHash !== spec.imageHash || now === undefined) return;
    const stored = await this.#namespace.replace("NuclioFunction", { ...now, spec, status });
    this.#known.set(metadata.name, stored.metadata.resourceVersion ?? "");
  }
}

/** Its address in the cluster, which an invocation goes to. */
export function internalUrl({ metadata }: NuclioFunctionObject): string {
  return `${objectName(metadata.name)}.${metadata.namespace}.svc.cluster.local:${HTTP_PORT}`;
}

const text = (error: unknown) => (error instanceof Error ? error.message : String(error));
