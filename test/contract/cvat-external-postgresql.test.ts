import path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import getPort from "get-port";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { certificateOnLoopback } from "../../automation/rehearsal/certificate.ts";
import { externalPostgresql } from "../../components/cvat/external/postgresql.ts";
import { plannedCvat } from "../fixtures/inputs/planned.ts";
import { recordRegistrations, settled } from "../unit/registrations.ts";
import { runPod, type Ended, type Namespace, type RenderedPod } from "./pod-process.ts";
import { POSTGRESQL, startPostgresql, type PostgresqlServer } from "./postgresql-server.ts";

const REQUIREMENTS = path.resolve(import.meta.dirname, "../python/postgresql/requirements.txt");
const PASSWORD = "first password, with 'quotes' and \\ and $HOME";

interface Change {
  /** Below `cvat.postgresql.external`. */
  external?: object;
  password?: string;
  admin?: { username: string; password: string };
  /** Another environment of the container. */
  env?: Record<string, string>;
  patienceMs?: number;
}

let python = "";
let server: PostgresqlServer & { ca: string };
const registered = recordRegistrations((name) => name.replace(/^.*-/, "generated-"));
const said: string[] = [];

/** The pod that the stack registers for these keys, with what its namespace has. */
async function rendered(change: Change): Promise<[RenderedPod, Namespace]> {
  registered.length = 0;
  const config = {
    postgresql: {
      external: { host: "127.0.0.1", port: server.port, admin: { existingSecret: "admin" }, ...change.external },
    },
    secrets: { postgresql: change.password ?? PASSWORD },
  };
  const provider = new k8s.Provider("cluster", { kubeconfig: "{}" });
  const cluster = { provider, access: {}, readyTimeoutMs: change.patienceMs ?? 60_000 };
  externalPostgresql("cvat", { plan: plannedCvat(config), namespace: "cvat", cluster }, { provider });
  await settled(registered);
  const of = (kind: string) => registered.filter(({ type }) => type.endsWith(`:${kind}`)).map(({ inputs }) => inputs);
  const byName = (kind: string, field: string) =>
    Object.fromEntries(of(kind).map((inputs) => [nameOf(inputs), clear(inputs[field]) as Record<string, string>]));
  const [job] = of("Job") as { spec: { template: { spec: RenderedPod } } }[];
  if (!job) throw new Error("no Job was registered");
  const pod = structuredClone(job.spec.template.spec);
  for (const one of pod.containers[0]?.env ?? []) one.value = change.env?.[one.name] ?? one.value ?? "";
  const namespace: Namespace = {
    secrets: { ...byName("Secret", "stringData"), admin: change.admin ?? server.admin },
    configMaps: byName("ConfigMap", "data"),
  };
  return [pod, namespace];
}

/** The same, run as the kubelet would. */
async function run(change: Change = {}): Promise<Ended> {
  const ended = await runPod(...(await rendered(change)), python);
  said.push(ended.output);
  return ended;
}

const nameOf = (inputs: Record<string, unknown>) => (inputs["metadata"] as { name: string }).name;

/** Inputs as plain data: the mark of secrets taken off. */
function clear(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("4dabf18193072939515e22adb298388d" in value) return clear((value as { value?: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clear(item)]));
}

const refusal = (ended: Ended) => {
  expect(ended.code, ended.output).toBe(1);
  return ended.output;
};

describe.skipIf(POSTGRESQL === undefined)(
  "CVAT's role and database in a PostgreSQL of others (apt: postgresql)",
  () => {
    beforeAll(async () => {
      [python, server] = await Promise.all([
        pythonEnvironment(REQUIREMENTS, { progress: silentProgress }),
        startPostgresql(),
      ]);
      await server.sql("CREATE DATABASE another");
      await server.sql("CREATE TABLE papers (text text); INSERT INTO papers VALUES ('private')", "another");
    }, 300_000);
    afterAll(() => server.end());

    const cvat = (password = PASSWORD) => ({ username: "cvat", password });

    it("makes both, and the role may do its work and no more", async () => {
      expect(await run()).toEqual({
        code: 0,
        output: "made role cvat\nmade database cvat\nclosed database cvat to other roles",
      });
      const as = (text: string, database = "cvat") => server.sqlAs(cvat(), text, database);
      expect(await as("CREATE TABLE tasks (id int); INSERT INTO tasks VALUES (7); SELECT id FROM tasks")).toMatch(/7$/);
      expect(await as("CREATE DATABASE more")).toContain("permission denied to create database");
      expect(await as("CREATE ROLE more")).toContain("permission denied to create role");
      expect(await as("SELECT text FROM papers", "another")).toContain("permission denied for table papers");
      expect(await as("SELECT rolpassword FROM pg_authid")).toContain("permission denied");
      await server.sql("CREATE ROLE other LOGIN PASSWORD 'of another'");
      const other = { username: "other", password: "of another" };
      expect(await server.sqlAs(other, "SELECT 1", "cvat")).toContain('permission denied for database "cvat"');
    });

    it("changes nothing the second time, and finds what is in it", async () => {
      expect(await run()).toEqual({ code: 0, output: "database cvat and role cvat are as they should be" });
      expect(await server.sqlAs(cvat(), "SELECT id FROM tasks", "cvat")).toBe("7");
    });

    it("gives the role another password, and the old one opens nothing any more", async () => {
      const password = 'second password: "; DROP DATABASE cvat; --';
      expect(await run({ password })).toEqual({ code: 0, output: "changed the password of role cvat" });
      expect(await server.sqlAs(cvat(password), "SELECT id FROM tasks", "cvat")).toBe("7");
      expect(await server.sqlAs(cvat(), "SELECT 1", "cvat")).toContain("password authentication failed");
      expect(await run()).toEqual({ code: 0, output: "changed the password of role cvat" });
    });

    it("takes from its role what somebody gave it", async () => {
      await server.sql("ALTER ROLE cvat SUPERUSER CREATEDB NOLOGIN");
      expect(await run()).toEqual({
        code: 0,
        output:
          "took SUPERUSER from role cvat\ntook CREATEDB from role cvat\nlet role cvat sign in\nchanged the password of role cvat",
      });
      await server.sql("GRANT pg_read_all_data TO cvat");
      expect(refusal(await run())).toMatch(/^role cvat is a member of pg_read_all_data and so has more rights/);
      await server.sql("REVOKE pg_read_all_data FROM cvat");
    });

    it("works for an administrator who is no superuser, who keeps no membership", async () => {
      await server.sql("CREATE ROLE clerk LOGIN CREATEROLE CREATEDB PASSWORD 'of the clerk'");
      const admin = { username: "clerk", password: "of the clerk" };
      const external = { user: "annotation", database: "annotation" };
      expect((await run({ external, admin })).output).toBe(
        "made role annotation\nmade database annotation\nclosed database annotation to other roles",
      );
      expect(await server.sql("SELECT count(*) FROM pg_auth_members WHERE member = 'clerk'::regrole")).toBe("0");
      expect((await run({ external, admin })).output).toBe(
        "database annotation and role annotation are as they should be",
      );
    });

    it("makes them once where two run at once", async () => {
      const [pod, namespace] = await rendered({ external: { user: "both", database: "both" } });
      const ends = await Promise.all([1, 2].map(() => runPod(pod, namespace, python)));
      expect(ends.map(({ code }) => code)).toEqual([0, 0]);
      expect(ends.filter(({ output }) => output.includes("made database both"))).toHaveLength(1);
    });

    it("only looks where nobody is named who may make them", async () => {
      const alone = { admin: undefined };
      expect(await run({ external: alone })).toEqual({
        code: 0,
        output: "database cvat and role cvat are as they should be",
      });
      expect(refusal(await run({ external: { ...alone, database: "absent" } }))).toMatch(
        /^PostgreSQL at 127\.0\.0\.1:\d+ does not let in CVAT's role cvat in database absent: .*database "absent" does not exist/,
      );
      expect(
        refusal(
          await run({ external: { ...alone, user: "postgres", database: "cvat" }, password: server.admin.password }),
        ),
      ).toMatch(/^role postgres is a superuser, of whom CVAT needs nothing/);
      await server.sql("CREATE ROLE guest LOGIN PASSWORD 'of the guest'; GRANT CONNECT ON DATABASE cvat TO guest");
      expect(refusal(await run({ external: { ...alone, user: "guest" }, password: "of the guest" }))).toMatch(
        /^role guest may make no tables in database cvat; as its owner: GRANT CREATE ON SCHEMA public TO guest/,
      );
    });

    it.each<[string, Change, RegExp]>([
      [
        "an old server",
        { env: { MINIMUM_VERSION: "990000" } },
        /^PostgreSQL at \S+ is \d+, and CVAT needs 99 or later$/,
      ],
      [
        "a wrong password of the administrator",
        { admin: { username: "postgres", password: "not that" } },
        /^PostgreSQL at \S+ does not let in the administrator \(cvat\.postgresql\.external\.admin\): .*password authentication failed for user "postgres"/,
      ],
      [
        "a database of somebody else",
        { external: { user: "newcomer", database: "another" } },
        /^database another is there already and belongs to postgres, not to newcomer; /,
      ],
      [
        "a role of somebody else",
        { external: { user: "other", database: "others" } },
        /^role other is there already, was not made by this stack and has another password; /,
      ],
      [
        "TLS that the server has not",
        { external: { tls: { mode: "require" } } },
        /server does not support SSL, but SSL was required/,
      ],
    ])("refuses %s", async (_, change, message) => {
      expect(refusal(await run(change))).toMatch(message);
      expect(await server.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'newcomer'")).toBe("0");
    });

    it("gives up on a server that is not there, in its time, and says why", async () => {
      const began = Date.now();
      const ended = await run({ external: { port: await getPort() }, patienceMs: 23_000 });
      expect(refusal(ended)).toMatch(/^PostgreSQL at 127\.0\.0\.1:\d+ did not answer in time: Connection refused$/);
      expect(Date.now() - began).toBeLessThan(10_000);
    });

    it("leaves no password in what it says, nor in what the server writes of statements", () => {
      expect(said.length).toBeGreaterThan(15);
      for (const text of [...said, server.log()]) {
        for (const secret of ["first password", "second password", server.admin.password])
          expect(text).not.toContain(secret);
      }
      expect(server.log()).toContain("SCRAM-SHA-256$");
    });
  },
);

describe.skipIf(POSTGRESQL === undefined)("CVAT's role and database over TLS (apt: postgresql)", () => {
  let plain: typeof server;
  beforeAll(async () => {
    plain = server;
    python = await pythonEnvironment(REQUIREMENTS, { progress: silentProgress });
    server = await startPostgresql({ tls: true });
  }, 300_000);
  afterAll(async () => {
    await server.end();
    server = plain;
  });

  it("makes them with a certificate that is compared, whole", async () => {
    expect((await run({ external: { host: "localhost", tls: { ca: server.ca } } })).output).toContain(
      "made database cvat",
    );
    expect(await server.sql("SELECT count(*) > 0 FROM pg_stat_ssl WHERE ssl")).toBe("t");
  });

  it("refuses another's certificate", async () => {
    const { ca } = await certificateOnLoopback({ authority: "another", subject: [{ name: "commonName", value: "x" }] });
    expect(refusal(await run({ external: { host: "localhost", tls: { ca } } }))).toMatch(/certificate verify failed/);
  });

  it("refuses a certificate of another name, unless the name is not to be compared", async () => {
    const tls = { ca: server.ca };
    await expect(run({ external: { host: "127.0.0.2", tls } })).resolves.toMatchObject({ code: 1 });
    expect((await run({ external: { host: "127.0.0.2", tls: { ...tls, mode: "verify-ca" } } })).code).toBe(0);
  });
});
