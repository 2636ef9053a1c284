import { readFile } from "node:fs/promises";
import path from "node:path";
import type { KubernetesObject, V1Deployment, V1Pod } from "@kubernetes/client-node";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REPLICAS_ANNOTATION } from "../../automation/backup/databases/workloads.ts";
import { silentProgress } from "../../automation/progress.ts";
import { PROJECT_FOLDER } from "../../automation/project.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { POSTGRESQL, startPostgresql, type PostgresqlServer } from "../contract/postgresql-server.ts";
import { startLab, type Lab } from "../rehearsal/harness.ts";

/*
 * To another release and back, on the real engine and API server, with CVAT's database in a real PostgreSQL, and its own programs between. CVAT is
 * a stand-in: what its releases do to their database, this does for them as soon as pods of them run.
 */

const REQUIREMENTS = path.resolve(import.meta.dirname, "../python/backup/requirements.txt");
/** Of the Secret that a rehearsal has in the place of one that a person makes. (automation/rehearsal/ground/secrets.ts) */
const ROLE = { username: "cvat", password: "stand-in-of-a-rehearsal" };
const [OLD, NEW] = ["2.48.1", "2.64.0"];
const MINUTES = 60_000;

let lab: Lab;
let server: PostgresqlServer;
let releases: Releases | undefined;
const formerPath = process.env["PATH"];

const sql = (text: string) => server.sqlAs(ROLE, text, "cvat");
const list = async <T extends KubernetesObject>(apiVersion: string, kind: string) =>
  (await lab.list(apiVersion, kind, "cvat")) as T[];
const claims = async (): Promise<Record<string, string | undefined>> =>
  Object.fromEntries(
    (await list("v1", "PersistentVolumeClaim")).map(({ metadata }) => [metadata?.name ?? "", metadata?.uid]),
  );
const file = () => path.join(lab.home.folder, "stack", "Pulumi.lab.yaml");

/** What pods of CVAT's releases do to the database, and which met one that was not theirs. */
class Releases {
  readonly wrong: string[] = [];
  goingBack = false;
  #over = false;
  readonly #seen = new Set<string>();
  readonly #work: Promise<void>;

  constructor() {
    this.#work = this.#watch();
  }

  async end(): Promise<void> {
    this.#over = true;
    await this.#work;
  }

  async #watch(): Promise<void> {
    while (!this.#over) {
      await this.#look().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async #look(): Promise<void> {
    const pods = await list<V1Pod>("v1", "Pod");
    for (const { metadata, spec, status } of pods) {
      const release = /^cvat\/server:v(.+)$/.exec(spec?.containers[0]?.image ?? "")?.[1];
      const uid = metadata?.uid ?? "";
      const isOfCvat = /^cvat-backend-(server|worker|initializer)/.test(metadata?.name ?? "");
      if (release === undefined || !isOfCvat || status?.phase === "Pending" || this.#seen.has(uid)) continue;
      this.#seen.add(uid);
      const isMigrated = (await sql("SELECT count(*) FROM django_migrations WHERE name = '0090_newer'")) === "1";
      if (release === NEW && !isMigrated) await sql(MIGRATION);
      if (release === OLD && isMigrated && this.goingBack) this.wrong.push(`${metadata?.name ?? ""} of ${OLD} began`);
      if (release === NEW && this.goingBack) this.wrong.push(`${metadata?.name ?? ""} of ${NEW} began`);
    }
  }
}

const MIGRATION = `
  BEGIN;
  CREATE TABLE engine_newer (id serial PRIMARY KEY, task_id int REFERENCES engine_task(id));
  ALTER TABLE engine_task DROP COLUMN old_name, ADD COLUMN new_name text;
  INSERT INTO django_migrations (app, name) VALUES ('engine', '0090_newer');
  COMMIT;`;

beforeAll(async () => {
  if (POSTGRESQL === undefined) return;
  const python = await pythonEnvironment(REQUIREMENTS, { progress: silentProgress });
  // Pods take their programs from the path of the cluster's controller, which is this process's.
  process.env["PATH"] = `${path.dirname(python)}:${POSTGRESQL}:${formerPath ?? ""}`;
  server = await startPostgresql();
  await server.sql(`CREATE ROLE cvat LOGIN PASSWORD '${ROLE.password}'`);
  await server.sql("CREATE DATABASE cvat OWNER cvat");
  await sql(`
    CREATE TABLE django_migrations (id serial PRIMARY KEY, app text, name text);
    INSERT INTO django_migrations (app, name) SELECT 'engine', 'change ' || g FROM generate_series(1, 80) g;
    CREATE TABLE engine_task (id serial PRIMARY KEY, old_name text, updated_date timestamptz DEFAULT now());
    INSERT INTO engine_task (old_name) SELECT 'of before ' || g FROM generate_series(1, 500) g;`);
  const external = { host: "127.0.0.1", port: server.port, existingSecret: "cvat-role" };
  lab = await startLab(
    {
      cvat: { version: OLD, postgresql: { external } },
      clearml: { enabled: false, agent: { enabled: false } },
      functions: undefined,
      backup: {
        projects: { enabled: false },
        volumes: { enabled: false },
        databases: { postgresqlImage: "docker.io/library/postgres:15" },
      },
    },
    { whole: true },
  );
  await lab.up();
  releases = new Releases();
}, 20 * MINUTES);
afterAll(async () => {
  if (POSTGRESQL === undefined) return;
  await releases?.end();
  await lab.end();
  await server.end();
  process.env["PATH"] = formerPath;
});

/** A verb's own process on the rehearsal's stack. */
function platform(...args: string[]) {
  const { env, home } = lab.rehearsal();
  const words = ["automation/bin.mjs", ...args, "--stack", "lab", "--folder", path.join(home.folder, "stack")];
  return execa(process.execPath, words, { cwd: PROJECT_FOLDER, env, reject: false, stdin: "ignore", all: true });
}

/** Kills a verb as soon as it has said something, or as something is so in the cluster. */
async function killed(when: RegExp | (() => Promise<boolean>), ...args: string[]): Promise<void> {
  const run = platform(...args);
  let said = "";
  run.all.on("data", (piece: Buffer) => (said += piece.toString()));
  const isSo = when instanceof RegExp ? () => Promise.resolve(when.test(said)) : when;
  await expect.poll(isSo, { timeout: 5 * MINUTES, interval: 100 }).toBe(true);
  run.kill("SIGKILL");
  const { signal } = await run;
  expect(signal, said).toBe("SIGKILL");
}

/** Whether an up has come to the server. */
const serverIs = (release: string) => async () => {
  const server = (await deployments()).find(({ metadata }) => metadata?.name === "cvat-backend-server");
  return server?.spec?.template.spec?.containers[0]?.image === `cvat/server:v${release}`;
};

async function deployments(): Promise<V1Deployment[]> {
  const all = await list<V1Deployment>("apps/v1", "Deployment");
  return all.filter(({ metadata }) => metadata?.name?.startsWith("cvat-backend-"));
}

describe.skipIf(POSTGRESQL === undefined)("CVAT to another release and back", () => {
  it("wants a backup: up and a preview say so, and nothing is changed", { timeout: 10 * MINUTES }, async () => {
    const text = await readFile(file(), "utf8");
    const { writeStackFile, withRelease } = await import("../../automation/stackfile/release-keys.ts");
    await writeStackFile(file(), withRelease(text, "cvat", { version: NEW, chart: NEW }));
    const up = await platform("up");
    expect([up.exitCode, up.stderr]).toEqual([1, expect.stringContaining("Of the last day there is none.") as string]);
    await writeStackFile(file(), text);
  });

  it(
    "goes there, also where it is killed amid the up: the same command goes on",
    { timeout: 20 * MINUTES },
    async () => {
      const words = ["upgrade", "cvat", "--to", NEW, "--yes"];
      const before = await readFile(file(), "utf8");
      const asked = await platform("upgrade", "cvat", "--to", NEW);
      expect([asked.exitCode, asked.stderr]).toEqual([2, expect.stringContaining("--yes says that it may be")]);
      expect(await readFile(file(), "utf8")).toBe(before);
      await killed(serverIs(NEW), ...words);
      const done = await platform(...words);
      expect(done.exitCode, done.all).toBe(0);
      expect(done.stdout).toMatch(/cvat 2\.64\.0[^]*Well: stack lab did/);
      await expect.poll(() => sql("SELECT count(*) FROM engine_newer"), { timeout: 30_000 }).toBe("0");
      await sql("INSERT INTO engine_task (new_name) VALUES ('since'); INSERT INTO engine_newer (task_id) VALUES (501)");
    },
  );

  it(
    "says what is lost before it goes back, and goes back, also where it is killed",
    { timeout: 30 * MINUTES },
    async () => {
      const there = await claims();
      const words = ["upgrade", "back", "cvat", "--yes"];
      const asked = await platform("upgrade", "back", "cvat");
      expect([asked.exitCode, asked.stderr]).toEqual([
        2,
        expect.stringMatching(
          /engine_newer: 1 rows, which the dump does not know[^]*engine_task: 501 rows now, 500 in the dump/,
        ),
      ]);
      if (releases) releases.goingBack = true;
      await killed(/Restoring CVAT's PostgreSQL/, ...words);
      expect((await deployments()).map(({ spec }) => spec?.replicas).filter((one) => one !== 0)).toEqual([]);
      await killed(serverIs(OLD), ...words);
      expect(await readFile(file(), "utf8")).toContain("restored-backup@2.48.1");
      const done = await platform(...words);
      expect(done.exitCode, done.all).toBe(0);
      expect(done.stdout).toMatch(/cvat 2\.48\.1, with the database of then[^]*Well: stack lab did/);

      expect(releases?.wrong).toEqual([]);
      expect(await sql("SELECT count(*), min(old_name) FROM engine_task")).toBe("500|of before 1");
      expect(await sql("SELECT count(*) FROM django_migrations")).toBe("80");
      expect(await sql("SELECT to_regclass('engine_newer') IS NULL")).toBe("t");
      expect(await claims()).toEqual(there);
      const text = await readFile(file(), "utf8");
      expect(text).toMatch(/version: "?2\.48\.1"?\n/);
      expect(text).not.toContain("stepsTaken");
      for (const { metadata, spec } of await deployments()) {
        expect([metadata?.name, spec?.replicas]).toEqual([metadata?.name, 1]);
        expect(metadata?.annotations?.[REPLICAS_ANNOTATION]).toBeUndefined();
        expect(spec?.template.spec?.containers[0]?.image).toBe("cvat/server:v2.48.1");
      }
      const again = await platform("preview", "--exit-code");
      expect(again.exitCode, again.all).toBe(0);
    },
  );
});
