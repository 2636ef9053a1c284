import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { kill } from "../../automation/processes.ts";
import type { State } from "../../automation/rehearsal/services/cvat/store.ts";
import { ensureService, serviceFolder, type Ready } from "../../automation/rehearsal/services/service.ts";
import { PROJECT_FOLDER } from "../../automation/project.ts";
import { POSTGRESQL, startPostgresql, type PostgresqlServer } from "../contract/postgresql-server.ts";

/** What CVAT's pods and those of backups know of it, as the cluster's Secret has it. */
export interface Role {
  username: string;
  password: string;
  database: string;
}

/** Files of the stand-in that are no part of what CVAT has in its database. */
const NOT_IN_IT = ["config.json", "ready.json"];

/**
 * What the stand-in for CVAT remembers, in a real PostgreSQL: a table of its documents, and beside it those tables of CVAT by which a restore tells
 * whether anybody has worked. So a dump carries what CVAT then answers with.
 */
export class CvatInPostgresql {
  readonly #server: PostgresqlServer;
  readonly #role: Role;
  readonly #home: string;

  constructor(server: PostgresqlServer, role: Role, home: string) {
    this.#server = server;
    this.#role = role;
    this.#home = home;
  }

  /** A server with CVAT's role and empty tables, as CVAT's own migrations leave it. */
  static async start(role: Role, home: string): Promise<CvatInPostgresql> {
    const server = await startPostgresql();
    await server.sql(`CREATE ROLE ${role.username} LOGIN PASSWORD '${role.password}'`);
    await server.sql(`CREATE DATABASE ${role.database} OWNER ${role.username}`);
    const own = new CvatInPostgresql(server, role, home);
    const dated = "(id int PRIMARY KEY, name text, updated_date timestamptz)";
    await own.#ask(`
      CREATE TABLE engine_task ${dated}; CREATE TABLE engine_project ${dated}; CREATE TABLE organizations_organization ${dated};
      CREATE TABLE stand_in (name text PRIMARY KEY, body text);`);
    return own;
  }

  get port(): number {
    return this.#server.port;
  }

  /** Writes into the database what CVAT has now. */
  async save(): Promise<void> {
    const folder = serviceFolder(this.#home, "cvat");
    const names = (await readdir(folder)).filter((name) => name.endsWith(".json") && !NOT_IN_IT.includes(name));
    const documents = await Promise.all(
      names.map(async (name) => [name, await readFile(path.join(folder, name), "utf8")] as const),
    );
    const state = JSON.parse(documents.find(([name]) => name === "state.json")?.[1] ?? "{}") as Partial<State>;
    const dated = (table: string, all: readonly { id: number; name: string; updated_date: string }[] = []) => [
      `DELETE FROM ${table};`,
      ...all.map((one) => `INSERT INTO ${table} VALUES (${one.id}, ${text(one.name)}, ${text(one.updated_date)});`),
    ];
    await this.#ask(
      [
        "BEGIN;",
        ...dated("engine_task", state.tasks),
        ...dated("engine_project", state.projects),
        ...dated("organizations_organization", state.organizations),
        "DELETE FROM stand_in;",
        ...documents.map(([name, body]) => `INSERT INTO stand_in VALUES (${text(name)}, ${text(body)});`),
        "COMMIT;",
      ].join("\n"),
    );
  }

  /** Has CVAT begin with what the database has. Requests and files that come in pieces are in Redis, and which Job was done is the cluster's to know. */
  async load(): Promise<void> {
    const folder = serviceFolder(this.#home, "cvat");
    const { pid } = JSON.parse(await readFile(path.join(folder, "ready.json"), "utf8")) as Ready;
    kill(pid);
    const own = JSON.parse(await readFile(path.join(folder, "state.json"), "utf8")) as State;
    for (const name of await readdir(folder))
      if (name.endsWith(".json") && !NOT_IN_IT.includes(name)) await rm(path.join(folder, name));
    const documents = JSON.parse(
      await this.#ask("SELECT coalesce(json_object_agg(name, body), '{}') FROM stand_in;"),
    ) as Record<string, string>;
    const then = JSON.parse(documents["state.json"] ?? "{}") as State;
    documents["state.json"] = JSON.stringify({ ...then, requests: [], uploads: [], usersJob: own.usersJob });
    for (const [name, body] of Object.entries(documents))
      await writeFile(path.join(folder, name), body, { mode: 0o600 });
    await ensureService({
      name: "cvat",
      script: path.join(PROJECT_FOLDER, "automation/rehearsal/services/cvat/main.ts"),
      home: this.#home,
      config: JSON.parse(await readFile(path.join(folder, "config.json"), "utf8")) as unknown,
    });
  }

  end(): Promise<void> {
    return this.#server.end();
  }

  async #ask(sql: string): Promise<string> {
    const { username, password, database } = this.#role;
    const words = ["-h", "127.0.0.1", "-p", String(this.port), "-U", username, "-d", database];
    const ran = await execa(path.join(POSTGRESQL ?? "", "psql"), [...words, "-XAtq", "-v", "ON_ERROR_STOP=1"], {
      ...{ env: { PGPASSWORD: password }, input: sql },
    });
    return ran.stdout;
  }
}

const text = (value: string) => `'${value.replaceAll("'", "''")}'`;

/**
 * A folder with a `psql` in the place of PostgreSQL's, which has done what it is asked to only when `restored` has: so CVAT has what the database has
 * before anything else is begun.
 */
export async function psqlThatTells(
  folder: string,
  restored: () => Promise<void>,
): Promise<{ path: string; close: () => void }> {
  const server: Server = createServer((_, answer) => {
    restored().then(
      () => answer.end("done"),
      (error: unknown) => answer.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await mkdir(folder, { recursive: true });
  const script = `#!/bin/sh
"${POSTGRESQL}/psql" "$@"
status=$?
[ "$status" != 0 ] || curl --silent --fail --show-error http://127.0.0.1:${port}/ >&2 || exit 1
exit "$status"
`;
  await writeFile(path.join(folder, "psql"), script);
  await chmod(path.join(folder, "psql"), 0o755);
  return { path: `${folder}:${POSTGRESQL ?? ""}`, close: () => server.close() };
}
