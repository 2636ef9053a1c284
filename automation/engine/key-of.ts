import { parseUrn } from "./urn.ts";

/** A kind of resource, and the key of the stack file that it comes from. */
interface KeyRow {
  /** By the end of its type. */
  kind: RegExp;
  /** @param name what is left of its name without that of the component before it */
  key: (name: string) => string;
}

/** Buckets that have a key of their own under `buckets`; the others stand under `moreBuckets`. */
const BUCKETS = /^(datasets|cvat|clearml|models)$/;

const bucketKey = (name: string) => {
  const role = name.replace(/-(versioning|lifecycle)$/, "");
  return `objectStore.${BUCKETS.test(role) ? "buckets" : "moreBuckets"}.${role}`;
};

const KEYS: readonly KeyRow[] = [
  { kind: /^(S3Bucket|S3BucketVersioning|IlmPolicy)$/, key: bucketKey },
  { kind: /^(IamUser|IamPolicy|IamUserPolicyAttachment)$/, key: () => "objectStore" },
  { kind: /^minio$/, key: () => "objectStore" },
  { kind: /^Organization$/, key: () => "cvat.organizations" },
  { kind: /^Membership$/, key: () => "cvat.organizations[].members" },
  { kind: /^Webhook$/, key: () => "cvat.organizations[].webhooks" },
  { kind: /^CloudStorage$/, key: () => "cvat.cloudStorages" },
  { kind: /^Function$/, key: (name) => `functions.${name}` },
  { kind: /^KeycloakClient$/, key: () => "sso.keycloak" },
  { kind: /^Queue$/, key: () => "clearml.agent.queue" },
  { kind: /^(Presence|Command)$/, key: () => "clearml.agent.image.delivery" },
];

/** Where a resource comes from in the stack file, with the section's prefix; undefined for an object of a chart, which comes from many keys. */
export function keyOf(urn: string): string | undefined {
  const { kind, name, type } = parseUrn(urn);
  if (type.startsWith("kubernetes:")) return undefined;
  const row = KEYS.find((one) => one.kind.test(kind));
  return row && `vision-platform:${row.key(name.replace(/^[^-]+-/, ""))}`;
}
