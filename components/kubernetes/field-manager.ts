import type * as pulumi from "@pulumi/pulumi";
import type { PreparedCluster } from "./cluster.ts";
import { isMap } from "../program/maps.ts";

/**
 * The name under which everything of ours is applied. Left alone, the engine's plugin makes up a name for each creation
 * (`pulumi-kubernetes-1a2b3c4d`), and what a destroy retains then belongs to a program nobody knows: after the next `up`, every change of
 * it is a conflict, for ever. (field-manager.md; pulumi-kubernetes: provider/provider.go, fieldManagerName)
 */
export const FIELD_MANAGER = "vision-platform";

/** Names that the plugin made up for us before there was {@link FIELD_MANAGER}. */
const MADE_UP = /^pulumi-kubernetes-[0-9a-f]{8}$/;

export const isMadeUp = (manager: string | undefined) => MADE_UP.test(manager ?? "");

/**
 * The annotations by which the plugin applies an object under our name. They stand on the object itself and on no pod.
 * @param inPlaceOfOld the object still carries a name of before. `up` renames that first; a preview changes nothing, and so takes its
 * fields over in thought.
 */
export function appliedByUs(inPlaceOfOld: boolean): Record<string, string> {
  return {
    "pulumi.com/patchFieldManager": FIELD_MANAGER,
    ...(inPlaceOfOld && { "pulumi.com/patchForce": "true" }),
  };
}

/** How the program itself knows a resource: by its type and logical name. */
export const programName = (type: string, name: string) => `${type}::${name}`;

/**
 * Has every object registered below a component applied under our name, patches too. The objects of a chart are registered by the engine's
 * plugin: components/charts/transform.ts has them.
 */
export function appliedBelow({ inPlaceOfOld }: PreparedCluster): pulumi.ResourceTransformation {
  return ({ type, name, props, opts }) => {
    if (!type.startsWith("kubernetes:") || !isMap(props) || !isMap(props["metadata"])) return undefined;
    const { metadata } = props;
    const applied = appliedByUs(inPlaceOfOld.has(programName(type, name)));
    const annotations = { ...(metadata["annotations"] as object | undefined), ...applied };
    return { props: { ...props, metadata: { ...metadata, annotations } }, opts };
  };
}

/** Which fields of an object somebody set, and how. */
export interface ManagedEntry {
  manager?: string;
  operation?: string;
  subresource?: string;
  fieldsV1?: object;
}

/** Metadata of a live object, as far as its managers go. */
export interface ManagedMetadata {
  name?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  managedFields?: readonly ManagedEntry[];
}

export type JsonPatch = { op: "test" | "replace" | "remove"; path: string; value?: string }[];

/**
 * The JSON patch that hands an object's fields from old names of ours to {@link FIELD_MANAGER}; undefined where there are none.
 *
 * The first entry that an apply left gets the name and the others go, since an object has one entry for each name. Entries of a PUT, by
 * which the plugin updates definitions, go too, those of our own name among them: to an apply they are another program's.
 * (pulumi-kubernetes: await/await.go, updateResource)
 * @param isOurs whether an entry under a made-up name is proven to be ours
 */
export function handOver(
  { managedFields = [], resourceVersion }: ManagedMetadata,
  isOurs: (entry: ManagedEntry) => boolean,
): JsonPatch | undefined {
  const whole = managedFields.map((entry, index) => ({ ...entry, index })).filter(({ subresource }) => !subresource);
  const put = whole.filter(
    (entry) =>
      entry.operation === "Update" && (entry.manager === FIELD_MANAGER || (isMadeUp(entry.manager) && isOurs(entry))),
  );
  const applied = whole.filter((entry) => entry.operation === "Apply" && isMadeUp(entry.manager) && isOurs(entry));
  const named = whole.some(({ manager, operation }) => manager === FIELD_MANAGER && operation === "Apply");
  const [first, ...rest] = applied;
  const renamed = named ? undefined : first;
  const gone = [...put, ...(renamed ? rest : applied)].map(({ index }) => index).sort((a, b) => b - a);
  if (renamed === undefined && gone.length === 0) return undefined;
  return [
    { op: "test", path: "/metadata/resourceVersion", value: resourceVersion ?? "" },
    ...(renamed
      ? [{ op: "replace" as const, path: `/metadata/managedFields/${renamed.index}/manager`, value: FIELD_MANAGER }]
      : []),
    ...gone.map((index) => ({ op: "remove" as const, path: `/metadata/managedFields/${index}` })),
  ];
}
