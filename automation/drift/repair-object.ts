import { isMap } from "../../components/program/maps.ts";
import { departuresOf, pathText, valueIn, type Part } from "./departures.ts";

export type Patch = { op: "test" | "remove" | "replace"; path: string; value?: unknown }[];

/** How one object goes back. */
export interface Reversal {
  /** Takes away what others added, and puts back what nobody of ours holds; undefined where there is none of it. */
  patch: Patch | undefined;
  /** Whether fields of ours differ, which an apply puts back. */
  applies: boolean;
}

/**
 * What brings these fields of an object back, and no others. An apply does not take away what somebody else added, since it is not ours; and
 * what the API server or a controller had filled in is not in what we apply.
 * @param former the object as the last `up` left it
 * @param live as it is, in clear as the other
 * @param applied what was applied
 * @param paths of the fields that were shown to the person
 */
export function reversalOf(former: unknown, live: unknown, applied: unknown, paths: ReadonlySet<string>): Reversal {
  const departures = departuresOf(former, live).filter(({ parts }) => paths.has(pathText(parts)));
  const isOurs = (parts: readonly Part[]) => valueIn(applied, parts) !== undefined;
  const others = departures.filter(({ parts, after }) => !isOurs(parts) && after !== undefined);
  const metadata = isMap(live) && isMap(live["metadata"]) ? live["metadata"] : {};
  const ops: Patch = others.map(({ parts, before }) => {
    const path = pointerIn(live, parts);
    return before === undefined ? { op: "remove", path } : { op: "replace", path, value: before };
  });
  return {
    patch:
      ops.length === 0
        ? undefined
        : [
            { op: "test", path: "/metadata/resourceVersion", value: metadata["resourceVersion"] },
            // Of a list the last first, so that the places of the others stay.
            ...ops.sort((one, other) => other.path.localeCompare(one.path, undefined, { numeric: true })),
          ],
    applies: departures.some(({ parts }) => isOurs(parts)),
  };
}

/** Where a field stands in an object, as JSON Patch names it. (RFC 6901) */
function pointerIn(live: unknown, parts: readonly Part[]): string {
  return parts
    .map((part, at) => {
      if (typeof part === "string") return part;
      const list = valueIn(live, parts.slice(0, at)) as readonly unknown[];
      return String(list.indexOf(valueIn(live, parts.slice(0, at + 1))));
    })
    .map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}

/** What the plugin applied of an object that the program gave it. A Secret's texts go as data: an apply of `stringData` leaves the old keys. */
export function appliedOf(inputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { stringData, data, ...rest } = inputs;
  const object = Object.fromEntries(Object.entries(rest).filter(([key]) => key !== "status" && !key.startsWith("__")));
  const texts = isMap(stringData) ? Object.entries(stringData) : [];
  const encoded = texts.map(([key, text]) => [key, Buffer.from(String(text)).toString("base64")] as const);
  const all = { ...(isMap(data) ? data : {}), ...Object.fromEntries(encoded) };
  return data === undefined && texts.length === 0 ? object : { ...object, data: texts.length === 0 ? data : all };
}

/** What must be there before what lies in it or names it. */
const FIRST = [
  "Namespace",
  "CustomResourceDefinition",
  "ServiceAccount",
  "ClusterRole",
  "ClusterRoleBinding",
  "Role",
  "RoleBinding",
  "Secret",
  "ConfigMap",
  "PersistentVolumeClaim",
  "Service",
];

/** The order in which objects are made. */
export function inOrder<T extends { kind: string }>(objects: readonly T[]): T[] {
  const rank = ({ kind }: T) => (FIRST.includes(kind) ? FIRST.indexOf(kind) : FIRST.length);
  return [...objects].sort((one, other) => rank(one) - rank(other));
}
