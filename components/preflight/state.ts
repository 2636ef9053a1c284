import type { StateResource } from "../program/state.ts";
import { isMap } from "../program/maps.ts";
import { programName } from "../kubernetes/field-manager.ts";
import { tokenOf } from "../records/tokens.ts";

/** What is read of a resource; one that is no object may have no outputs. */
type KnownResource = Pick<StateResource, "urn" | "type"> & Partial<StateResource>;

/** An object of Kubernetes that the stack's state knows. */
export interface KnownObject {
  urn: string;
  /** By its type and logical name, as the program registers it. */
  resource: string;
  apiVersion: string;
  kind: string;
  name: string;
  /** Of an object that lies in none: undefined. */
  namespace: string | undefined;
  uid: string | undefined;
  /** The name it was last applied under. */
  manager: string | undefined;
  /** Of the object as it was last applied. */
  labels: Readonly<Record<string, unknown>>;
  /** A patch: the object itself is another program's. */
  isPatch: boolean;
}

/** What the stack's state knows of the cluster. */
export interface KnownCluster {
  /** UID of kube-system when the lab was brought up. Undefined for a stack that is not up, or was brought up by a version without this. */
  uid: string | undefined;
  objects: readonly KnownObject[];
}

/** Reads what a state says of the cluster. */
export function knownCluster(resources: readonly KnownResource[]): KnownCluster {
  const record = resources.find(({ type }) => tokenOf(type) === "preflight:Cluster");
  return { uid: textAt(record?.outputs, "uid"), objects: resources.flatMap(knownObject) };
}

function knownObject({ urn, type, outputs }: KnownResource): KnownObject[] {
  const metadata = outputs?.["metadata"] as Record<string, unknown> | undefined;
  const kind = type.split(":").at(-1) ?? "";
  const name = textAt(metadata, "name");
  const apiVersion = textAt(outputs, "apiVersion");
  if (!type.startsWith("kubernetes:") || apiVersion === undefined || name === undefined) return [];
  return [
    {
      urn,
      resource: programName(type, urn.split("::").slice(3).join("::")),
      apiVersion,
      kind: textAt(outputs, "kind") ?? kind,
      name,
      namespace: textAt(metadata, "namespace"),
      uid: textAt(metadata, "uid"),
      manager: textAt(outputs, "__fieldManager"),
      labels: isMap(metadata?.["labels"]) ? metadata["labels"] : {},
      isPatch: kind.endsWith("Patch"),
    },
  ];
}

function textAt(value: Readonly<Record<string, unknown>> | undefined, key: string): string | undefined {
  const found = value?.[key];
  return typeof found === "string" ? found : undefined;
}
