import type { Engine } from "../../components/backup/databases/database.ts";
import { apiServer } from "../../components/kubernetes/api-server.ts";
import { kubeConfig } from "../../components/kubernetes/kube-config.ts";
import { UserError } from "../../components/program/errors.ts";
import { DatabaseCluster } from "../backup/databases/cluster.ts";
import { lettingGo } from "../backup/databases/records.ts";
import { restored, type Restored } from "../backup/databases/restore.ts";
import { inDataLab } from "../data/connect/run.ts";
import { streamProgress } from "../progress.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface DatabaseFlags extends StackFlags {
  database: Engine;
  backup?: string;
  identity?: string;
  scaleDown?: boolean;
  dryRun?: boolean;
}

/** Puts a database back as a dump has it. */
export async function restoreDatabase({ database: engine, backup, identity, json, ...flags }: DatabaseFlags) {
  const progress = streamProgress();
  await inDataLab(flags, progress, async ({ plan }, signal, stands) => {
    const database = plan.backup?.databases.find((one) => one.engine === engine);
    if (database === undefined)
      throw new UserError(`This stack does not dump ${engine}: see vision-platform:backup.databases.`, { exitCode: 2 });
    const send = apiServer(await kubeConfig(plan.lab.cluster));
    const told = await restored({
      ...{ engine, progress, stands, identity, stamp: backup },
      letGo: lettingGo(flags, engine, progress),
      cluster: new DatabaseCluster(database, { send, progress, signal }),
      scaleDown: flags.scaleDown ?? false,
      dryRun: flags.dryRun ?? false,
    });
    print(told, textOf(told), json);
  });
}

function textOf({ backup, losses, used, done, followed }: Restored): string {
  if (followed !== undefined)
    return `The database is as it was at ${backup.stamp}, by Job ${followed} of a run before this one, which told what is lost.`;
  const lost = losses.map((line) => `  ${line}`);
  const since =
    losses.length === 0
      ? ["Nothing differs from the dump."]
      : [done ? "Lost, or brought back:" : "Would be lost, or come back:", ...lost];
  if (done)
    return [
      `The database is as it was at ${backup.stamp}.`,
      ...since,
      "Now: npm run platform -- up, which takes over the records in it.",
    ].join("\n");
  const down = used.length === 0 ? "Nothing is at work on it." : `Would be scaled down: ${used.join(", ")}.`;
  return ["Dry run: nothing was changed.", ...since, down].join("\n");
}
