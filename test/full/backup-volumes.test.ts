import { mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { startScene, type Lab } from "../rehearsal/harness.ts";
import { stackCli, type StackCli } from "./stack-cli.ts";

/*
 * Backups of volumes in a lab: the CronJob objects that `up` made, placed by the real scheduler, their pods run as processes from their own specs,
 * with folders in the place of claims and the real MinIO.
 */

const REQUIREMENTS = path.resolve(import.meta.dirname, "../python/backup/requirements.txt");

/** What `backup status` looks at, in its order. */
const NAMES = ["cvat-data", "clearml-files"];

let lab: Lab;
let stack: StackCli;
let claims: Record<"cvat" | "clearml", string>;

beforeAll(async () => {
  const python = await pythonEnvironment(REQUIREMENTS, { progress: silentProgress });
  // Pods take `python` from the path of the cluster's controller, which is this process's.
  stack = stackCli({ PATH: `${path.dirname(python)}:${process.env["PATH"] ?? ""}` });
  const backup = { projects: { enabled: false }, databases: { enabled: false } };
  ({ lab } = await startScene({ backup }, { whole: true }));
  stack.of(lab);
  const at = (claim: string) => path.join(lab.home.folder, "claims", claim);
  claims = { cvat: at("cvat/cvat-backend-data"), clearml: at("clearml/clearml-fileserver-data") };
});
afterAll(async () => {
  await lab.end();
  stack.end();
});

const cli = (...words: string[]) => stack.run("backup", ...words);

it("keeps what lies in volumes alone, and writes back what is gone from them, beside who uses them", async () => {
  const none = await cli("status");
  expect(none.exitCode, none.stderr).toBe(3);
  expect(none.told).toMatchObject({ well: false, backups: NAMES.map((name) => ({ name })) });

  const film = path.join(claims.cvat, "data/data/1/raw/film.mp4");
  const cache = path.join(claims.cvat, "data/cache/export/a.zip");
  const sample = path.join(claims.clearml, "street/train.0a1b/metrics/sample.jpg");
  for (const file of [film, sample, cache]) {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `what ${path.basename(file)} has`);
    await utimes(file, 1_600_000_000, 1_600_000_000);
  }
  const made = await cli("create", "volumes");
  expect(made.exitCode, made.stderr + JSON.stringify(made.told)).toBe(0);
  expect(made.told).toMatchObject({
    runs: [
      { outcome: "well", backups: [{ volume: "cvat-data", counts: { files: 1 } }] },
      { outcome: "well", backups: [{ volume: "clearml-files", counts: { files: 1 } }] },
    ],
  });
  const listed = (await cli("ls")).told["backups"] as { volume?: string }[];
  expect(listed.flatMap(({ volume = [] }) => volume).sort()).toEqual(["clearml-files", "cvat-data"]);
  const well = await cli("status");
  expect(well.exitCode, well.stderr).toBe(0);

  await rm(path.join(claims.cvat, "data"), { recursive: true });
  const asked = ["restore", "--volume", "cvat-data"];
  const planned = await cli(...asked, "--dry-run");
  expect(planned.exitCode, planned.stderr + JSON.stringify(planned.told)).toBe(0);
  expect(planned.told).toMatchObject({ backups: [{ restored: { files: 1 } }] });
  await expect(stat(film)).rejects.toThrow("ENOENT");
  const restored = await cli(...asked);
  expect(restored.exitCode, restored.stderr + JSON.stringify(restored.told)).toBe(0);
  expect(await readFile(film, "utf8")).toBe("what film.mp4 has");
  expect((await stat(film)).mtimeMs).toBe(1_600_000_000_000);
  await expect(stat(cache)).rejects.toThrow("ENOENT");
});

it("holds the bucket against a backup, and refuses one that is not there", async () => {
  for (const volume of NAMES) {
    const verified = await cli("verify", "--volume", volume, "--whole");
    expect(verified.exitCode, verified.stderr + JSON.stringify(verified.told)).toBe(0);
  }
  const refused = await cli("restore", "--volume", "cvat-data", "--backup", "20200101T000000Z");
  expect(refused.exitCode, refused.stderr).toBe(2);
  expect(refused.told["why"]).toContain("There are: 20");
});
