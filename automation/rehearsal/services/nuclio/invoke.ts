import type { Answer, Asked } from "./exchange.ts";
import type { NuclioFunctionObject } from "./function.ts";
import { isAvailable } from "./availability.ts";
import type { Objects } from "./kube.ts";
import { objectName } from "./objects.ts";

/** Where something answers for the pods of a function. */
export interface Handlers {
  /** Base URL of what runs the function's code here; undefined where nothing does. */
  urlFor(fn: NuclioFunctionObject): Promise<string | undefined>;
}

export interface Invoker {
  invoke(asked: Asked, find: (name: string) => Promise<NuclioFunctionObject | undefined>): Promise<Answer>;
}

/** The dashboard's way to functions. (nuclio: abstract/invoker.go, resource/invocation.go) */
export function invoker(namespace: Objects, handlers: Handlers): Invoker {
  const error = (status: number, message: string): Answer => ({
    status,
    body: { error: message.replaceAll('"', "'") },
  });
  return {
    async invoke({ method, headers, text }, find) {
      const header = (name: string) => String(headers[`x-nuclio-${name}`] ?? "");
      const name = header("function-name");
      if (name === "") return error(400, "Function name must be provided");
      const fn = await find(name);
      if (!fn) return error(404, `Failed to invoke function: Function not found: ${name}`);
      const urls = [...(fn.status?.internalInvocationUrls ?? []), ...(fn.status?.externalInvocationUrls ?? [])];
      const url = header("invoke-url") || urls[0];
      if (url === undefined) return error(500, "Failed to invoke function: Invocation URL is required");
      if (!urls.includes(url)) return error(400, `Failed to invoke function: Invalid function url ${url}`);
      const live = await namespace.get("Deployment", objectName(name));
      const base = live && isAvailable(live) ? await handlers.urlFor(fn) : undefined;
      if (base === undefined)
        return error(500, `Failed to invoke function: dial tcp ${url}: connect: connection refused`);
      const response = await fetch(`${base}/${header("path").replace(/^\/+/, "")}`, {
        method,
        headers: { "content-type": headers["content-type"] ?? "application/json" },
        ...(method === "GET" ? {} : { body: text }),
      });
      return {
        status: response.status,
        body: await response.text(),
        contentType: response.headers.get("content-type") ?? "text/plain",
      };
    },
  };
}
