import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import * as age from "age-encryption";
import aws4 from "aws4";
import { execa } from "execa";
import { Client } from "minio";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kill } from "../../automation/processes.ts";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { ensureMinio, type RunningMinio } from "../../automation/rehearsal/services/minio/row.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import { databasePod } from "../../components/backup/databases/database-pod.ts";
import { BACKUP, SETTINGS_FILE } from "../../components/backup/names.ts";
import { scriptMap } from "../../components/backup/pod.ts";
import { BACKUP_SCRIPT } from "../../components/backup/script.ts";
import { PYTHON } from "../../components/cvat/names.ts";
import { planned } from "../fixtures/inputs/planned.ts";
import { startPod, type RenderedPod, type RunningPod } from "../contract/pod-process.ts";
import { POSTGRESQL, startPostgresql, type PostgresqlServer } from "../contract/postgresql-server.ts";
import { startSession } from "../contract/postgresql-session.ts";

const REQUIREMENTS = path.resolve(import.meta.dirname, "../python/backup/requirements.txt");
const MINUTES = 60_000;
/** A restore that waits for a table that somebody holds. */
const HELD_UP = "application_name = 'psql' AND wait_event_type = 'Lock'";
const PASSWORD = "of the role";

let home: string;
let python: string;
let minio: RunningMinio;
let client: Client;
let server: PostgresqlServer;

interface Given {
  request?: object;
  recipient?: string;
  password?: string;
  bucket?: string;
  key?: string;
  /** Another program in the place of one of PostgreSQL's. */
  programs?: string;
  port?: number;
}

interface Result {
  outcome: string;
  why?: string;
  stamp?: string;
  backups?: About[];
  removed?: string[];
  failed?: { what: string; why: string }[];
}

interface About {
  stamp: string;
  release?: { version: string };
  changes?: number;
  server: string;
  program: string;
  counts: Record<string, number>;
  dump: { key: string; bytes: number; sha256: string };
  header?: string;
  /** What a look found in the database. */
  now?: { counts: Record<string, number>; newer: Record<string, { rows: number }>; others: string[] };
  /** Rows after a restore. */
  restored?: Record<string, number>;
}

/** Starts a run of the CronJob's pod, from the spec that the stack has for it. */
async function start({ request, recipient, password = PASSWORD, bucket, key, programs, port }: Given = {}) {
  const plan = planned({
    objectStore: { address: "192.0.2.30", credentials: minio.credentials },
    cvat: {
      ingress: { host: "cvat.example.com" },
      superuser: { username: "admin", email: "admin@example.com" },
      postgresql: { external: { host: "127.0.0.1", port: port ?? server.port, existingSecret: "role" } },
    },
    clearml: { enabled: false },
    backup: { databases: { recipient, postgresqlImage: "docker.io/library/postgres:15" } },
  });
  if (plan.backup?.databases[0] === undefined) throw new Error("nothing is dumped");
  const pod = structuredClone(databasePod(plan.backup.databases[0], plan.backup, undefined)) as unknown as RenderedPod;
  for (const { env } of pod.containers)
    for (const one of env) if (one.name === "BACKUP_REQUEST") one.value = JSON.stringify(request ?? {});
  const { accessKey, secretKey } = minio.credentials;
  const store = { endpoint: minio.url, region: "", bucket: bucket ?? "backups", accessKey, secretKey };
  const settings = JSON.stringify({ store, databases: plan.lab.backup?.databases, notify: {}, watched: [] });
  return startPod(
    pod,
    {
      secrets: {
        role: { username: "cvat", password, database: "cvat" },
        [BACKUP]: { [SETTINGS_FILE]: settings },
        ...(key !== undefined && { "vision-platform-backup-file-key": { key } }),
      },
      configMaps: { [scriptMap()]: BACKUP_SCRIPT },
    },
    { programs: { [PYTHON]: python }, env: { PATH: `${programs ?? POSTGRESQL ?? ""}:/usr/bin:/bin` } },
  );
}

/** What a run comes to. */
async function ended({ ended: ends }: RunningPod) {
  const { backup, database } = await ends;
  const lines = (backup?.output ?? "").split("\n");
  const last = lines.at(-1) ?? "";
  if (!last.startsWith("{")) throw new Error(`${backup?.output ?? ""}\n${database?.output ?? ""}`);
  const { result } = JSON.parse(last) as { result: Result };
  return { code: backup?.code, beside: database?.code, result, said: database?.output ?? "", lines };
}

const run = async (given: Given = {}) => ended(await start(given));
const cvat = (text: string) => server.sqlAs({ username: "cvat", password: PASSWORD }, text, "cvat");

async function keys(prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const one of client.listObjectsV2("backups", prefix, true) as AsyncIterable<{ name: string }>)
    found.push(one.name);
  return found;
}

async function text(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

const session = (name: string, text: string) =>
  startSession({ port: server.port, user: "cvat", password: PASSWORD, database: "cvat", name }, text);

/** A folder with a program in the place of PostgreSQL's, which finds the others where they are. */
async function programs(name: string, script: string): Promise<string> {
  const folder = await mkdtemp(path.join(home, "programs-"));
  await writeFile(path.join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(path.join(folder, name), 0o755);
  return `${folder}:${POSTGRESQL ?? ""}`;
}

/** Uploads that nobody ended. */
async function incomplete(): Promise<string[]> {
  const lock = JSON.parse(
    (
      await text(
        await client
          .getObject("backups", "databases/postgresql/lock.json")
          .catch(() => Readable.from([Buffer.from("{}")])),
      )
    ).toString(),
  ) as { writing?: string[] };
  const found: string[] = [];
  for (const key of lock.writing ?? [])
    for await (const one of client.listIncompleteUploads("backups", key, true) as AsyncIterable<{ key: string }>)
      found.push(one.key);
  return found;
}

/** As if the time had passed in which a lock is renewed. */
async function letDie(): Promise<void> {
  const key = "databases/postgresql/lock.json";
  const lock = await client.getObject("backups", key).then(text, () => undefined);
  if (lock === undefined) return;
  await client.putObject("backups", key, JSON.stringify({ ...(JSON.parse(lock.toString()) as object), until: 0 }));
}

/** The most bytes that the bucket may have; 0: any. */
async function setQuota(quota: number): Promise<void> {
  const { accessKey: accessKeyId, secretKey: secretAccessKey } = minio.credentials;
  const body = JSON.stringify({ quota, quotatype: "hard" });
  const signed = aws4.sign(
    {
      host: `127.0.0.1:${minio.port}`,
      path: "/minio/admin/v3/set-bucket-quota?bucket=backups",
      method: "PUT",
      service: "s3",
      body,
    },
    { accessKeyId, secretAccessKey },
  );
  const answer = await fetch(`${minio.url}${signed.path}`, {
    method: "PUT",
    headers: signed.headers as Record<string, string>,
    body,
  });
  if (!answer.ok) throw new Error(await answer.text());
}

describe.skipIf(POSTGRESQL === undefined)("dumps of a real PostgreSQL (apt: postgresql) in a real MinIO", () => {
  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), "vision-platform-backup-"));
    const tools = await obtainTools(["minio"], { progress: silentProgress });
    [python, minio, server] = await Promise.all([
      pythonEnvironment(REQUIREMENTS, { progress: silentProgress }),
      ensureMinio(home, tools),
      startPostgresql(),
    ]);
    const { accessKey, secretKey } = minio.credentials;
    client = new Client({ endPoint: "127.0.0.1", port: minio.port, useSSL: false, accessKey, secretKey });
    await client.makeBucket("backups");
    await server.sql(`CREATE ROLE cvat LOGIN PASSWORD '${PASSWORD}'`);
    await server.sql("CREATE DATABASE cvat OWNER cvat");
    await server.sql("CREATE EXTENSION pgcrypto; COMMENT ON EXTENSION pgcrypto IS 'of the administrator'", "cvat");
    await cvat(`
      CREATE TYPE mood AS ENUM ('good', 'bad');
      CREATE TABLE engine_task (id serial PRIMARY KEY, name text, mood mood DEFAULT 'good', updated_date timestamptz DEFAULT now());
      CREATE TABLE engine_job (id bigserial PRIMARY KEY, task_id int REFERENCES engine_task(id), body text, secret bytea);
      CREATE VIEW busy AS SELECT * FROM engine_task WHERE mood = 'good';
      CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1';
      CREATE SCHEMA apart; CREATE TABLE apart.things (a int); INSERT INTO apart.things VALUES (1);
      INSERT INTO engine_task (name) SELECT 'задача ' || g || E'\\t\\\\x' FROM generate_series(1, 1000) g;
      INSERT INTO engine_job (task_id, body, secret) SELECT 1 + g % 1000, repeat(md5(g::text), 4), digest(g::text, 'sha256') FROM generate_series(1, 50000) g;
      CREATE INDEX ON engine_job (body);
    `);
  }, 40 * MINUTES);
  afterAll(async () => {
    await server.end();
    kill(minio.pid);
    await rm(home, { recursive: true, force: true });
  });

  /** What a restore must bring back: rows, sequences, owners, and what is no table. */
  async function state(): Promise<string> {
    return cvat(`
      SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM engine_task t;
      SELECT count(*), md5(string_agg(j::text, ',' ORDER BY id)) FROM engine_job j;
      SELECT last_value, is_called FROM engine_job_id_seq;
      SELECT count(*) FROM busy;
      SELECT twice(a) FROM apart.things;
      SELECT string_agg(DISTINCT tableowner, ',') FROM pg_tables WHERE schemaname IN ('public', 'apart');
      SELECT extname, extowner::regrole FROM pg_extension ORDER BY 1;
      SELECT conname FROM pg_constraint WHERE conrelid = 'engine_job'::regclass ORDER BY 1;
      SELECT indexdef FROM pg_indexes WHERE tablename = 'engine_job' ORDER BY 1;
      SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S', 'v');`);
  }

  const why = ({ result }: { result: Result }) => result.failed?.[0]?.why ?? result.why;

  it("dumps at one moment, counts at that moment, and puts all of it back", async () => {
    const { code, beside, result } = await run();
    expect([code, beside, result.outcome]).toEqual([0, 0, "well"]);
    const [about] = result.backups ?? [];
    expect(about?.counts).toEqual({ engine_task: 1000, engine_job: 50_000, "apart.things": 1 });
    expect(about?.server).toMatch(/^\d+\.\d+$/);
    expect(about).toMatchObject({ release: { version: "2.64.0", chart: "2.64.0", server: "2.64.0" }, changes: 0 });
    expect(await keys("databases/postgresql/of/")).toEqual([
      `databases/postgresql/of/cvat/${about?.stamp}/about.json`,
      `databases/postgresql/of/cvat/${about?.stamp}/dump.pgc`,
    ]);
    const before = await state();
    await cvat(`
      INSERT INTO engine_task (name) VALUES ('new');
      UPDATE engine_task SET name = 'changed', updated_date = now() + interval '1 hour' WHERE id <= 3;
      DROP TABLE apart.things; DROP VIEW busy; DELETE FROM engine_job WHERE id > 100;
      CREATE TABLE of_a_newer_release (id serial PRIMARY KEY, task int REFERENCES engine_task(id)); CREATE SCHEMA newer;`);
    const { result: look } = await run({ request: { look: null } });
    expect(look.backups?.[0]?.stamp).toBe(about?.stamp);
    expect(look.backups?.[0]?.now).toMatchObject({
      counts: { engine_task: 1001, engine_job: 100, of_a_newer_release: 0 },
      newer: { engine_task: { rows: 4 } },
      others: [],
    });
    const restored = await run({ request: { restore: about?.stamp } });
    expect(restored).toMatchObject({
      code: 0,
      beside: 0,
      result: { outcome: "well", backups: [{ restored: about?.counts }] },
    });
    expect(await state()).toBe(before);
    expect(await cvat("SELECT nextval('engine_task_id_seq')")).toBe("1001");
  });

  it("encrypts to a key whose other half is needed to put it back, and that never comes into the lab", async () => {
    const identity = await age.generateIdentity();
    const { result } = await run({ recipient: await age.identityToRecipient(identity) });
    const [about] = result.backups ?? [];
    const { key = "", bytes } = about?.dump ?? {};
    expect(key).toMatch(/\/dump\.pgc\.age$/);
    const object = await text(await client.getObject("backups", key));
    expect(object.length).toBe(bytes);
    expect(object.includes("PGDMP")).toBe(false);
    const decrypter = new age.Decrypter();
    decrypter.addIdentity(identity);
    const opened = await decrypter.decrypt(object);
    const list = await execa(path.join(POSTGRESQL ?? "", "pg_restore"), ["--list"], { input: opened });
    expect(list.stdout).toContain("TABLE DATA public engine_job cvat");
    expect(why(await run({ request: { restore: null } }))).toMatch(
      /^the dump is encrypted to age1\w+: its key is needed$/,
    );
    const fileKey = Buffer.from(await decrypter.decryptHeader(Buffer.from(about?.header ?? "", "base64"))).toString(
      "base64",
    );
    await cvat("DELETE FROM engine_job");
    expect(await run({ request: { restore: null }, key: fileKey })).toMatchObject({
      code: 0,
      result: { outcome: "well" },
    });
    expect(await cvat("SELECT count(*) FROM engine_job")).toBe("50000");
    const other = Buffer.alloc(16, 7).toString("base64");
    expect(await run({ request: { check: null }, key: other })).toMatchObject({
      code: 2,
      result: { why: expect.stringContaining("that of another file") as string },
    });
  });

  it("leaves the database alone where somebody is signed in, and where a restore is ended in the middle", async () => {
    const first = (await run()).result.stamp;
    await cvat("INSERT INTO engine_task (name) VALUES ('since')");
    const before = await state();
    const restore = { request: { restore: first } };
    const person = await session("a person", "SELECT 1");
    expect(why(await run(restore))).toContain("the database is in use: 1 others are signed in to it");
    await person.end();
    // What the scripts call themselves is not counted, and so may hold the restore up where it takes away the old.
    const ends = {
      "the container that reads the dump": (pod: RunningPod) => pod.processes["backup"]?.kill("SIGKILL"),
      "the session": () => server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${HELD_UP}`),
    };
    for (const [what, end] of Object.entries(ends)) {
      const holder = await session("vision-platform-backup", "BEGIN; LOCK TABLE engine_job IN ACCESS SHARE MODE");
      const pod = await start(restore);
      const heldUp = () => server.sql(`SELECT count(*) FROM pg_stat_activity WHERE ${HELD_UP}`);
      await expect.poll(heldUp, { timeout: 20_000 }).toBe("1");
      await end(pod);
      await holder.end();
      const { backup, database } = await pod.ended;
      expect([what, backup?.code === 0, database?.code === 0]).toEqual([what, false, false]);
      expect(await state()).toBe(before);
      await letDie();
    }
    expect(await run(restore)).toMatchObject({ code: 0 });
    expect(await state()).not.toBe(before);
  });

  it("knows a dump that is none: it died, was ended, or the store had no room; and clears away what is left", async () => {
    const whole = await keys("databases/postgresql/of/");
    const half = await programs(
      "pg_dump",
      `if [ "$1" != --version ]; then ${POSTGRESQL}/pg_dump "$@" | head -c 300000; kill -9 $$; fi; exec ${POSTGRESQL}/pg_dump "$@"`,
    );
    expect(why(await run({ programs: half }))).toMatch(/^the database's program ended with 137/);
    const old = await programs("pg_dump", `if [ "$1" = --version ]; then echo "pg_dump (PostgreSQL) 9.6.1"; fi`);
    expect(why(await run({ programs: old }))).toMatch(
      /^the server is PostgreSQL \S+, and `pg_dump \(PostgreSQL\) 9\.6\.1` is older/,
    );
    await setQuota(200_000);
    const full = await run().finally(() => setQuota(0));
    expect(why(full)).toMatch(/^the bucket `backups` at \S+ is full/);
    expect(await keys("databases/postgresql/of/")).toEqual(whole);
    const pod = await start({
      programs: await programs(
        "pg_dump",
        `if [ "$1" != --version ]; then ${POSTGRESQL}/pg_dump "$@" | head -c 300000; sleep 600; fi; exec ${POSTGRESQL}/pg_dump "$@"`,
      ),
    });
    await expect.poll(async () => (await incomplete()).length, { timeout: 20_000 }).toBe(1);
    pod.processes["backup"]?.kill("SIGKILL");
    pod.processes["database"]?.kill("SIGKILL");
    await pod.ended;
    expect(await run()).toMatchObject({ code: 75 });
    await letDie();
    expect(await run()).toMatchObject({ code: 0 });
    expect(await incomplete()).toEqual([]);
  });

  it.each<[string, Given, RegExp]>([
    ["a wrong password", { password: "another" }, /does not let in cvat: .*password authentication failed/],
    ["a server that is away", { port: 1 }, /does not let in cvat: .*Connection refused/],
  ])("says so of %s", async (_, given, sentence) => {
    const told = await run(given);
    expect([told.code, told.beside]).toEqual([1, 0]);
    expect(why(told)).toMatch(sentence);
    expect(JSON.stringify(told)).not.toContain("another");
  });

  it("says so of a bucket that is not there", async () => {
    const told = await run({ bucket: "absent" });
    expect([told.code, told.beside]).toEqual([1, 0]);
    expect(why(told)).toContain("NoSuchBucket");
  });

  it("notes a dump that is not what was written, and puts back none such", async () => {
    const last = (await run()).result.backups?.[0];
    await client.putObject("backups", last?.dump.key ?? "", Buffer.alloc(last?.dump.bytes ?? 0));
    const bad = { what: last?.stamp, why: expect.stringContaining("its sha256 is another") as string };
    expect(await run({ request: { check: null } })).toMatchObject({ code: 1, result: { failed: [bad] } });
    expect((await run({ request: { restore: null } })).result.why).toMatch(/^there is no backup that is well/);
    const before = await state();
    expect(await run({ request: { restore: last?.stamp } })).toMatchObject({ code: 1, beside: 1 });
    expect(await state()).toBe(before);
    expect(await run()).toMatchObject({ code: 0, result: { removed: [last?.stamp] } });
  });
});
