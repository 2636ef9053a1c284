import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { dataLab, type DataLab } from "../../automation/data/connect/lab.ts";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { s3Of } from "../../components/storage/client/s3.ts";
import { jpegOf } from "../fixtures/cvat/pictures.ts";
import { startScene, type Lab } from "../rehearsal/harness.ts";

/*
 * Backups in a lab: the CronJob object that `up` made, its pod run as a process from its own spec with the Secret and ConfigMap of the cluster,
 * against the stand-in for CVAT and the real MinIO, by the account, the token and the key that `up` made.
 */

const REQUIREMENTS = path.resolve(import.meta.dirname, "../python/backup/requirements.txt");

let lab: Lab;
let folder: string;
let data: DataLab;
const variables: Record<string, string> = {};
const before: Record<string, string | undefined> = {};

beforeAll(async () => {
  const python = await pythonEnvironment(REQUIREMENTS, { progress: silentProgress });
  // Pods take `python` from the path of the cluster's controller, which is this process's.
  variables["PATH"] = `${path.dirname(python)}:${process.env["PATH"] ?? ""}`;
  use(variables);
  ({ lab } = await startScene(
    {
      cvat: { organizations: [{ slug: "lab" }] },
      backup: { databases: { enabled: false }, volumes: { enabled: false } },
    },
    { whole: true },
  ));
  folder = path.join(lab.home.folder, "stack");
  const { PULUMI_BACKEND_URL = "", PULUMI_CONFIG_PASSPHRASE = "" } = lab.rehearsal().env;
  use({ PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE });
  data = await dataLab({ stack: "lab", folder }, silentProgress);
});
afterAll(async () => {
  await data.close();
  await lab.end();
  for (const [name, value] of Object.entries(before))
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
});

function use(more: Record<string, string>): void {
  for (const [name, value] of Object.entries(more)) {
    before[name] ??= process.env[name];
    process.env[name] = value;
  }
}

async function cli(...words: string[]) {
  const command = ["automation/bin.mjs", ...words, "--stack", "lab", "--folder", folder, "--json"];
  const { exitCode, stdout, stderr } = await execa(process.execPath, command, { reject: false, stdin: "ignore" });
  return { exitCode, stderr, told: JSON.parse(stdout || "{}") as Record<string, unknown> };
}

it("says that none was made, makes one when asked, and lists it; what is asked for and is not there is refused", async () => {
  const none = await cli("backup", "status");
  expect(none.exitCode, none.stderr).toBe(3);
  expect(none.told).toMatchObject({ well: false, backups: [{ name: "projects" }, { name: "drill" }] });

  const { name, place } = await data.place("datasets");
  await s3Of(place).putObject(name, "street/0.jpg", jpegOf(64, 48));
  const cvat = await data.cvat();
  const at = { organization: "lab" };
  const project = await cvat.post<{ id: number }>("projects", { name: "Straße", labels: [{ name: "car" }] }, at);
  const [storage] = await cvat.list<{ id: number; resource: string }>("cloudstorages", at);
  const task = await cvat.post<{ id: number }>("tasks", { name: "street", project_id: project.id }, at);
  const pictures = { image_quality: 70, cloud_storage_id: storage?.id, server_files: ["street/"] };
  await cvat.post(`tasks/${task.id}/data`, pictures, at);

  const absent = await cli("backup", "create", "--project", "absent");
  expect(absent.exitCode, absent.stderr).toBe(2);
  expect(absent.told["why"]).toContain("no project that is backed up is called `absent`. There are: `Straße`");

  const made = await cli("backup", "create");
  expect(made.exitCode, made.stderr + JSON.stringify(made.told)).toBe(0);
  expect(made.stderr).toContain("1 of 1: project");
  expect(made.told).toMatchObject({ outcome: "well", failed: [], backups: [{ counts: { tasks: 1, frames: 1 } }] });

  const listed = await cli("backup", "ls");
  expect(listed.told["backups"]).toMatchObject([{ project: { name: "Straße" }, organization: "lab", kind: "project" }]);
  const { told } = await cli("backup", "status");
  expect(told).toMatchObject({ backups: [{ name: "projects", problems: [] }, { name: "drill" }] });
});

it("opens what was made, puts it back beside what is there, and tries it where nobody works", async () => {
  const verified = await cli("backup", "verify", "--whole");
  expect(verified.exitCode, verified.stderr + JSON.stringify(verified.told)).toBe(0);

  const asked = ["backup", "restore", "--project", "Straße"];
  const cvat = await data.cvat();
  const names = async () =>
    (await cvat.list<{ name: string }>("projects", { organization: "lab" })).map(({ name }) => name);
  const planned = await cli(...asked, "--dry-run");
  expect(planned.exitCode, planned.stderr + JSON.stringify(planned.told)).toBe(0);
  expect(await names()).toEqual(["Straße"]);
  const restored = await cli(...asked);
  expect(restored.exitCode, restored.stderr + JSON.stringify(restored.told)).toBe(0);
  expect(restored.told).toMatchObject({ backups: [{ frames: 1, counts: { tasks: 1, frames: 1 } }] });
  expect((await names()).sort()).toEqual(["Straße", expect.stringMatching(/^Straße \(20\d\d-\d\d-\d\d\)$/)]);

  const drilled = await cli("backup", "drill");
  expect(drilled.exitCode, drilled.stderr + JSON.stringify(drilled.told)).toBe(0);
  expect(drilled.told).toMatchObject({ outcome: "well", backups: [{ frames: 1 }] });
  const organizations = await cvat.list<{ slug: string }>("organizations");
  expect(organizations.map(({ slug }) => slug)).toEqual(["lab"]);
  const well = await cli("backup", "status");
  expect(well.exitCode, well.stderr).toBe(0);
  expect(well.told).toMatchObject({ well: true });
});
