import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findPython } from "../../automation/python/python.ts";
import { clickhousePod } from "../../components/cvat/external/clickhouse-pod.ts";
import { scriptJob } from "../../components/cvat/external/script-job.ts";
import { plannedCvat } from "../fixtures/inputs/planned.ts";
import { runPod, type Ended } from "./pod-process.ts";

// No ClickHouse can be had here. What is asked of it is held to what one takes: chDB 26.5 took or parsed each statement (docs/shared-services.md);
// this server keeps users and roles as they say, and refuses sign-ins in ClickHouse's words.

interface User {
  hash: string;
  roles: Set<string>;
}

let python: string;
let server: Server;
let users: Map<string, User>;
let databases: Set<string>;
let statements: string[];

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");

/** Rows for a statement, as texts. */
function answer(statement: string, values: URLSearchParams): string {
  const [, made, hash = ""] =
    /^CREATE USER `(\w+)` IDENTIFIED WITH sha256_hash BY '([0-9a-f]{64})'$/.exec(statement) ?? [];
  if (made) users.set(made, { hash, roles: new Set() });
  const [, changed = "", other = ""] =
    /^ALTER USER `(\w+)` IDENTIFIED WITH sha256_hash BY '([0-9a-f]{64})'$/.exec(statement) ?? [];
  const user = users.get(changed);
  if (user) user.hash = other;
  const [, role = "", member = ""] = /^GRANT `(\w+)` TO `(\w+)`$/.exec(statement) ?? [];
  users.get(member)?.roles.add(role);
  const [, database] = /^CREATE DATABASE IF NOT EXISTS `(\w+)`$/.exec(statement) ?? [];
  if (database) databases.add(database);
  const name = values.get("param_name") ?? "";
  const found =
    (statement.includes("system.databases") && databases.has(name)) ||
    (statement.includes("system.users") && users.has(name)) ||
    (statement.includes("system.role_grants") && users.get(name)?.roles.has(values.get("param_role") ?? "") === true);
  return found || statement === "SELECT 1" ? "1\n" : "";
}

beforeAll(async () => {
  python = (await findPython()).executable;
});
beforeEach(async () => {
  users = new Map([["root", { hash: hashOf("of the administrator"), roles: new Set<string>() }]]);
  databases = new Set();
  statements = [];
  server = createServer((request, response) => {
    const pair = Buffer.from(request.headers.authorization?.split(" ")[1] ?? "", "base64").toString();
    const at = pair.indexOf(":");
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const name = pair.slice(0, at);
      if (users.get(name)?.hash !== hashOf(pair.slice(at + 1))) {
        response
          .writeHead(403)
          .end(
            `Code: 516. DB::Exception: ${name}: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED) (version 26.5.1.1)\n`,
          );
        return;
      }
      const statement = Buffer.concat(chunks).toString();
      statements.push(statement);
      response.end(answer(statement, new URL(request.url ?? "/", "http://x").searchParams));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => new Promise<unknown>((resolve) => server.close(resolve)));

async function run(
  change: { password?: string; admin?: string; owner?: string; external?: object; port?: number } = {},
): Promise<Ended> {
  const { port } = server.address() as AddressInfo;
  const external = {
    host: "127.0.0.1",
    port: change.port ?? port,
    admin: { existingSecret: "admin" },
    ...change.external,
  };
  const plan = plannedCvat({ analytics: { clickhouse: { external } }, secrets: { clickhouse: "a-password" } });
  const parsed = plan.config.analytics.clickhouse.external;
  if (!parsed) throw new Error("no external ClickHouse");
  const pod = clickhousePod(parsed);
  const environment = { ...pod.environment, OWNER: change.owner ?? "abc" };
  const { spec } = scriptJob({ ...pod, environment }, plan, { digest: "d", timeoutMs: 22_000 }).template;
  const secrets = {
    "cvat-external-clickhouse": { password: change.password ?? "a-password" },
    admin: { username: "root", password: change.admin ?? "of the administrator" },
  };
  return runPod(spec, { secrets, configMaps: { [pod.name]: { [`${pod.name}.py`]: pod.script } } }, python);
}

describe("CVAT's user and database in a ClickHouse of others", () => {
  it("are made with the rights that CVAT needs, and once", async () => {
    expect(await run()).toEqual({ code: 0, output: "made database cvat\nmade user cvat" });
    expect(statements).toContain(
      "GRANT SELECT, INSERT, CREATE DATABASE, CREATE TABLE, ALTER ADD COLUMN ON `cvat`.* TO `cvat_abc`",
    );
    expect(await run()).toEqual({ code: 0, output: "database cvat and user cvat are as they should be" });
    expect(statements.join("\n")).not.toMatch(/a-password|of the administrator/);
  });

  it("get another password, and are taken over by the one that they have", async () => {
    await run();
    expect((await run({ password: "another-password" })).output).toBe("changed the password of user cvat");
    expect((await run({ password: "another-password", owner: "xyz" })).output).toBe("took over user cvat");
    expect(await run({ password: "a-third-password", owner: "nobody" })).toMatchObject({
      code: 1,
      output: expect.stringMatching(
        /^user cvat is there already, was not made by this stack and has another password; /,
      ) as string,
    });
  });

  it("are only looked at where nobody is named who may make them", async () => {
    const alone = { external: { admin: undefined } };
    expect((await run(alone)).output).toMatch(
      /^CVAT's user cvat is not let in: ClickHouse at 127\.0\.0\.1:\d+ says to cvat: Code: 516\..*\(AUTHENTICATION_FAILED\)$/,
    );
    await run();
    expect((await run(alone)).output).toBe("database cvat and user cvat are as they should be");
  });

  it("are not made by a wrong administrator, nor where nobody answers, which ends in its time", async () => {
    expect((await run({ admin: "not that" })).output).toMatch(
      /^the administrator \(cvat\.analytics\.clickhouse\.external\.admin\) is not let in: .*Authentication failed/,
    );
    expect(await run({ port: 1 })).toMatchObject({
      code: 1,
      output: expect.stringMatching(
        /^ClickHouse at 127\.0\.0\.1:1 did not answer in time: .*Connection refused$/,
      ) as string,
    });
  });
});
