import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { cacheFolder } from "./automation/cache.ts";
import { wantBackups } from "./automation/backup/moves/want-backups.ts";
import { chartRange } from "./automation/charts/range.ts";
import { refuseKnownBadJumps } from "./automation/charts/refuse-jumps.ts";
import { resolveChart } from "./automation/charts/resolve.ts";
import { preflight } from "./automation/cluster/preflight.ts";
import { prepareCluster } from "./automation/cluster/prepare.ts";
import { ownState } from "./automation/engine/own-state.ts";
import { lookAtKeycloak } from "./automation/keycloak/look.ts";
import { readLabelFiles } from "./automation/stackfile/label-files.ts";
import { useEnvironmentProxy } from "./components/rest/proxy.ts";
import { readAuthority } from "./automation/stackfile/authority-file.ts";
import { lookAtStore } from "./automation/storage/look.ts";
import type { ChartSource } from "./components/charts/source.ts";
import { planOf, withCharts, type Plan } from "./components/lab/plan.ts";
import { UserError } from "./components/program/errors.ts";
import { idleKeys } from "./components/lab/idle-keys.ts";
import { VisionPlatform } from "./components/platform.ts";
import type { BackupsBeforeMoves } from "./components/preflight/backup-before-move.ts";
import { knownCluster } from "./components/preflight/state.ts";
import { readLab, readSections } from "./components/lab/read.ts";
import { endedByFirstRejection } from "./components/program/end.ts";
import { madeTexts, sayingWhatIsMade } from "./components/secrets/made.ts";
import { RunError } from "./components/program/run-errors.ts";

export interface ProgramOptions {
  /** Folder of Pulumi.yaml, in which the engine starts its plugins. Default: where `pulumi` runs the program. */
  folder?: string;
  /** Default: `wanted`. */
  backups?: BackupsBeforeMoves;
}

/** The program. `pulumi up`, `npm run platform -- up` and rehearsals all run this function. */
export default async function program({ folder = process.cwd(), backups = "wanted" }: ProgramOptions = {}): Promise<
  Record<string, unknown>
> {
  try {
    return await endedByFirstRejection(async () => {
      await useEnvironmentProxy();
      return installed(folder, backups);
    });
  } catch (error) {
    throw error instanceof UserError ? new RunError(error.message) : error;
  }
}

async function installed(folder: string, backups: BackupsBeforeMoves): Promise<Record<string, unknown>> {
  const { sections } = readSections();
  const { labels, problems } = await readLabelFiles(sections["functions"], import.meta.dirname);
  const { certificates, problems: unsound } = await readAuthority(sections["objectStore"], folder);
  const lab = readLab([...problems, ...unsound]);
  const plan = planOf(lab, { labels, certificates });
  for (const { path: key, message } of idleKeys(sections)) await pulumi.log.warn(`${key}: ${message}`);
  const state = await ownState();
  const known = knownCluster(state);
  const here = chartsFor(plan);
  const [charts, found, facts] = await Promise.all([
    here,
    lookAtStore(lab.objectStore, state, { folder, ca: certificates }),
    preflight(
      plan,
      known,
      here.then((all) => Promise.all(Object.values(all).map(chartRange))),
    ),
    here.then((all) => refuseKnownBadJumps(state, withCharts(plan, all))),
    lookAtKeycloak(lab.sso),
    here.then((all) => wantBackups(state, withCharts(plan, all), backups)),
  ]);
  // After every look, since it changes what it must.
  const prepared = await prepareCluster(plan, known, facts);
  const delivery = { context: "images/clearml-agent", checkout: import.meta.dirname };
  const platform = new VisionPlatform(
    "lab",
    { plan: withCharts(plan, charts), charts, found, prepared, delivery },
    { transformations: [sayingWhatIsMade(madeTexts(state))] },
  );
  return platform.outputs;
}

/** The charts this lab installs, verified, from this machine. */
async function chartsFor(plan: Plan): Promise<Record<string, ChartSource>> {
  const overrides = plan.lab.charts.paths;
  const charts = plan.charts.map(async ({ name, version }) => {
    const chart = await resolveChart(name, version, { cacheFolder: cacheFolder(), overrides });
    return [name, { ...chart, path: path.resolve(chart.path) }] as const;
  });
  return Object.fromEntries(await Promise.all(charts));
}
