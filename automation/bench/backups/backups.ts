import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { PROJECT_FOLDER } from "../../project.ts";
import type { Progress } from "../../progress.ts";
import { pythonEnvironment } from "../../python/environment.ts";
import type { Home } from "../../rehearsal/cluster/homes.ts";
import { textTable } from "../../report/table.ts";
import { median, rounded } from "../measure.ts";
import { backupsLab } from "./lab.ts";

const SCRIPT = path.join(PROJECT_FOLDER, "components/backup/script/backup.py");
const here = (file: string) => path.join(import.meta.dirname, file);

/** Rectangles of each project. */
const SHAPES = 1_000;

interface Used {
  seconds: number;
  /** Seconds of CPU. */
  cpu: number;
  /** The most memory, MiB. */
  megabytes: number;
}

/** One thing measured, of each round. */
export interface BackupsRow {
  what: string;
  rounds: Used[];
}

export interface BackupsBench {
  projects: number;
  rows: BackupsRow[];
  /** Ours to the plain script's, medians of the same rounds. */
  ratios: { seconds: number; megabytes: number };
}

/**
 * What the script of backups takes for so many projects, beside one that only has each zip written and puts it away; and what it takes to verify
 * all of them, and to restore one. CVAT is the stand-in, whose own work is in the times of both.
 */
export async function backupsBench({
  projects,
  rounds,
  home,
  progress,
}: {
  projects: number;
  rounds: number;
  home: Home;
  progress: Progress;
}): Promise<BackupsBench> {
  const python = await pythonEnvironment(here("requirements.txt"), { progress });
  const folder = await mkdtemp(path.join(home.folder, "backups-bench-"));
  const lab = await backupsLab(home, { projects, shapes: SHAPES, progress });
  try {
    const settings = path.join(folder, "settings.json");
    await writeFile(settings, JSON.stringify(lab.settings), { mode: 0o600 });
    const rows = new Map<string, BackupsRow>();
    const run = async (what: string, words: readonly string[], request?: object) => {
      const told = path.join(folder, "told.json");
      const env = { BACKUP_REQUEST: request ? JSON.stringify(request) : "", PYTHONDONTWRITEBYTECODE: "1" };
      await execa(python, [here("measured.py"), told, python, ...words], { env, stdin: "ignore" });
      const used = JSON.parse(await readFile(told, "utf8")) as Used;
      const row = rows.get(what) ?? { what, rounds: [] };
      row.rounds.push(used);
      rows.set(what, row);
    };
    const all = `${projects} projects`;
    // The first has everything read once.
    for (let round = 0; round <= rounds; round++)
      await progress.task(`Round ${round} of ${rounds}`, async (task) => {
        const step = (what: string, words: readonly string[], request?: object) => {
          task.update(what);
          return run(what, words, request);
        };
        await lab.touch();
        await step(`plain script, ${all}`, [here("plain.py"), settings]);
        await step(`backup create, ${all}`, [SCRIPT, "projects", settings]);
        await step(`backup verify, ${all}`, [SCRIPT, "verify", settings], {});
        await step("backup restore, 1 project", [SCRIPT, "restore", settings], { project: "project 1" });
      });
    for (const row of rows.values()) row.rounds.shift();
    const [plain, ours] = [...rows.values()];
    const ratio = (key: "seconds" | "megabytes") =>
      rounded(
        median((ours?.rounds ?? []).map((one) => one[key])) / median((plain?.rounds ?? []).map((one) => one[key])),
      );
    return {
      projects,
      rows: [...rows.values()],
      ratios: { seconds: ratio("seconds"), megabytes: ratio("megabytes") },
    };
  } finally {
    await lab.end();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A result as a person reads it. */
export function backupsBenchText({ rows, ratios }: BackupsBench): string {
  const lines = rows.map(({ what, rounds }) => [
    what,
    median(rounds.map(({ seconds }) => seconds)).toFixed(1),
    median(rounds.map(({ cpu }) => cpu)).toFixed(1),
    String(Math.round(Math.max(...rounds.map(({ megabytes }) => megabytes)))),
  ]);
  return [
    textTable(["", "s", "s of CPU", "MiB"], lines),
    "",
    `Beside the plain script, backup create takes ${ratios.seconds} of its time and ${ratios.megabytes} of its memory.`,
  ].join("\n");
}
