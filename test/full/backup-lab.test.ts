import { readdir } from "node:fs/promises";
import path from "node:path";
import type { KubernetesObject, V1DeploymentSpec, V1JobStatus, V1Secret } from "@kubernetes/client-node";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataLab, type DataLab } from "../../automation/data/connect/lab.ts";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { registerAddress } from "../../automation/rehearsal/cluster/routes.ts";
import { SECRETS } from "../../components/cvat/names.ts";
import { s3Of } from "../../components/storage/client/s3.ts";
import { POSTGRESQL, startPostgresql, type PostgresqlServer } from "../contract/postgresql-server.ts";
import { startSession } from "../contract/postgresql-session.ts";
import { jpegOf } from "../fixtures/cvat/pictures.ts";
import { startScene, type Lab } from "../rehearsal/harness.ts";
import { stackCli, type StackCli } from "./stack-cli.ts";

/*
 * Backups in a lab: the CronJob objects that `up` made, their pods run as processes from their own specs with the Secrets and ConfigMaps of the
 * cluster, against the stand-in for CVAT, a real PostgreSQL and the real MinIO, by the account, the token, the password and the key that `up` made.
 */

const REQUIREMENTS = path.resolve(import.meta.dirname, "../python/backup/requirements.txt");

let lab: Lab;
let folder: string;
let data: DataLab;
let stack: StackCli;

beforeAll(async () => {
  const python = await pythonEnvironment(REQUIREMENTS, { progress: silentProgress });
  // Pods take `python` from the path of the cluster's controller, which is this process's.
  stack = stackCli({ PATH: [path.dirname(python), POSTGRESQL, process.env["PATH"]].filter(Boolean).join(":") });
  ({ lab } = await startScene(
    {
      // Where ClearML is off, people of CVAT who are no workers have keys of the object store.
      cvat: { users: [{ username: "person", role: "user" }], organizations: [{ slug: "lab" }] },
      clearml: { enabled: false, agent: { enabled: false } },
      backup: { volumes: { enabled: false } },
    },
    { whole: true },
  ));
  stack.of(lab);
  folder = path.join(lab.home.folder, "stack");
  data = await dataLab({ stack: "lab", folder }, silentProgress);
});
afterAll(async () => {
  await data.close();
  await lab.end();
  stack.end();
});

const cli = (...words: string[]) => stack.run(...words);

it("says that none was made, makes one when asked, and lists it; what is asked for and is not there is refused", async () => {
  const none = await cli("backup", "status");
  expect(none.exitCode, none.stderr).toBe(3);
  expect(none.told).toMatchObject({
    well: false,
    backups: [{ name: "projects" }, { name: "drill" }, { name: "postgresql" }],
  });

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
  expect(made.stderr).toContain("✓ Backing up projects");
  expect(made.told).toMatchObject({ outcome: "well", failed: [], backups: [{ counts: { tasks: 1, frames: 1 } }] });

  const listed = await cli("backup", "ls");
  expect(listed.told["backups"]).toMatchObject([{ project: { name: "Straße" }, organization: "lab", kind: "project" }]);
  const { told } = await cli("backup", "status");
  expect(told["backups"]).toMatchObject([{ name: "projects", problems: [] }, { name: "drill" }, {}]);
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
  const { told } = await cli("backup", "status");
  expect(told["backups"]).toMatchObject([
    { problems: [] },
    { name: "drill", problems: [], last: { outcome: "well" } },
    {},
  ]);
});

describe.skipIf(POSTGRESQL === undefined)("CVAT's database, which is a real PostgreSQL (apt: postgresql)", () => {
  const RESTORE = ["backup", "restore", "--database", "postgresql", "--scale-down"];
  let server: PostgresqlServer;
  let role: { username: string; password: string; database: string };
  const sql = (text: string) => server.sqlAs(role, text, role.database);

  beforeAll(async () => {
    const { data: kept = {} } = await lab.get<V1Secret>("v1", "Secret", SECRETS.postgresql, "cvat");
    const text = (key: string) => Buffer.from(kept[key] ?? "", "base64").toString();
    role = { username: text("username"), password: text("password"), database: text("database") };
    server = await startPostgresql();
    await server.sql(`CREATE ROLE ${role.username} LOGIN PASSWORD '${role.password}'`);
    await server.sql(`CREATE DATABASE ${role.database} OWNER ${role.username}`);
    // As the chart's Service is called.
    await registerAddress(lab.home.folder, { host: "cvat-postgresql", port: 5432, to: server.port });
    await sql("CREATE TABLE engine_task (id serial PRIMARY KEY, name text, updated_date timestamptz DEFAULT now())");
    await sql("INSERT INTO engine_task (name) SELECT 'task ' || g FROM generate_series(1, 1000) g");
  });
  afterAll(() => server.end());

  const rows = () => sql("SELECT count(*), min(name) FROM engine_task");
  const uses = async () => {
    const all = (await lab.list("apps/v1", "Deployment", "cvat")) as (KubernetesObject & { spec?: V1DeploymentSpec })[];
    return Object.fromEntries(
      all
        .filter(({ spec }) =>
          spec?.template.spec?.containers.some(({ env }) => env?.some(({ name }) => name === "CVAT_POSTGRES_HOST")),
        )
        .map(({ metadata, spec }) => [metadata?.name ?? "", spec?.replicas]),
    );
  };
  const unended = async () =>
    ((await lab.list("batch/v1", "Job", "cvat")) as (KubernetesObject & { status?: V1JobStatus })[])
      .filter(({ metadata, status }) => metadata?.name?.startsWith("backup-postgresql") && !status?.conditions?.length)
      .map(({ metadata }) => metadata?.name);

  /** Holds a restore up where it takes the old away. What the scripts call themselves is not counted among those who use the database. */
  const holdUp = () =>
    startSession(
      { ...role, user: role.username, port: server.port, name: "vision-platform-backup" },
      "BEGIN; LOCK TABLE engine_task IN ACCESS SHARE MODE",
    );
  const isHeldUp = () =>
    expect
      .poll(
        () =>
          server.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'psql' AND wait_event_type = 'Lock'",
          ),
        { timeout: 120_000, interval: 500 },
      )
      .toBe("1");
  const begin = () =>
    execa(process.execPath, ["automation/bin.mjs", ...RESTORE, "--stack", "lab", "--folder", folder, "--json"], {
      reject: false,
      stdin: "ignore",
      all: true,
    });

  it("is dumped by the CronJob's own pod, and put back while nothing uses it", async () => {
    const made = await cli("backup", "create", "databases");
    expect(made.exitCode, made.stderr + JSON.stringify(made.told)).toBe(0);
    expect(made.told["runs"]).toMatchObject([
      { outcome: "well", backups: [{ database: "postgresql", counts: { engine_task: 1000 } }] },
    ]);
    const listed = (await cli("backup", "ls")).told["backups"] as { kind: string }[];
    expect(listed.filter(({ kind }) => kind === "database")).toHaveLength(1);
    const before = await uses();
    expect(Object.keys(before).length).toBeGreaterThan(3);
    await sql("UPDATE engine_task SET name = 'changed'; DELETE FROM engine_task WHERE id > 10");
    const inUse = await cli(...RESTORE.slice(0, -1));
    expect(inUse.exitCode, inUse.stderr).toBe(2);
    const restored = await cli(...RESTORE);
    expect(restored.exitCode, restored.stderr).toBe(0);
    expect(restored.told["losses"]).toEqual([expect.stringContaining("engine_task: 10 rows now, 1000 in the dump")]);
    expect(await rows()).toBe("1000|task 1");
    expect(await uses()).toEqual(before);
    const well = await cli("backup", "status");
    expect(well.exitCode, well.stderr + JSON.stringify(well.told)).toBe(0);
  });

  it("is put back once where the command was killed: the next one follows the Job that goes on, and scales up", async () => {
    const before = await uses();
    await sql("DELETE FROM engine_task WHERE id > 10");
    const holder = await holdUp();
    const killed = begin();
    await isHeldUp();
    killed.kill("SIGKILL");
    await killed;
    const [job] = await unended();
    expect(job).toBeDefined();
    expect(Object.values(await uses()).every((replicas) => replicas === 0)).toBe(true);
    const looked = await cli(...RESTORE, "--dry-run");
    expect([looked.exitCode, JSON.stringify(looked.told)]).toEqual([2, expect.stringContaining(job ?? "")]);
    const next = begin();
    let said = "";
    next.stderr.on("data", (piece: Buffer) => (said += piece.toString()));
    await expect.poll(() => said, { timeout: 120_000, interval: 500 }).toContain("it is followed");
    expect(await unended()).toEqual([job]);
    await holder.end();
    const { exitCode, stdout, stderr } = await next;
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ done: true, followed: job });
    expect(await rows()).toBe("1000|task 1");
    expect(await uses()).toEqual(before);
  });

  it("stays as it was where Ctrl-C stops the command: its Job ends, what was scaled down is up again, and nothing is locked", async () => {
    const before = await uses();
    await sql("DELETE FROM engine_task WHERE id > 10");
    const holder = await holdUp();
    const stopped = begin();
    await isHeldUp();
    stopped.kill("SIGINT");
    const { exitCode, stderr } = await stopped;
    expect(exitCode, stderr).not.toBe(0);
    expect(stderr).toContain("What was scaled down was scaled up again");
    expect(await unended()).toEqual([]);
    await expect.poll(uses, { timeout: 60_000 }).toEqual(before);
    // A container has half a minute to end: a restore that gets its lock before would still be put through, whole.
    const folders = async () =>
      (await readdir(path.join(lab.home.folder, "pods"), { withFileTypes: true })).filter((one) => one.isDirectory());
    await expect.poll(folders, { timeout: 90_000, interval: 1000 }).toEqual([]);
    await holder.end();
    const bucket = await data.backups();
    await expect.poll(() => bucket.stat("databases/postgresql/lock.json"), { timeout: 40_000 }).toBeUndefined();
    expect(await rows()).toBe("10|task 1");
    const restored = await cli(...RESTORE);
    expect(restored.exitCode, restored.stderr).toBe(0);
    expect(await rows()).toBe("1000|task 1");
  });
});
