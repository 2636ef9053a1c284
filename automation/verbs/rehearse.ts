import path from "node:path";
import lockfile from "proper-lockfile";
import { UserError } from "../../components/program/errors.ts";
import { streamProgress, type Progress } from "../progress.ts";
import { cleanUpStale, createHome, freshName, listHomes, removeHome, type Home } from "../rehearsal/cluster/homes.ts";
import { countObjects } from "../rehearsal/objects.ts";
import { bringUp, prepare } from "../rehearsal/rehearse.ts";
import { summaryText, type Summary } from "../report/summary.ts";
import { untilStopped } from "../signals.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface RehearseFlags extends StackFlags {
  keep?: true;
  down?: true;
  chart: Record<string, string>;
  like?: string;
  parallel?: number;
}

/** The whole stack on a real API server on this machine, with no cluster and no container. */
export async function rehearse(flags: RehearseFlags): Promise<void> {
  const progress = streamProgress();
  for (const name of await cleanUpStale()) progress.line(`Removed what a killed rehearsal left: ${name}`);
  if (flags.down) return end(flags, progress);

  const home = await homeFor(flags);
  const release = await lockfile.lock(home.folder, lockOptions(home)).catch((error: unknown) => {
    throw new UserError(
      `Another run is at work on the kept rehearsal of ${flags.stack}: wait for it, or leave out --keep.`,
      { cause: error },
    );
  });
  // On Ctrl-C as well; a kill leaves it to the next run.
  try {
    await untilStopped(() => run(flags, home, progress));
  } finally {
    await release();
    if (!flags.keep) await progress.task("Tearing down", () => removeHome(home.folder));
  }
}

/** In the home, to go with it. A killed run's lock counts for ten seconds more, so that long another run waits before it gives up. */
const lockOptions = (home: Home): lockfile.LockOptions => ({
  lockfilePath: path.join(home.folder, "run.lock"),
  retries: { retries: 11, factor: 1, minTimeout: 1000 },
  // The machine slept, or the rehearsal was ended elsewhere: where that matters the run fails by itself, with better words.
  onCompromised: () => undefined,
});

async function run(
  { stack, folder, json, keep, chart, like, parallel }: RehearseFlags,
  home: Home,
  progress: Progress,
): Promise<void> {
  const rehearsal = await prepare({ stack, project: folder, overrides: chart, like, home, progress });
  const { outcome, outputs } = await bringUp(rehearsal, progress, parallel);
  const summary: Summary = {
    stack,
    counts: outcome.counts,
    milliseconds: outcome.milliseconds,
    objects: await countObjects(rehearsal.cluster.kubeconfig, Object.values(outputs)),
    charts: rehearsal.charts,
    assumed: rehearsal.assumed,
    standIns: rehearsal.standIns,
    ledger: outcome.ledger,
    warnings: outcome.warnings,
    outputs,
  };
  const kubectl = rehearsal.tools.find(({ name }) => name === "kubectl");
  const program = kubectl?.origin === "path" ? "kubectl" : kubectl?.path;
  const kept = `Left running. Look around: export KUBECONFIG=${rehearsal.cluster.kubeconfig}; ${program} get pods -A\nEnd it: npm run rehearse -- --stack ${stack} --down`;
  print(
    { ...summary, kubeconfig: keep && rehearsal.cluster.kubeconfig },
    [summaryText(summary), ...(keep ? ["", kept] : [])].join("\n"),
    json,
  );
}

/** One kept rehearsal per stack, so that a second one finds it; the others are nobody's but this run's. */
async function homeFor({ stack, keep }: RehearseFlags): Promise<Home> {
  if (!keep) return createHome(freshName(stack), { kept: false });
  const kept = (await listHomes()).find((home) => home.name === stack);
  return kept ?? createHome(stack, { kept: true });
}

async function end({ stack, json }: RehearseFlags, progress: Progress): Promise<void> {
  const home = (await listHomes()).find((found) => found.name === stack);
  if (!home) throw new UserError(`No rehearsal of ${stack} is kept.`);
  await progress.task(`Ending the rehearsal of ${stack}`, () => removeHome(home.folder));
  print({ ended: stack }, "", json);
}
