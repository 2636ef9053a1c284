import * as z from "zod";
import type { LabObject } from "./object.ts";

/** Kinds that are taken from a cluster. None of them holds a secret in the fields that are kept. */
const KINDS = ["Node", "StorageClass", "IngressClass", "RuntimeClass", "IPAddressPool", "Service"] as const;
export type LikeKind = (typeof KINDS)[number];

const labObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.enum(KINDS),
  metadata: z.strictObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});

/** What a rehearsal takes from a person's cluster, as the file of `rehearse --like` has it. */
export const likenessSchema = z.strictObject({
  /** By this a file is known for one. */
  likeness: z.literal(1),
  /** `v1.36.3+k3s1`; absent where the API server did not say. */
  kubernetes: z.string().optional(),
  /** Kinds that the kubeconfig's user may not list: these are made up as without the cluster. */
  unread: z.array(z.enum(KINDS)),
  /** Groups of kinds that the cluster knows: `traefik.io`. */
  groups: z.array(z.string()),
  /** Secrets that the stack file names and that are not there, `NAMESPACE/NAME`. */
  missingSecrets: z.array(z.string()),
  /** Namespaces of notebooks that the stack file names and that are not there. */
  missingNamespaces: z.array(z.string()).optional(),
  objects: z.array(labObject),
});

export type Likeness = Omit<z.output<typeof likenessSchema>, "objects"> & { objects: readonly LabObject[] };

/** The objects of a kind; undefined where the kind could not be read, or nothing was. */
export function objectsLike(likeness: Likeness | undefined, kind: LikeKind): readonly LabObject[] | undefined {
  if (likeness === undefined || likeness.unread.includes(kind)) return undefined;
  return likeness.objects.filter((object) => object.kind === kind);
}
