import { Unreached, type Send } from "../../components/kubernetes/api-server.ts";
import type { LabConfig } from "../../components/lab/sections.ts";
import { SECRETS } from "../../components/cvat/names.ts";
import { UserError } from "../../components/program/errors.ts";
import { apiPath, type ObjectName } from "../../components/kubernetes/api-path.ts";
import {
  handOver,
  isMadeUp,
  type ManagedEntry,
  type ManagedMetadata,
} from "../../components/kubernetes/field-manager.ts";
import { isMap } from "../../components/program/maps.ts";
import { namespacesOf } from "../../components/lab/namespaces.ts";
import { patiently } from "../../components/rest/patience.ts";
import type { KnownCluster, KnownObject } from "../../components/preflight/state.ts";

const WITHIN_MS = 10_000;
/** How many objects are worked on at once. */
const AT_ONCE = 16;

/** Objects that an older version applied under names it made up, and that are still in state. */
export function underOldNames({ objects }: KnownCluster): KnownObject[] {
  // A patch of ours is forced, and its object is another program's.
  return objects.filter(({ isPatch, manager }) => !isPatch && isMadeUp(manager));
}

/**
 * Hands what older versions applied under made-up names to our one name, so that this run may change it. Of what is in state, by the name
 * and the UID the state has; of what a destroy let go, where the entry itself shows that it made the object. All else stays as it is, and
 * is a conflict that the engine reports.
 * @throws UserError naming the objects that could not be changed
 */
export async function takeOverOldNames(lab: LabConfig, known: KnownCluster, send: Send): Promise<void> {
  const objects: Taken[] = [
    ...underOldNames(known).map((object) => ({
      ...object,
      isOurs: (entry: ManagedEntry) => entry.manager === object.manager || madeIt(object.kind, entry),
    })),
    ...(await letGo(lab, known, send)).map((object) => ({
      ...object,
      isOurs: (entry: ManagedEntry) => madeIt(object.kind, entry),
    })),
  ];
  const problems: string[] = [];
  for (let done = 0; done < objects.length; done += AT_ONCE) {
    const work = objects.slice(done, done + AT_ONCE).map(async (object) => {
      const problem = await takeOver(object, send);
      if (problem !== undefined) problems.push(problem);
    });
    await Promise.all(work);
  }
  if (problems.length > 0) throw new UserError(problems);
}

interface Taken extends ObjectName {
  uid?: string;
  isOurs: (entry: ManagedEntry) => boolean;
}

/** Asks for an object's metadata alone: what a Secret holds is none of this. */
const METADATA_ONLY = { accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" };
const METADATA_LIST = { accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" };

/** @returns what went wrong, in a sentence */
async function takeOver(object: Taken, send: Send): Promise<string | undefined> {
  const path = apiPath(object);
  const once = async () => {
    const metadata = await metadataAt(path, send);
    if (metadata === undefined || (object.uid !== undefined && metadata.uid !== object.uid)) return;
    const body = handOver(metadata, object.isOurs);
    if (body === undefined) return;
    const headers = { "content-type": "application/json-patch+json" };
    const { status } = await send({ method: "PATCH", path, headers, body, timeoutMs: WITHIN_MS });
    if (status === 200 || status === 404) return;
    const problem = `${object.kind} ${object.name}: the API server answers ${status} when its fields are taken over from an older version's name.`;
    // Somebody changed it since it was read.
    if (status === 409 || status === 422) throw new Error(problem);
    throw new Refused(problem);
  };
  try {
    await patiently(once, {
      attempts: 6,
      firstPauseMs: 100,
      longestPauseMs: 1000,
      mayPass: (error) => !(error instanceof Refused),
    });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

class Refused extends Error {}

async function metadataAt(path: string, send: Send): Promise<ManagedMetadata | undefined> {
  const { status, text } = await send({ method: "GET", path, headers: METADATA_ONLY, timeoutMs: WITHIN_MS });
  if (status === 404) return undefined;
  if (status !== 200) throw new Unreached(`the API server answers ${status} to ${path}`, { status });
  return (JSON.parse(text) as { metadata: ManagedMetadata }).metadata;
}

/** By which fields an entry shows that it made the whole object: what only patches it sets none of these. */
const MAKERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  PersistentVolumeClaim: [["f:spec", "f:accessModes"]],
  CustomResourceDefinition: [["f:spec", "f:group"]],
  Secret: [
    ["f:data", "f:postgres-password"],
    ["f:stringData", "f:postgres-password"],
  ],
};

function madeIt(kind: string, { fieldsV1 }: ManagedEntry): boolean {
  return (MAKERS[kind] ?? []).some((path) => {
    const found = path.reduce<unknown>((at, key) => (isMap(at) ? at[key] : undefined), fieldsV1);
    return found !== undefined;
  });
}

/** What destroy lets go of, and the next `up` finds: claims, Nuclio's definitions, the database's Secret. */
async function letGo(lab: LabConfig, { objects }: KnownCluster, send: Send): Promise<ObjectName[]> {
  const inState = new Set(objects.filter(({ isPatch }) => !isPatch).map(keyOf));
  const lists = [
    ...namespacesOf(lab).map((namespace) => ({ apiVersion: "v1", kind: "PersistentVolumeClaim", namespace })),
    ...(lab.cvat.enabled ? [{ apiVersion: "v1", kind: "Secret", namespace: lab.cvat.namespace }] : []),
    ...(lab.cvat.enabled && lab.cvat.nuclio.enabled
      ? [{ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" }]
      : []),
  ];
  const found = await Promise.all(
    lists.map(async (list) => (await metadataIn(list, send)).map((metadata) => ({ ...list, metadata }))),
  );
  return found
    .flat()
    .filter(({ kind, metadata }) => LET_GO[kind]?.test(metadata.name ?? "") && needsHandOver(kind, metadata))
    .map(({ metadata, ...list }) => ({ ...list, name: metadata.name ?? "" }))
    .filter((object) => !inState.has(keyOf(object)));
}

/** What our objects of these kinds are called. */
const LET_GO: Readonly<Record<string, RegExp>> = {
  PersistentVolumeClaim: /./,
  Secret: new RegExp(`^${SECRETS.postgresql}$`),
  CustomResourceDefinition: /\.nuclio\.io$/,
};

const needsHandOver = (kind: string, metadata: ManagedMetadata) =>
  handOver(metadata, (entry) => madeIt(kind, entry)) !== undefined;

async function metadataIn(list: Omit<ObjectName, "name">, send: Send): Promise<ManagedMetadata[]> {
  const path = apiPath({ ...list, name: "" }).replace(/\/$/, "");
  const { status, text } = await send({ method: "GET", path, headers: METADATA_LIST, timeoutMs: WITHIN_MS });
  if (status === 403 || status === 404) return [];
  if (status !== 200) throw new Unreached(`the API server answers ${status} to ${path}`, { status });
  // An empty list of this form is null.
  const { items } = JSON.parse(text) as { items: { metadata: ManagedMetadata }[] | null };
  return (items ?? []).map(({ metadata }) => metadata);
}

const keyOf = ({ kind, name, namespace }: Omit<ObjectName, "apiVersion" | "namespace"> & { namespace?: string }) =>
  `${kind}/${namespace ?? ""}/${name}`;
