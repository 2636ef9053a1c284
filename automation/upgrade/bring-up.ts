import { UserError } from "../../components/program/errors.ts";
import { openUserStack } from "../engine/door.ts";
import { runEngine, type Outcome } from "../engine/run.ts";
import type { Progress } from "../progress.ts";

interface Bringing {
  progress: Progress;
  withoutBackup: true | undefined;
  goesOn: string;
}

/** The up of the stack file as it is. */
export async function brought(
  { stack: name, folder }: { stack: string; folder: string },
  { progress, withoutBackup, goesOn }: Bringing,
): Promise<Outcome> {
  const { stack } = await openUserStack({
    stack: name,
    folder,
    create: false,
    backups: withoutBackup && "waived",
    progress,
  });
  return runEngine(stack, "up", { progress }).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    progress.line(goesOn);
    throw error;
  });
}
