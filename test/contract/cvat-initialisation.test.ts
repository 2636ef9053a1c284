import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import path from "node:path";
import { execa } from "execa";
import getPort from "get-port";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { POSTGRESQL, startPostgresql, type PostgresqlServer } from "./postgresql-server.ts";

const REQUIREMENTS = path.resolve(import.meta.dirname, "../python/postgresql/requirements.txt");
const ONCE = path.resolve(import.meta.dirname, "../../components/cvat/initialisation/once.py");
const PASSWORD = "a password with 'quotes'";

/** As migrations are: looks whether a table is there, and makes it a moment later. Two at once fail. */
const MIGRATE = `
import os, sys, time, psycopg2
names = {"host": "CVAT_POSTGRES_HOST", "port": "CVAT_POSTGRES_PORT", "user": "CVAT_POSTGRES_USER", "password": "CVAT_POSTGRES_PASSWORD", "dbname": "CVAT_POSTGRES_DBNAME"}
server = psycopg2.connect(**{name: os.environ[variable] for name, variable in names.items()})
server.autocommit = True
cursor = server.cursor()
cursor.execute("SELECT to_regclass(%s)", [sys.argv[1]])
there = cursor.fetchone()[0]
time.sleep(0.5)
if not there:
    cursor.execute(f"CREATE TABLE {sys.argv[1]} (id int)")
print("nothing to do" if there else "made")
`;
/** The same as CVAT's entry point does it: a shell that starts it. */
const work = (table: string) => [python, "-c", MIGRATE, table];
const forEver = (mark: string) => ["bash", "-c", `${python} -c 'import time; time.sleep(600)' ${mark}; true`];

/** The script, which waits a second for an answer. */
const HASTY = `
import sys
sys.path.insert(0, ${JSON.stringify(path.dirname(ONCE))})
import once
once.ANSWER_SECONDS = 1
once.main(float(sys.argv[1]), sys.argv[2:])
`;

let python = "";
let server: PostgresqlServer;

interface Pod {
  name?: string;
  database?: string;
  patience?: number;
  env?: Record<string, string>;
  script?: string[];
}

/** A pod's container, at work. */
function begin(
  command: string[],
  { name = "pod-a", database = "cvat", patience = 30, env = {}, script = [ONCE] }: Pod = {},
) {
  return execa(python, [...script, String(patience), ...command], {
    env: {
      ...{ HOSTNAME: name, CVAT_POSTGRES_HOST: "127.0.0.1", CVAT_POSTGRES_PORT: String(server.port) },
      ...{ CVAT_POSTGRES_USER: "cvat", CVAT_POSTGRES_PASSWORD: PASSWORD, CVAT_POSTGRES_DBNAME: database },
      ...env,
    },
    ...{ reject: false, all: true, cleanup: true, timeout: 60_000, killSignal: "SIGKILL" },
  });
}

/** Waits until somebody holds the lock. */
async function held(by: string): Promise<void> {
  const holders = "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory'";
  await expect.poll(() => server.sql(holders), { timeout: 15_000, interval: 50 }).toContain(by);
}

/** A proxy before the server. It loses what it is given from when it is told to, and keeps its connections. */
async function startProxy() {
  const sockets: Socket[] = [];
  const proxy = createServer((near) => {
    const far = connect(server.port, "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.pipe(other);
      one.on("error", () => undefined);
      sockets.push(one);
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    port: String((proxy.address() as AddressInfo).port),
    hang() {
      for (const socket of sockets) socket.unpipe().resume();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}

const goesOn = async (mark: string) => (await execa("pgrep", ["-f", mark], { reject: false })).exitCode === 0;

describe.skipIf(POSTGRESQL === undefined)(
  "initialisation of CVAT, one at a time (needs apt-get install postgresql)",
  () => {
    beforeAll(async () => {
      python = await pythonEnvironment(REQUIREMENTS, { progress: silentProgress });
      server = await startPostgresql();
      for (const role of ["cvat", "stranger"])
        await server.sql(`CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD.replaceAll("'", "''")}'`);
      for (const database of ["cvat", "other"]) await server.sql(`CREATE DATABASE ${database} OWNER cvat`);
    }, 300_000);
    afterAll(() => server.end());

    it("would fail without it: two at once make the same table", async () => {
      const at = { CVAT_POSTGRES_HOST: "127.0.0.1", CVAT_POSTGRES_PORT: String(server.port) };
      const who = { CVAT_POSTGRES_USER: "cvat", CVAT_POSTGRES_PASSWORD: PASSWORD, CVAT_POSTGRES_DBNAME: "cvat" };
      const alone = () => execa(python, ["-c", MIGRATE, "unguarded"], { env: { ...at, ...who }, reject: false });
      const codes = (await Promise.all([alone(), alone()])).map(({ exitCode }) => exitCode);
      expect(codes.sort()).toEqual([0, 1]);
    });

    it("lets two that begin at once do it one after the other, and tells who is waited for", async () => {
      const both = await Promise.all([
        begin(work("guarded"), { name: "initializer-old" }),
        begin(work("guarded"), { name: "initializer-new" }),
      ]);
      expect(both.map(({ exitCode, all }) => [exitCode, all.split("\n").at(-1)]).sort()).toEqual([
        [0, "made"],
        [0, "nothing to do"],
      ]);
      expect(both.map(({ all }) => all).join("\n")).toMatch(
        /^waiting: initializer-(old|new) at 127\.0\.0\.1 initialises this CVAT since \d\d:\d\d:\d\d /m,
      );
    });

    it("does not wait for another CVAT on the same server", async () => {
      const long = begin(forEver("another-cvat"), { name: "pod-of-other", database: "other" });
      await held("pod-of-other");
      const { exitCode, all } = await begin(work("apart"));
      expect([exitCode, all]).toEqual([0, "made"]);
      long.kill("SIGTERM");
      await long;
    });

    it("ends all that it began before the next one begins, when its pod is told to", async () => {
      const old = begin(forEver("of-the-old-pod"), { name: "old" });
      await held("old");
      const next = begin(work("after_term"), { name: "next" });
      await once(next.all, "data");
      old.kill("SIGTERM");
      expect((await old).exitCode).toBe(143);
      expect(await goesOn("of-the-old-pod")).toBe(false);
      const { exitCode, all } = await next;
      expect([exitCode, all.split("\n").at(-1)]).toEqual([0, "made"]);
    });

    it("is free at once for the next when its pod was killed", async () => {
      const old = begin(forEver("of-the-killed-pod"), { name: "killed" });
      await held("killed");
      const { stdout } = await execa("pgrep", ["-P", String(old.pid)]);
      old.kill("SIGKILL");
      expect((await begin(work("after_kill"), { patience: 5 })).exitCode).toBe(0);
      // With a pod's first process all its others end, and here they do not.
      process.kill(-Number(stdout), "SIGKILL");
      await old;
    });

    it("breaks its work off when the server took the lock away, since another may begin", async () => {
      const old = begin(forEver("of-the-cut-pod"), { name: "cut" });
      await held("cut");
      await server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut'");
      const { exitCode, all } = await old;
      expect(exitCode).toBe(1);
      expect(all).toMatch(/has ended the connection that kept others away, so this was broken off$/);
      expect(await goesOn("of-the-cut-pod")).toBe(false);
    });

    it("breaks its work off when nothing comes back on the connection any more, though it is open", async () => {
      const proxy = await startProxy();
      const env = { CVAT_POSTGRES_PORT: proxy.port };
      const old = begin(forEver("of-the-silent-pod"), { name: "silent", env, script: ["-B", "-c", HASTY] });
      await held("silent");
      proxy.hang();
      const { exitCode, all } = await old;
      proxy.close();
      expect(exitCode).toBe(1);
      expect(all).toMatch(/is silent on the connection that kept others away, so this was broken off$/);
      expect(await goesOn("of-the-silent-pod")).toBe(false);
    });

    it("gives up in time, with the reason and no password: a holder that stays, a wrong password, no server", async () => {
      const old = begin(forEver("of-the-staying-pod"), { name: "stays" });
      await held("stays");
      const short = async (pod: Pod) => {
        const { exitCode, all } = await begin(work("never"), { patience: 2, ...pod });
        expect(exitCode).toBe(1);
        expect(all).not.toMatch(/a password|wrong one|Traceback/);
        return all.split("\n").at(-1);
      };
      const [turn, turnOfAnother, password, port] = await Promise.all([
        short({}),
        short({ env: { CVAT_POSTGRES_USER: "stranger" } }),
        short({ env: { CVAT_POSTGRES_PASSWORD: "wrong one" } }),
        short({ env: { CVAT_POSTGRES_PORT: String(await getPort()) } }),
      ]);
      expect(turn).toMatch(/^nothing was begun within 2 s: stays at 127\.0\.0\.1 initialises this CVAT since/);
      expect(turnOfAnother).toMatch(/: stays, which signs in by another role, initialises this CVAT$/);
      expect(password).toMatch(
        /PostgreSQL at 127\.0\.0\.1:\d+ does not answer: .*password authentication failed for user "cvat"$/,
      );
      expect(port).toMatch(/Connection refused/);
      old.kill("SIGTERM");
      await old;
      expect(await server.sql("SELECT to_regclass('never')", "cvat")).toBe("");
    });

    it("ends as its command does", async () => {
      const ended = await Promise.all(
        ["exit 0", "exit 7", "kill -9 $$"].map(async (text) => (await begin(["bash", "-c", text])).exitCode),
      );
      expect(ended).toEqual([0, 7, 137]);
    });
  },
);
