import type { Engine } from "../../../components/backup/databases/database.ts";
import type { Token } from "../../../components/records/tokens.ts";
import { openUserStack } from "../../engine/door.ts";
import { forgetRecords } from "../../engine/forget.ts";
import type { Progress } from "../../progress.ts";

/** Records of the stack that lie in each database, by its numbers. */
export const RECORDS: Readonly<Record<Engine, readonly Token[]>> = {
  postgresql: [
    "cvat:AccessToken",
    "cvat:CloudStorage",
    "cvat:Membership",
    "cvat:Organization",
    "cvat:Project",
    "cvat:Webhook",
  ],
  mongodb: ["clearml:Queue"],
};

/** Has a stack's state let go of the records in a database that is put back. */
export function lettingGo(
  { stack: name, folder }: { stack: string; folder: string },
  engine: Engine,
  progress: Progress,
): () => Promise<void> {
  return async () => {
    const { stack } = await openUserStack({ stack: name, folder, create: false, reads: true, progress });
    await forgetRecords(stack, RECORDS[engine], progress);
  };
}
