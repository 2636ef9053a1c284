import type { Access } from "./grants.ts";

/** What one user may do with one bucket. */
export interface BucketGrant {
  bucket: string;
  access: Access;
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

const OF_BUCKET: Record<Access, string[]> = {
  read: ["s3:GetBucketLocation"],
  write: ["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
};

const OF_OBJECTS: Record<Access, string[]> = {
  read: ["s3:GetObject"],
  write: ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
};

/** A policy that allows just these grants, as JSON: always the same text for the same grants. */
export function policyDocument(grants: readonly BucketGrant[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: grants.flatMap(statementsOf) });
}

function statementsOf({ bucket, access, prefixes, listsAll = false }: BucketGrant): Statement[] {
  const arn = `arn:aws:s3:::${bucket}`;
  const keys = prefixes?.map((prefix) => `${prefix}*`) ?? ["*"];
  const listing: Statement = {
    Effect: "Allow",
    Action: ["s3:ListBucket"],
    Resource: [arn],
    ...(prefixes && !listsAll && { Condition: { StringLike: { "s3:prefix": keys } } }),
  };
  return [
    { Effect: "Allow", Action: OF_BUCKET[access], Resource: [arn] },
    listing,
    { Effect: "Allow", Action: OF_OBJECTS[access], Resource: keys.map((key) => `${arn}/${key}`) },
  ];
}
