import { dashboardApi, type DashboardParts } from "../../automation/rehearsal/services/nuclio/dashboard.ts";
import { front, type FrontOptions } from "../../automation/rehearsal/services/nuclio/front.ts";
import type { Objects, Stored } from "../../automation/rehearsal/services/nuclio/kube.ts";
import type { Send } from "../../components/kubernetes/api-server.ts";

/** Objects of a namespace in memory. */
export function memory(name: string): Objects & { of: (kind: string) => Map<string, Stored> } {
  const kinds = new Map<string, Map<string, Stored>>();
  const of = (kind: string) => {
    const known = kinds.get(kind) ?? new Map<string, Stored>();
    kinds.set(kind, known);
    return known;
  };
  let version = 0;
  const write = <T>(kind: string, object: object): Promise<T> => {
    const { metadata } = object as Stored;
    const made = { apiVersion: "", kind, ...structuredClone(object) } as Stored;
    made.metadata = { ...metadata, namespace: name, resourceVersion: String(++version) };
    of(kind).set(metadata.name, made);
    return Promise.resolve(structuredClone(made) as T);
  };
  return {
    name,
    of,
    list: <T extends Stored>(kind: string) =>
      Promise.resolve([...of(kind).values()].map((one) => structuredClone(one) as T)),
    get: <T extends Stored>(kind: string, one: string) =>
      Promise.resolve(structuredClone(of(kind).get(one)) as T | undefined),
    create: write,
    replace: write,
    remove: (kind: string, one: string) => {
      of(kind).delete(one);
      return Promise.resolve();
    },
  };
}

/** The stand-in's dashboard in this process, with the project `cvat`. */
export function dashboardInMemory(
  parts: Partial<DashboardParts> = {},
  nginx: Partial<FrontOptions> = {},
): { send: Send; objects: ReturnType<typeof memory>; asked: string[] } {
  const objects = memory("cvat");
  void objects.create("NuclioProject", { metadata: { name: "cvat" } });
  const api = dashboardApi({
    namespace: objects,
    release: () =>
      Promise.resolve({ version: "1.14.1", builder: "kaniko", registrySecret: "", registry: "registry.example" }),
    invoker: { invoke: () => Promise.resolve({ status: 200, body: [] }) },
    onChange: () => undefined,
    ...parts,
  });
  const answering = front(api, { isUp: () => Promise.resolve(true), ...nginx });
  const asked: string[] = [];
  const send: Send = async ({ method, path, headers = {}, body }) => {
    asked.push(`${method} ${path}`);
    const answer = await answering({ method, path, headers, text: body === undefined ? "" : JSON.stringify(body) });
    const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? "");
    return { status: answer.status, text: answer.body === undefined ? "" : text };
  };
  return { send, objects, asked };
}
