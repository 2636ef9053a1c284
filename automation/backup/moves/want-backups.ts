import * as pulumi from "@pulumi/pulumi";
import { ENGINES } from "../../../components/backup/databases/database.ts";
import { RESTORED_BACKUP, WITHOUT_BACKUP } from "../../../components/charts/steps-taken.ts";
import type { Plan } from "../../../components/lab/plan.ts";
import {
  backupBeforeMove,
  type BackupsBeforeMoves,
  type KnownDump,
} from "../../../components/preflight/backup-before-move.ts";
import { movesOf, type Move } from "../../../components/preflight/moves.ts";
import { versionsIn, versionsOf } from "../../../components/preflight/versions.ts";
import { isMap } from "../../../components/program/maps.ts";
import { RunError } from "../../../components/program/run-errors.ts";
import type { StateResource } from "../../../components/program/state.ts";
import { problemList } from "../../../components/schema/problems.ts";
import { hostAndPort, urlOf } from "../../../components/storage/endpoint.ts";
import { bucketOf } from "../../data/store/bucket.ts";
import { listedBackups } from "../kept/listing.ts";
import { dateText, momentOf } from "../kept/stamps.ts";

/** How long the store may take to answer, in milliseconds. */
const WITHIN_MS = 20_000;

/**
 * Looks, before a run registers anything, whether CVAT or ClearML goes to another release, and whether there is a backup of its database by
 * then: what is there is told. A run that goes on where one broke off is not asked.
 * @throws RunError in an `up`, where this stack makes backups and there is none of the last day
 */
export async function wantBackups(
  state: readonly StateResource[],
  plan: Plan,
  backups: BackupsBeforeMoves,
): Promise<void> {
  if (backups === "unasked") return;
  const before = versionsIn(state);
  const moves = movesOf(before, versionsOf(plan)).filter(({ isUnderWay }) => !isUnderWay);
  const engines = plan.backup?.databases.map(({ engine }) => engine) ?? [];
  const findings = await Promise.all(
    moves.map(async (move) => {
      const isDumped = engines.includes(ENGINES[move.system]);
      return backupBeforeMove({
        ...{ move, engines, now: Date.now() },
        ...(isDumped ? await known(state, plan, move) : { dumps: undefined }),
        waivedBy: waivedBy(plan, move, backups),
        servers: before[move.system]["server"] ?? [],
      });
    }),
  );
  const refusals = findings.filter(({ severity }) => severity === "refusal");
  const isHeld = refusals.length > 0 && !pulumi.runtime.isDryRun();
  for (const { severity, path, message } of findings)
    if (!isHeld) await pulumi.log.warn(`${path}: ${severity === "refusal" ? `up refuses this. ${message}` : message}`);
  if (!isHeld) return;
  throw new RunError(
    problemList("A backup is wanted before another release is installed, and nothing was changed:", refusals).join(
      "\n",
    ),
  );
}

function waivedBy({ lab }: Plan, { system, to }: Move, backups: BackupsBeforeMoves): string | undefined {
  if (backups === "waived") return "--without-backup";
  const token = [WITHOUT_BACKUP, RESTORED_BACKUP]
    .map((id) => `${id}@${to}`)
    .find((one) => lab[system].stepsTaken.includes(one));
  return token === undefined ? undefined : `stepsTaken names ${token}`;
}

/** The dumps that there are, by the key of what makes them, which the last run has left in state. */
async function known(
  state: readonly StateResource[],
  { store, backup }: Plan,
  { system }: Move,
): Promise<{ dumps: KnownDump[] | undefined; unread?: string }> {
  const keys = keysIn(state);
  const name = store?.buckets.find(({ role }) => role === "backups")?.name;
  // A stack whose backups are new has neither keys nor backups.
  if (store === undefined || backup === undefined || name === undefined || keys === undefined) return { dumps: [] };
  const { machine, s3, ca } = store;
  const place = {
    server: hostAndPort(machine),
    tls: machine.tls,
    region: s3.region,
    ...keys,
    ...(machine.tls && { ca }),
  };
  const bucket = bucketOf(place, name, { signal: AbortSignal.timeout(WITHIN_MS) });
  try {
    const listed = await listedBackups(bucket, [{ place: `${backup.config.databases.to}${ENGINES[system]}/` }]);
    const dumps = listed.map(({ place: at, stamp, bad, release }) => ({
      ...{ place: at, at: momentOf(stamp), when: dateText(stamp), bad, release },
    }));
    return { dumps };
  } catch (error) {
    return { dumps: undefined, unread: `${urlOf(machine)}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function keysIn(state: readonly StateResource[]): { user: string; password: string } | undefined {
  const root = state.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs;
  const keys = ["secrets", "backup"].reduce<unknown>((at, key) => (isMap(at) ? at[key] : undefined), root);
  if (!isMap(keys)) return undefined;
  const { accessKey: user, secretKey: password } = keys;
  return typeof user === "string" && typeof password === "string" ? { user, password } : undefined;
}
