import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Mirror } from "../../components/images/mirror.ts";
import { withCharts, type Plan } from "../../components/lab/plan.ts";
import { UserError } from "../../components/program/errors.ts";
import { cacheFolder } from "../cache.ts";
import { pullOrExplain, type ResolvedChart } from "../charts/resolve.ts";
import { openUserStack } from "../engine/door.ts";
import { setSecrets } from "../engine/known-secrets.ts";
import { PATIENCE } from "../http.ts";
import { copiesOf, type Copies } from "../images/copies.ts";
import { keptThere, type Kept } from "../images/kept-there.ts";
import { labImages } from "../images/lab-images.ts";
import { loginIn } from "../images/login.ts";
import { untilStopped } from "../signals.ts";
import { streamProgress, type Progress } from "../progress.ts";
import { soundPlan } from "../stackfile/sound-plan.ts";
import { readStackFile, stackFilePath } from "../stackfile/stack-file.ts";
import { textTable } from "../report/table.ts";
import { obtainTools } from "../tools/obtain.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface MirrorFlags extends StackFlags {
  check?: true;
  chart: Readonly<Record<string, string>>;
}

/** What is to be copied into the registry that the stack file names; with `--check`, whether it is there. */
export async function mirror({ stack, folder, check, chart, json }: MirrorFlags): Promise<void> {
  const progress = streamProgress();
  const file = await readStackFile(stackFilePath(folder, stack));
  const plan = await soundPlan(file);
  const { mirror: place } = plan;
  if (place === undefined)
    throw new UserError(
      "This stack names no registry that has copies of all images: set vision-platform:images.registry, as in registry.example/library (docs/configure.md).",
      { exitCode: 2 },
    );
  const copies = await copiesFor(plan, place, { ...plan.lab.charts.paths, ...chart }, progress);
  if (copies.clashes.length > 0)
    throw new UserError(
      copies.clashes.map(
        ({ target, images }) =>
          `${images.join(" and ")} would both be ${target}. Name one of them in the stack file (cvat.images, clearml.image).`,
      ),
    );
  if (!check) {
    print({ registry: place.place, ...copies }, listText(copies), json);
    return;
  }
  const login = await loginIn(file, async () => {
    const opened = await openUserStack({ stack, folder, create: false, reads: true, progress });
    return setSecrets(opened.stack, opened.file);
  });
  const targets = copies.copies.map(({ target }) => target);
  const kept = await progress.task(`Asking ${place.place}`, (task) =>
    keptThere(targets, { patience: PATIENCE, update: (text) => task.update(text) }, login),
  );
  print({ registry: place.place, images: kept }, checkText(kept, place), json);
  if (kept.some(({ state }) => state !== "there")) process.exitCode = 3;
}

async function copiesFor(
  plan: Plan,
  place: Mirror,
  overrides: Readonly<Record<string, string>>,
  progress: Progress,
): Promise<Copies> {
  const charts = await Promise.all(
    plan.charts.map(async ({ name, version }) => {
      const found = await pullOrExplain(name, version, { overrides, cacheFolder: cacheFolder(), progress });
      if ("chart" in found) return found.chart;
      throw new UserError(`The images of chart ${name} are not known without it: ${found.reason}`);
    }),
  );
  const [helm] = await obtainTools(["helm"], { progress });
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-images-"));
  try {
    const images = await untilStopped(() =>
      progress.task("Rendering charts", () =>
        labImages(withCharts(plan, byName(charts)), { charts, helm: helm?.path ?? "helm", folder }),
      ),
    );
    return copiesOf(images, place);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const byName = (charts: readonly ResolvedChart[]) => Object.fromEntries(charts.map((chart) => [chart.name, chart]));

/** Two names on each line and nothing else, for `while read` in a shell. */
const listText = ({ copies }: Copies) => copies.map(({ image, target }) => `${image} ${target}`).join("\n");

function checkText(kept: readonly Kept[], { place, pullSecret, credentials }: Mirror): string {
  const away = kept.filter(({ state }) => state !== "there");
  const verdict =
    away.length === 0
      ? `All ${kept.length} images are in ${place}.`
      : `${away.length} of ${kept.length} images cannot be pulled from ${place}:`;
  if (away.length === 0) return verdict;
  const rows = away.map((one) => [one.image, one.state === "refused" ? one.why : "is not there"]);
  const anonymous =
    pullSecret !== undefined && credentials === undefined && away.some(({ state }) => state === "refused")
      ? `\nIt was asked without credentials: those are in Secret ${pullSecret} of the cluster, which was not read.`
      : "";
  return `${verdict}\n\n${textTable(["image", "what the registry says"], rows)}\n${anonymous}\nCopy them, for example:\n  npm run platform -- images mirror --list | while read -r from to; do crane copy "$from" "$to"; done`;
}
