import { chmod, chown, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import getPort from "get-port";
import { kill } from "../../automation/processes.ts";
import { certificateOnLoopback } from "../../automation/rehearsal/certificate.ts";
import { saying, startChild } from "./sso/child.ts";

const DEBIAN = "/usr/lib/postgresql";

/** Folder of PostgreSQL's programs as Debian puts them. Undefined: it is not installed. */
export const POSTGRESQL = programs();

const ADMIN = { username: "postgres", password: "of the server's administrator" };

export interface PostgresqlServer {
  port: number;
  admin: typeof ADMIN;
  /** Rows of a query as the server's administrator, fields parted by `|`. */
  sql(text: string, database?: string): Promise<string>;
  /** The same as somebody else; gives what the server says to a failure. */
  sqlAs(user: { username: string; password: string }, text: string, database: string): Promise<string>;
  log(): string;
  end(): Promise<void>;
}

export interface PostgresqlOptions {
  /** Takes TLS alone, with a certificate for `localhost`. Default: no TLS. */
  tls?: boolean;
}

/** Starts a PostgreSQL of its own that asks everybody for a password. `ca` is who signed its certificate, if it has one. */
export async function startPostgresql({ tls = false }: PostgresqlOptions = {}): Promise<
  PostgresqlServer & { ca: string }
> {
  const bin = POSTGRESQL;
  if (bin === undefined) throw new Error("PostgreSQL is not installed");
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-postgresql-"));
  const data = path.join(folder, "data");
  const secret = path.join(folder, "password");
  await writeFile(secret, ADMIN.password, { mode: 0o600 });
  const user = unprivileged();
  for (const own of [folder, secret]) if (user) await chown(own, user.uid, user.gid);
  const as = { ...user, env: { LC_ALL: "C" } };
  const initdb = ["-D", data, "-U", ADMIN.username, "--pwfile", secret, "-E", "UTF8", "--no-sync"];
  await execa(path.join(bin, "initdb"), [...initdb, "--auth", "scram-sha-256"], as);
  const ca = tls ? await certify(data, user) : "";
  const port = await getPort();
  const settings = [
    ...["listen_addresses=127.0.0.1,127.0.0.2", `unix_socket_directories=${folder}`, "fsync=off", "log_statement=all"],
    ...(tls ? ["ssl=on"] : []),
  ];
  const words = ["-D", data, "-p", String(port), ...settings.flatMap((one) => ["-c", one])];
  const server = startChild([path.join(bin, "postgres"), ...words], as.env, user);
  await saying(server, /ready to accept connections/);
  const ask = async (who: typeof ADMIN, text: string, database: string) => {
    const args = ["-h", "127.0.0.1", "-p", String(port), "-U", who.username, "-d", database, "-XAtc", text];
    const env = { PGPASSWORD: who.password, PGSSLMODE: tls ? "require" : "disable" };
    return (await execa(path.join(bin, "psql"), args, { env, all: true, reject: false })).all;
  };
  return {
    ...{ port, ca, admin: ADMIN },
    sql: (text, database = "postgres") => ask(ADMIN, text, database),
    sqlAs: ask,
    log: server.said,
    async end() {
      // So it gives back the memory that its processes share. (postgresql.org: Shutting Down the Server)
      const written = await readFile(path.join(data, "postmaster.pid"), "utf8").catch(() => undefined);
      if (written !== undefined) kill(Number(written.split("\n")[0]), "SIGQUIT");
      await server.ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function programs(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined;
  const folders = readdirSync(DEBIAN)
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => path.join(DEBIAN, version, "bin"));
  return folders.find((folder) => ["initdb", "postgres", "psql"].every((name) => existsSync(path.join(folder, name))));
}

/** PostgreSQL does not run as root. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [, uid = "", gid = ""] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync("/etc/passwd", "utf8")) ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

async function certify(data: string, user: ReturnType<typeof unprivileged>): Promise<string> {
  const subject = [{ name: "commonName", value: "database" }];
  const { ca, certificate, key } = await certificateOnLoopback({ authority: "an authority of a test", subject });
  for (const [file, text] of [
    ["server.crt", certificate],
    ["server.key", key],
  ] as const) {
    await writeFile(path.join(data, file), text);
    await chmod(path.join(data, file), 0o600);
    if (user) await chown(path.join(data, file), user.uid, user.gid);
  }
  await writeFile(path.join(data, "pg_hba.conf"), "hostssl all all 127.0.0.0/8 scram-sha-256\n");
  return ca;
}
