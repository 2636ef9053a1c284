/** What has a user of its own in the object store. People have one too. (people.ts) */
export const APPLICATIONS = ["cvat", "clearml", "functions", "backup"] as const;
export type Application = (typeof APPLICATIONS)[number];

/** Buckets of the lab's own, by what they are for. */
export const BUCKET_ROLES = ["datasets", "cvat", "clearml", "models", "backups"] as const;
export type BucketRole = (typeof BUCKET_ROLES)[number];

export type Access = "read" | "write";

/** What an application may do. */
export const GRANTS: readonly { application: Application; role: BucketRole; access: Access; why: string }[] = [
  { application: "cvat", role: "datasets", access: "read", why: "tasks are made of what lies there" },
  { application: "cvat", role: "cvat", access: "write", why: "exports and backups go there" },
  { application: "clearml", role: "clearml", access: "write", why: "artifacts of experiments" },
  { application: "clearml", role: "datasets", access: "write", why: "datasets are registered and uploaded" },
  { application: "clearml", role: "models", access: "write", why: "training puts its models there" },
  { application: "functions", role: "models", access: "read", why: "a function loads its model" },
  { application: "backup", role: "backups", access: "write", why: "backups go there, and old ones go away" },
];

/** Buckets that are made for one application alone, where it is there. What others hold opens none of them: who takes CVAT takes no backup. */
export const OF_ONE_APPLICATION: Partial<Record<BucketRole, Application>> = { backups: "backup" };

/**
 * The user of the job by which ClearML's server deletes files: it may delete where ClearML keeps artifacts, and nothing else. Its id is none
 * that a person's user can have, which begins with `clearml-` or `cvat-`. (people.ts, personId)
 */
export const DELETE_JOB = { id: "delete-clearml", application: "clearml", role: "clearml" } as const;

/**
 * Applications that ask whether a bucket is there (HeadBucket), which a right to list a prefix alone does not cover. CVAT does so at every
 * change of a cloud storage and calls the answer 403 "Access forbidden". (cvat.md, cloud storages)
 */
export const ASKS_FOR_BUCKETS: readonly Application[] = ["cvat"];
