import type { CvatClient } from "../../../components/cvat/client/client.ts";
import { download } from "../../../components/cvat/client/download.ts";
import type { Project, Task } from "../../../components/cvat/client/types.ts";
import { UserError } from "../../../components/program/errors.ts";
import { placeIn } from "../cvat/raw.ts";
import { tasksOf } from "../cvat/find.ts";
import type { CvatSpace } from "../cvat/space.ts";
import type { LookAtWorkers } from "../cvat/workers.ts";
import type { Bucket } from "../store/objects.ts";
import { done, type Stopping } from "./begin.ts";

/** What is exported. */
export type Exported = { kind: "task"; record: Task } | { kind: "project"; record: Project };

/** Where it goes: a file here, or an object of a bucket that CVAT writes into. */
export type ExportTarget = { file: string } | { bucket: Bucket; storage: number; key: string };

export interface ExportWish {
  what: Exported;
  /** `CVAT for images 1.1`, `COCO 1.0`, … */
  format: string;
  images: boolean;
  target: ExportTarget;
}

export interface Work {
  update?: (text: string) => void;
  workers?: LookAtWorkers | undefined;
  signal?: AbortSignal | undefined;
  /** Default: what CVAT has begun with when the run is stopped it carries on with, and nobody is told. */
  stopping?: Stopping | undefined;
  /** Milliseconds between two looks at CVAT's request. Default: half a second. */
  everyMs?: number;
}

/**
 * Has CVAT export annotations, anew: what it has exported before it gives again as long as certain dates have not moved, and deleted frames, for
 * one, do not move them. So a task is first given the name that it has. (cvat-real-third-look.md 3.2)
 * @returns bytes of the export
 */
export async function exported(space: CvatSpace, wish: ExportWish, work: Work): Promise<number> {
  const { client, organization } = space;
  const { what, format, images, target } = wish;
  await renew(space, what);
  const isLocal = "file" in target;
  const lying = async () => {
    const { etag, modified } = ("file" in target ? undefined : await target.bucket.stat(target.key)) ?? {};
    return `${etag ?? ""} ${modified?.toISOString() ?? ""}`;
  };
  const before = await lying();
  const request = await done(
    client,
    {
      path: `${what.kind}s/${what.record.id}/dataset/export`,
      organization,
      query: {
        format,
        save_images: String(images),
        ...(isLocal
          ? { location: "local" }
          : { location: "cloud_storage", cloud_storage_id: target.storage, filename: target.key }),
      },
    },
    {
      what: `the export of ${what.kind} ${what.record.name}`,
      wasDone: async () => (await lying()) !== before,
      ...work,
    },
  );
  return isLocal
    ? downloaded(client, request?.result_url ?? undefined, target.file, work)
    : sizeIn(target.bucket, target.key);
}

async function renew(space: CvatSpace, { kind, record }: Exported): Promise<void> {
  const [task] = kind === "task" ? [record] : await tasksOf(space, { project: record.id });
  if (task) await space.client.patch(`tasks/${task.id}`, { name: task.name }, { organization: space.organization });
}

async function downloaded(client: CvatClient, url: string | undefined, file: string, work: Work): Promise<number> {
  if (url === undefined) throw new UserError("CVAT has finished the export and says not where it is. Run this again.");
  return download(await client.account(), placeIn(url, client), file, work);
}

async function sizeIn(bucket: Bucket, key: string): Promise<number> {
  const there = await bucket.stat(key);
  if (there) return there.size;
  throw new UserError(
    `CVAT says that it has put ${key} into its bucket, and ${bucket.name} has no such object: its cloud storage record may name another store.`,
  );
}
