import type { Sent } from "./enrich.ts";
import { Problem, type NuclioFunctionObject, type Status } from "./function.ts";
import type { Stored } from "./kube.ts";

/** A function as the dashboard shows it. */
export function attributes({ metadata, spec, status }: NuclioFunctionObject) {
  const { name, namespace, labels, annotations, resourceVersion } = metadata;
  const { description, ...rest } = spec;
  // Go leaves out an empty text that is marked omitempty. (nuclio: functionconfig/types.go)
  const shown = description === undefined || description === "" ? rest : { description, ...rest };
  return { metadata: { name, namespace, labels, annotations, resourceVersion }, spec: shown, status: status ?? {} };
}

/** A project as the dashboard shows it. */
export function projectAttributes({ metadata, spec = {} }: Stored) {
  return { metadata: { name: metadata.name, namespace: metadata.namespace }, spec };
}

/**
 * What a request sends.
 * @throws Problem where it is none
 */
export function body(text: string): Sent & { desiredState?: string } {
  try {
    const sent = JSON.parse(text) as Sent & { desiredState?: string };
    if (isText(sent.spec?.description) && Object.values(sent.metadata?.annotations ?? {}).every(isText)) return sent;
  } catch {
    // As what Go cannot put into its structs.
  }
  throw new Problem(400, "Failed to parse JSON body");
}

/** What Go puts into a text: null leaves it as it is. */
const isText = (value: unknown) => value === undefined || value === null || typeof value === "string";

/** The addresses of a function, which a new deployment of it keeps. */
export function urls(existing: NuclioFunctionObject | undefined): Status {
  const { internalInvocationUrls, externalInvocationUrls, httpPort } = existing?.status ?? {};
  return { internalInvocationUrls, externalInvocationUrls, httpPort };
}
