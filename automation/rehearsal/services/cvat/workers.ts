import { setTimeout as pause } from "node:timers/promises";
import type { CvatConfig } from "./config.ts";
import type { State, Store, StoredRequest } from "./store.ts";

/** What a worker works with. */
export interface Work {
  store: Store;
  state: State;
  config: CvatConfig;
  /** What a test has ordered. Default: nothing. */
  orders?: WorkerOrders;
}

/** What a request asks for; what it returns is put into the request when it is finished. */
export type WorkOf = (work: Work, request: StoredRequest) => Promise<Partial<StoredRequest> | undefined>;

/** Why a request failed, in CVAT's words: the last line of Python's traceback. */
export class Failure extends Error {}

/** How fast the workers are. */
export interface Pace {
  /** Milliseconds a request waits before its worker takes it. Default: 10. */
  queuedMs?: number;
  /** Milliseconds it takes beyond the work itself. Default: 20. */
  startedMs?: number;
}

/** `down`: nobody takes what is queued. `dies`: the worker takes the next one and is gone, and leaves it `started`. */
export type WorkerState = "down" | "dies";
export type Queue = "import" | "export" | "annotation" | "quality_reports" | "consensus";

/** Orders of a test. */
export interface WorkerOrders {
  pace?: Pace;
  /** By queue. Default: all work. Chunks are made while somebody waits for one, and are no requests. */
  workers?: Partial<Record<Queue | "chunks", WorkerState>>;
  /** A worker that starts 2.5 minutes and more after one died finds what it left, and fails it. */
  abandoned?: boolean;
  /** What the next request of a type fails with, before it has done anything: `{ "export:annotations": "OSError: …" }`. Default: none fails for it. */
  failures?: Record<string, string>;
  /** Zips of exports have nothing in them. */
  exports?: "empty";
  /** What is finished now is forgotten, as if its time were over. */
  expired?: boolean;
}

const QUEUES: Readonly<Record<string, Queue>> = {
  create: "import",
  import: "import",
  export: "export",
  autoannotate: "annotation",
  calculate: "quality_reports",
  merge: "consensus",
};

export const queueOf = ({ type }: StoredRequest): Queue => QUEUES[type.split(":")[0] ?? ""] ?? "import";

/** One worker for each queue, as the chart has at least, each doing one request after another. */
export class Workers {
  readonly #work: Work;
  readonly #kinds: Readonly<Record<string, WorkOf>>;
  readonly #busy = new Set<Queue>();
  #orders: WorkerOrders = {};

  /** Takes up what was not finished when this process ended. */
  constructor(work: Work, kinds: Readonly<Record<string, WorkOf>>) {
    this.#work = work;
    this.#kinds = kinds;
    for (const request of this.#requests) if (request.status === "started" && !request.left) request.status = "queued";
    this.#wake();
  }

  /** Whether there is one that makes chunks. */
  get makeChunks(): boolean {
    return this.#orders.workers?.chunks !== "down";
  }

  order(orders: WorkerOrders): void {
    this.#orders = orders;
    if (orders.abandoned) this.#abandon();
    if (orders.expired)
      this.#work.state.requests = this.#requests.filter(({ status }) => status === "queued" || status === "started");
    this.#wake();
  }

  /** Has a request done by its queue's worker. */
  add(request: StoredRequest): void {
    const { state } = this.#work;
    state.requests = [...state.requests.filter(({ id }) => id !== request.id), request];
    this.#wake();
  }

  /** A request of this id that is not finished. */
  underWay(id: string): StoredRequest | undefined {
    return this.#requests.find((one) => one.id === id && (one.status === "queued" || one.status === "started"));
  }

  get #requests(): readonly StoredRequest[] {
    return this.#work.state.requests;
  }

  #wake(): void {
    for (const queue of new Set(Object.values(QUEUES))) {
      if (this.#busy.has(queue) || this.#orders.workers?.[queue] === "down") continue;
      const next = this.#requests.find((one) => one.status === "queued" && queueOf(one) === queue);
      if (!next) continue;
      this.#busy.add(queue);
      void this.#take(next).finally(() => {
        this.#busy.delete(queue);
        this.#wake();
      });
    }
  }

  async #take(request: StoredRequest): Promise<void> {
    const { queuedMs = 10, startedMs = 20 } = this.#orders.pace ?? {};
    await pause(queuedMs);
    // Cancelled meanwhile.
    if (!this.#requests.includes(request)) return;
    request.status = "started";
    request.started_date = new Date().toISOString();
    const queue = queueOf(request);
    if (this.#orders.workers?.[queue] === "dies") {
      request.left = true;
      this.#orders = { ...this.#orders, workers: { ...this.#orders.workers, [queue]: "down" } };
      this.#work.store.save();
      return;
    }
    this.#work.store.save();
    await pause(startedMs);
    try {
      this.#failAsOrdered(request.type);
      const done = await this.#kinds[request.type]?.({ ...this.#work, orders: this.#orders }, request);
      Object.assign(request, done, { status: "finished" });
    } catch (error) {
      if (!(error instanceof Failure)) console.error(error);
      Object.assign(request, {
        status: "failed",
        message: `${error instanceof Error ? error.message : String(error)}\n`,
      });
    }
    request.finished_date = new Date().toISOString();
    this.#work.store.save();
  }

  #failAsOrdered(type: string): void {
    const { [type]: message, ...others } = this.#orders.failures ?? {};
    if (message === undefined) return;
    this.#orders = { ...this.#orders, failures: others };
    throw new Failure(message);
  }

  #abandon(): void {
    const left = this.#requests.filter(({ status, left }) => status === "started" && left);
    for (const request of left)
      Object.assign(request, {
        status: "failed",
        message: "Moved to FailedJobRegistry, due to AbandonedJobError",
        finished_date: new Date().toISOString(),
      });
    this.#work.store.save();
  }
}
