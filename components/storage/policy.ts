import type { Access } from "./grants.ts";

/** What one user may do with one bucket. */
export interface BucketGrant {
  bucket: string;
  /** `delete`: that, and nothing else. */
  access: Access | "delete";
  /** Begins of the keys it may use. Default: all. */
  prefixes?: readonly string[] | undefined;
  /** Whether it may list the whole bucket even so, without which it cannot ask whether the bucket is there. */
  listsAll?: boolean;
}

interface Statement {
  Effect: "Allow";
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string[]>>;
}

/** Longest policy that MinIO takes, in bytes. (minio: cmd/bucket-policy-handlers.go, maxBucketPolicySize; for users' policies in admin-handlers-users.go) */
export const LONGEST_POLICY = 20 * 1024;

const LIST = "s3:ListBucket";

const OF_BUCKET: Record<Access, string[]> = {
  read: ["s3:GetBucketLocation"],
  write: ["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
};

const OF_OBJECTS: Record<BucketGrant["access"], string[]> = {
  delete: ["s3:DeleteObject"],
  read: ["s3:GetObject"],
  write: ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
};

/**
 * A policy that allows just these grants, as JSON: always the same text for the same grants. What may be done with many buckets is said once
 * for all of them: MinIO takes no long policy.
 */
export function policyDocument(grants: readonly BucketGrant[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: merged(grants.flatMap(statementsOf)) });
}

function statementsOf({ bucket, access, prefixes, listsAll = false }: BucketGrant): Statement[] {
  const arn = `arn:aws:s3:::${bucket}`;
  const keys = prefixes?.map((prefix) => `${prefix}*`) ?? ["*"];
  const ofObjects: Statement = {
    Effect: "Allow",
    Action: OF_OBJECTS[access],
    Resource: keys.map((key) => `${arn}/${key}`),
  };
  if (access === "delete") return [ofObjects];
  const narrowed: Statement[] =
    prefixes && !listsAll
      ? [{ Effect: "Allow", Action: [LIST], Resource: [arn], Condition: { StringLike: { "s3:prefix": keys } } }]
      : [];
  return [
    {
      Effect: "Allow",
      Action: narrowed.length > 0 ? OF_BUCKET[access] : [...OF_BUCKET[access], LIST],
      Resource: [arn],
    },
    ...narrowed,
    ofObjects,
  ];
}

/** Statements that allow the same are one, for all that they name. */
function merged(statements: readonly Statement[]): Statement[] {
  const byContent = new Map<string, Statement>();
  for (const { Resource, ...rest } of statements) {
    const key = JSON.stringify(rest);
    byContent.set(key, { ...rest, Resource: [...(byContent.get(key)?.Resource ?? []), ...Resource] });
  }
  return [...byContent.values()];
}
