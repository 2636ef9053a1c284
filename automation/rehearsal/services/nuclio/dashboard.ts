import { setTimeout as pause } from "node:timers/promises";
import { until } from "../../../../components/rest/until.ts";
import { isDashboardOlder } from "./dashboard-pods.ts";
import { build, buildSeconds, checkSource, fetched, needsBuild } from "./build.ts";
import { deployLog, failureLog } from "./deploy-log.ts";
import { enrich, validate, type Enriched, type Release, type Sent } from "./enrich.ts";
import { reported, stackOf, Wrapped } from "./error-stack.ts";
import type { Answer, Asked } from "./exchange.ts";
import {
  isProvisioning,
  Problem,
  PROJECT_LABEL,
  type NuclioFunctionObject,
  type Spec,
  type Status,
} from "./function.ts";
import type { Invoker } from "./invoke.ts";
import { ApiRefusal, isUnreached, type Objects } from "./kube.ts";
import { attributes, body, projectAttributes, urls } from "./wire.ts";

type Known = Release & { registry: string };

export interface DashboardParts {
  namespace: Objects;
  /** What the chart's objects say of this Nuclio. */
  release: () => Promise<Known>;
  invoker: Invoker;
  /** Has the controller look at once. */
  onChange: () => void;
  /** Fetches the code that a function is built from. Default: it is there, unless its host's name leads nowhere. */
  fetchCode?: (spec: Spec) => Promise<void>;
  /** Milliseconds that an answer waits for the code. Default: 60000, Nuclio's own. */
  creationMs?: number;
}

type Handler = (asked: Asked, id: string) => Promise<Answer>;

const REPORT_EVERY_MS = 500;
const DELETE_ANYWAY = "x-nuclio-delete-function-ignore-state-validation";

/** The dashboard's REST API over the objects in the cluster. What it does, and where that is known from: behaviours.ts. */
export function dashboardApi(parts: DashboardParts): (asked: Asked) => Promise<Answer> {
  const { namespace, release, invoker, onChange, creationMs = 60_000, fetchCode = fetched } = parts;
  const functions = () => namespace.list<NuclioFunctionObject>("NuclioFunction");
  const find = (name: string) => namespace.get<NuclioFunctionObject>("NuclioFunction", name);
  const projects = async () => (await namespace.list("NuclioProject")).map(({ metadata }) => metadata.name);

  async function store(sent: Sent, upsert: boolean): Promise<Answer> {
    if (sent.metadata?.namespace === undefined)
      throw new Problem(400, "Function namespace must be provided in metadata");
    const known = await release();
    const wanted = enrich(sent, known);
    const existing = await find(wanted.name);
    if (existing && !upsert) throw new Problem(409, "Cannot create two functions with the same name");
    validate({ ...wanted, labels: existing?.metadata.labels ?? wanted.labels }, await projects());
    const version = sent.metadata.resourceVersion;
    if (version !== undefined && version !== existing?.metadata.resourceVersion) {
      throw new Problem(409, "Function resource version is stale");
    }
    if (existing && isProvisioning(existing)) {
      throw new Problem(412, "Function cannot be updated when existing function is being provisioned");
    }
    const isBuilt = needsBuild(wanted.spec);
    const begun = begin(wanted, existing, isBuilt);
    const late = pause(creationMs, undefined, { ref: false }).then(() => undefined);
    void begun.then((stored) => finish(wanted, stored, isBuilt, known)).catch(noted);
    // It is the answer that is late; the work goes on.
    if ((await Promise.race([begun, late])) === undefined)
      throw new Problem(500, "Timed out waiting for creation state to be set");
    return { status: 202 };
  }

  /** The part of a deployment that the answer waits for: that the code is there. What goes wrong stands in the function, too. */
  async function begin(wanted: Enriched, existing: NuclioFunctionObject | undefined, isBuilt: boolean) {
    try {
      if (isBuilt) {
        checkSource(wanted.spec);
        await fetchCode(wanted.spec);
      }
    } catch (error) {
      await fail(wanted, existing, error);
      throw error;
    }
    return put(wanted, existing, { state: "building", ...urls(existing) });
  }

  /** The part that nobody waits for. */
  async function finish(wanted: Enriched, stored: NuclioFunctionObject, isBuilt: boolean, known: Known): Promise<void> {
    let image = wanted.spec.image;
    const began = Date.now();
    await pause(isBuilt ? buildSeconds(wanted.spec) * 1000 : 0);
    if (!(await isDashboardOlder(namespace, began))) return;
    try {
      if (isBuilt) image = build(wanted.spec, wanted.name, known);
    } catch (error) {
      return fail(wanted, stored, error);
    }
    const whole = { ...wanted, spec: { ...wanted.spec, image } };
    const logs = deployLog(isBuilt);
    const handed = await put(whole, stored, { state: "waitingForResourceConfiguration", logs, ...urls(stored) });
    onChange();
    await report(whole, handed);
  }

  /** A moment after the controller has given up, the dashboard says so in its own words. */
  async function report(wanted: Enriched, handed: NuclioFunctionObject): Promise<void> {
    await pause(REPORT_EVERY_MS);
    const isSame = (now: NuclioFunctionObject | undefined): now is NuclioFunctionObject =>
      now?.spec.imageHash === handed.spec.imageHash;
    const now = await until(() => find(wanted.name), {
      isDone: (found) => !isSame(found) || !isProvisioning(found),
      everyMs: REPORT_EVERY_MS,
    });
    const { state = "", message = "", logs = [] } = now?.status ?? {};
    if (!isSame(now) || (state !== "error" && state !== "unhealthy")) return;
    await put({ ...wanted, spec: now.spec }, now, {
      ...now.status,
      message: reported(state, message),
      logs: [...logs, failureLog(message)],
    });
  }

  async function fail(wanted: Enriched, existing: NuclioFunctionObject | undefined, error: unknown): Promise<void> {
    const message = stackOf(error);
    const logs = [...deployLog(true), failureLog(message)];
    await put(wanted, existing, { state: "error", message, logs, ...urls(existing) });
  }

  /** Stores a function. Labels are those of the beginning. */
  async function put(
    { name, labels, annotations, spec }: Enriched,
    existing: NuclioFunctionObject | undefined,
    status: Status,
  ): Promise<NuclioFunctionObject> {
    const whole = { ...spec, imageHash: String(process.hrtime.bigint()), version: -1, alias: "latest" };
    if (!existing) {
      return namespace.create("NuclioFunction", { metadata: { name, labels, annotations }, spec: whole, status });
    }
    const now = (await find(name)) ?? existing;
    return namespace.replace("NuclioFunction", {
      ...now,
      metadata: { ...now.metadata, annotations },
      spec: whole,
      status,
    });
  }

  async function restart(name: string, { desiredState }: { desiredState?: string }): Promise<Answer> {
    const existing = await find(name);
    if (!existing) throw new Problem(404, "Function not found");
    if (desiredState !== "ready")
      throw new Problem(400, `Unsupported desired state in patch request: ${desiredState ?? ""}`);
    if (!existing.spec.image) throw new Problem(412, "No image field in function config spec, unable to redeploy");
    const status = { ...existing.status, state: "waitingForResourceConfiguration", scaleToZero: undefined };
    await namespace.replace("NuclioFunction", { ...existing, status });
    onChange();
    return { status: 202 };
  }

  async function removeFunction({ metadata }: Sent, anyway: boolean): Promise<Answer> {
    const existing = await find(metadata?.name ?? "");
    if (existing && isProvisioning(existing) && !anyway) {
      throw new Problem(412, "Function is being provisioned and cannot be deleted");
    }
    if (existing) await namespace.remove("NuclioFunction", existing.metadata.name);
    onChange();
    return { status: 204 };
  }

  async function removeProject(name: string): Promise<Answer> {
    if (name === "default") throw new Problem(412, "Cannot delete the default project");
    if ((await functions()).some(({ metadata }) => metadata.labels?.[PROJECT_LABEL] === name)) {
      throw new Problem(412, "Project contains functions");
    }
    await namespace.remove("NuclioProject", name);
    return { status: 204 };
  }

  const ROUTES: Readonly<Record<string, Handler>> = {
    "GET functions": async ({ headers }) => {
      const project = headers["x-nuclio-project-name"];
      const all = (await functions()).filter(
        ({ metadata }) => project === undefined || metadata.labels?.[PROJECT_LABEL] === project,
      );
      return { status: 200, body: Object.fromEntries(all.map((fn) => [fn.metadata.name, attributes(fn)])) };
    },
    "GET functions/": async (_asked, id) => {
      const found = await find(id);
      if (!found) throw new Problem(404, "Function not found");
      return { status: 200, body: attributes(found) };
    },
    "POST functions": async (asked) => store(body(asked.text), false),
    "PUT functions/": async (asked) => store(body(asked.text), true),
    "PATCH functions/": async (asked, id) => restart(id, body(asked.text)),
    "DELETE functions": async (asked) => removeFunction(body(asked.text), asked.headers[DELETE_ANYWAY] === "true"),
    "GET projects": async () => {
      const all = await namespace.list("NuclioProject");
      return { status: 200, body: Object.fromEntries(all.map((one) => [one.metadata.name, projectAttributes(one)])) };
    },
    "GET projects/": async (_asked, id) => {
      const found = await namespace.get("NuclioProject", id);
      if (!found) throw new Problem(404, "Project not found");
      return { status: 200, body: projectAttributes(found) };
    },
    "POST projects": async (asked) => {
      const { metadata = {}, spec = {} } = body(asked.text);
      if (!metadata.name) throw new Problem(400, "Project name must be provided in metadata");
      if (!metadata.namespace) throw new Problem(400, "Project namespace must be provided in metadata");
      if (await namespace.get("NuclioProject", metadata.name)) throw new Problem(409, "Project already exists");
      const made = await namespace.create("NuclioProject", { metadata: { name: metadata.name }, spec });
      return { status: 201, body: projectAttributes(made) };
    },
    "DELETE projects": async (asked) => removeProject(body(asked.text).metadata?.name ?? ""),
    "GET versions": async () => ({ status: 200, body: { dashboard: { label: (await release()).version } } }),
  };

  return async (asked) => {
    const [, resource = "", id = ""] = /^\/api\/([a-z_]+)\/?([^/?]*)/.exec(asked.path) ?? [];
    try {
      if (resource === "function_invocations") return await invoker.invoke(asked, find);
      const handler = ROUTES[`${asked.method} ${resource}${id === "" ? "" : "/"}`];
      if (!handler) return { status: 404, body: "404 page not found", contentType: "text/plain" };
      return await handler(asked, decodeURIComponent(id));
    } catch (error) {
      const status = error instanceof Problem || error instanceof ApiRefusal ? error.status : 500;
      const message = error instanceof Error ? error.message : String(error);
      return { status, body: { error: message, errorStackTrace: stackOf(error) } };
    }
  };
}

/** What goes wrong after the answer stands in the function; the rest is the stand-in's own. */
function noted(error: unknown): void {
  if (!isUnreached(error) && !(error instanceof Wrapped) && !(error instanceof Problem)) console.error(error);
}
