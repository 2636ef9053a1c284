/** What names an object. */
export interface ObjectName {
  apiVersion: string;
  kind: string;
  name: string;
  namespace?: string;
}

/** Where an object lies at the API server. The plural is guessed as the client libraries guess it. (apimachinery: meta.UnsafeGuessKindToResource) */
export function apiPath({ apiVersion, kind, name, namespace }: ObjectName): string {
  const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const folder = namespace === undefined ? "" : `/namespaces/${namespace}`;
  return `${base}${folder}/${pluralOf(kind.toLowerCase())}/${name}`;
}

function pluralOf(kind: string): string {
  if (kind.endsWith("s")) return `${kind}es`;
  return kind.endsWith("y") ? `${kind.slice(0, -1)}ies` : `${kind}s`;
}
