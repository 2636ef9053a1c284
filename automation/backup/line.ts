import { watchedOf } from "../../components/backup/plan.ts";
import type { Plan } from "../../components/lab/plan.ts";
import { dataLab } from "../data/connect/lab.ts";
import type { Progress } from "../progress.ts";
import { standingsOf } from "./runs.ts";
import { statusLine } from "./text.ts";

/** How long `up` waits for an answer about backups, in milliseconds: what it has done is done by then. */
const WITHIN_MS = 20_000;

/**
 * How it is with backups, for `up`'s summary.
 * @returns undefined where the stack makes none
 */
export async function backupsLine(
  { backup }: Pick<Plan, "backup">,
  { stack, folder }: { stack: string; folder: string },
  progress: Progress,
): Promise<string | undefined> {
  if (backup === undefined) return undefined;
  try {
    const lab = await dataLab({ stack, folder }, progress, AbortSignal.timeout(WITHIN_MS));
    try {
      return statusLine(await standingsOf(await lab.backups(), watchedOf(backup)));
    } finally {
      await lab.close();
    }
  } catch (error) {
    return `Backups: not known, ${error instanceof Error ? error.message : String(error)}`;
  }
}
