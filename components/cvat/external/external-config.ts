import * as z from "zod";
import { certificates } from "../../schema/certificates.ts";
import { host } from "../../schema/hosts.ts";
import { objectName } from "../../schema/pods.ts";

const port = (usual: number) => z.int().min(1).max(65535).default(usual).describe("Its port.");

const rotation = z
  .int()
  .min(0)
  .default(0)
  .describe(
    "Another number has the password changed: one that was made is made anew, and of an existing Secret what stands there now is taken. What reads it starts anew.",
  );

const existingSecret = (keys: string) =>
  objectName
    .optional()
    .describe(`Secret in CVAT's namespace that somebody else makes, with ${keys}. Instead of a password of the stack.`);

const adminKeys = (what: string) => ({
  existingSecret: objectName.describe(
    `Secret in CVAT's namespace with \`username\` and \`password\` of a user who may make ${what}. Only the Job that makes them reads it.`,
  ),
});

/** What both servers take unquoted, so that nobody has to write quotes in a console. PostgreSQL cuts at 63 bytes. (postgresql.org: SQL syntax, identifiers) */
const databaseName = z
  .string()
  .regex(/^[a-z_][a-z0-9_]{0,62}$/, "must be up to 63 lower-case letters, digits and `_`, and begin with no digit");

/** libpq's own names. Weaker ones take a server without TLS as well, and tell nobody. (postgresql.org: libpq, sslmode) */
const postgresqlTls = z.strictObject({
  mode: z
    .enum(["require", "verify-ca", "verify-full"])
    .default("verify-full")
    .describe(
      "What is asked of the server: that it encrypts (`require`), that its certificate is of `ca` too (`verify-ca`), and of its host name (`verify-full`).",
    ),
  ca: certificates.optional().describe("Certificates that the server's must be of, as PEM. No secret."),
});

export const postgresqlExternal = z
  .strictObject({
    host: host.describe("Host name or address of the server, as pods reach it."),
    port: port(5432),
    database: databaseName.optional().describe("CVAT's database. Default: cvat."),
    user: databaseName
      .refine((name) => !/^(pg_|public$|none$)/.test(name), "is a name that PostgreSQL keeps for itself")
      .optional()
      .describe("CVAT's own role. Default: cvat."),
    existingSecret: existingSecret("`username`, `password` and `database`"),
    rotation,
    admin: z
      .strictObject({
        ...adminKeys("roles and databases"),
        database: databaseName.default("postgres").describe("Database that this user signs in to."),
      })
      .optional()
      .describe(
        "Who makes CVAT's role and database, and gives the role its password. Without: both must be there, and are looked at.",
      ),
    tls: postgresqlTls.optional().describe("Speak TLS with the server. Default: as the server likes it, unchecked."),
  })
  .describe(
    "Use a PostgreSQL that is already there, instead of installing one. What CVAT's own would hold is not copied.",
  );

const NO_TLS_OF_REDIS =
  "must be false: CVAT builds redis:// addresses and has no setting for rediss:// (cvat/settings/base.py of 2.64.0); use a server in the cluster, or a tunnel that ends beside CVAT";

const NO_TLS_OF_CLICKHOUSE =
  "must be false: CVAT, Vector and Grafana all speak http to it (vector.toml and values.yaml of chart 2.64.0; clickhouse-connect 0.6.8 goes by the port as a number, which CVAT hands it as text)";

const withoutTls = (reason: string) =>
  z
    .literal(false, reason)
    .default(false)
    .describe(`Always off. ${reason.replace("must be false: ", "")}.`);

const redisExternal = (what: string, usualPort: number) =>
  z
    .strictObject({
      host: host.describe("Host name or address of the server, as pods reach it."),
      port: port(usualPort),
      existingSecret: existingSecret("`password`"),
      rotation,
      tls: withoutTls(NO_TLS_OF_REDIS),
    })
    .describe(what);

export const queuesExternal = redisExternal(
  "Use a Redis or Valkey that is already there, instead of installing one: CVAT takes its databases 0 and 1, without a prefix, so it must be CVAT's alone. It must keep what it is given (`maxmemory-policy noeviction`), within a limit.",
  6379,
);

export const cacheExternal = redisExternal(
  "Use another store that speaks Redis, instead of installing Kvrocks. CVAT takes its database 0. It must have a limit and throw out what is old.",
  6666,
);

export const clickhouseExternal = z
  .strictObject({
    host: host.describe("Host name or address of the server, as pods reach it."),
    port: port(8123),
    database: databaseName.default("cvat").describe("CVAT's database."),
    user: databaseName.default("cvat").describe("CVAT's own user."),
    existingSecret: existingSecret("`password`"),
    rotation,
    admin: z
      .strictObject(adminKeys("users and databases"))
      .optional()
      .describe(
        "Who makes CVAT's user and database, and gives the user its password. Without: both must be there, and are looked at.",
      ),
    tls: withoutTls(NO_TLS_OF_CLICKHOUSE),
  })
  .describe("Use a ClickHouse that is already there, instead of installing one.");

export type PostgresqlExternal = z.output<typeof postgresqlExternal>;
export type RedisExternal = z.output<typeof queuesExternal>;
export type ClickhouseExternal = z.output<typeof clickhouseExternal>;

/** CVAT's role and database, where the stack says them. Of an existing Secret they stand there. */
export function roleAndDatabase({ user = "cvat", database = "cvat" }: PostgresqlExternal) {
  return { username: user, database };
}
