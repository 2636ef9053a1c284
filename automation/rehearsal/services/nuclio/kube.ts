import { KubeConfig } from "@kubernetes/client-node";
import { apiServer, Unreached } from "../../../../components/kubernetes/api-server.ts";
import { keepConnections } from "../../../../components/kubernetes/kept-connections.ts";

/** Any object of the cluster, as JSON has it. */
export interface Stored {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace: string;
    resourceVersion?: string;
    generation?: number;
    deletionTimestamp?: string;
    creationTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [field: string]: unknown;
}

/** What the API server refused, in its words. */
export class ApiRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Kinds the stand-in works with. */
const PATHS = {
  NuclioFunction: ["nuclio.io/v1beta1", "nucliofunctions"],
  NuclioProject: ["nuclio.io/v1beta1", "nuclioprojects"],
  Deployment: ["apps/v1", "deployments"],
  Service: ["v1", "services"],
  ConfigMap: ["v1", "configmaps"],
  Pod: ["v1", "pods"],
  Event: ["v1", "events"],
} as const;
export type Kind = keyof typeof PATHS;

const WITHIN_MS = 20_000;

/** The objects of one namespace, as they are: the client library would drop what it does not know. */
export class Namespace {
  readonly name: string;
  readonly #send: ReturnType<typeof apiServer>;

  constructor(kubeconfig: string, name: string) {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    this.#send = apiServer(keepConnections(config));
    this.name = name;
  }

  /** Nothing while the kind itself is not defined. */
  async list<T extends Stored>(kind: Kind): Promise<T[]> {
    const answer = await this.#ask("GET", this.#path(kind));
    return answer === undefined ? [] : (answer as unknown as { items: T[] }).items;
  }

  async get<T extends Stored>(kind: Kind, name: string): Promise<T | undefined> {
    return (await this.#ask("GET", this.#path(kind, name))) as T | undefined;
  }

  async create<T extends Stored>(kind: Kind, object: object): Promise<T> {
    const made = await this.#ask("POST", this.#path(kind), this.#whole(kind, object));
    if (made === undefined) throw new ApiRefusal(404, `there is no kind ${kind}, or no namespace ${this.name}`);
    return made as T;
  }

  async replace<T extends Stored>(kind: Kind, object: Stored): Promise<T> {
    const made = await this.#ask("PUT", this.#path(kind, object.metadata.name), this.#whole(kind, object));
    if (made === undefined) throw new ApiRefusal(404, `${kind} ${object.metadata.name} is gone`);
    return made as T;
  }

  async remove(kind: Kind, name: string): Promise<void> {
    await this.#ask("DELETE", this.#path(kind, name));
  }

  #path(kind: Kind, name?: string): string {
    const [apiVersion, plural] = PATHS[kind];
    const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    return `${group}/namespaces/${this.name}/${plural}${name === undefined ? "" : `/${name}`}`;
  }

  #whole(kind: Kind, object: object): object {
    return { apiVersion: PATHS[kind][0], kind, ...object };
  }

  /** Undefined: not found. */
  async #ask(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: object): Promise<Stored | undefined> {
    const { status, text } = await this.#send({ method, path, body, timeoutMs: WITHIN_MS });
    if (status === 404) return undefined;
    const answer = JSON.parse(text) as Stored & { message?: string };
    if (status >= 400) throw new ApiRefusal(status, answer.message ?? text);
    return answer;
  }
}

/** What is done with the objects of a namespace. */
export type Objects = Pick<Namespace, "name" | "list" | "get" | "create" | "replace" | "remove">;

/** Whether the API server was not there. */
export const isUnreached = (error: unknown): boolean => error instanceof Unreached;
