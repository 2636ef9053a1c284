import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import getPort from "get-port";
import { until } from "../../components/rest/until.ts";
import { giteaProgram } from "./gitea-program.ts";

/** A real Gitea with a repository of `lab`'s, on a port of this machine, for as long as a test. */
export interface Gitea {
  url: string;
  /** Address of the API. */
  api: string;
  /** A token of an account with these scopes. The first account is the administrator. */
  token(account: string, scopes: string): Promise<string>;
  /** Asks the API as an account. */
  ask<T>(token: string, method: string, path: string, body?: object): Promise<T>;
  end(): Promise<void>;
}

/** What a job of a Gitea has in its environment, of the repository `lab/platform`, whatever runs this test. */
export function jobOf({ url, api }: Gitea, run: number, token: string): Record<string, string> {
  return {
    GITHUB_ACTIONS: "true",
    GITEA_ACTIONS: "true",
    FORGEJO_ACTIONS: "",
    GITLAB_CI: "",
    GITHUB_API_URL: api,
    GITHUB_SERVER_URL: `${url}/`,
    GITHUB_REPOSITORY: "lab/platform",
    GITHUB_RUN_NUMBER: String(run),
    GITHUB_RUN_ID: String(run),
    GITEA_TOKEN: token,
    GITHUB_TOKEN: "",
  };
}

const FIRST_START_MS = 120_000;

/** Starts Gitea with an empty database; the program is built where it is not in the cache. */
export async function startGitea(): Promise<Gitea> {
  const { program, files } = await giteaProgram();
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-gitea-"));
  const port = await getPort();
  const url = `http://127.0.0.1:${port}`;
  const config = path.join(folder, "app.ini");
  await mkdir(path.join(folder, "data"));
  await writeFile(config, configuration(folder, files, port));
  const run = (...args: string[]) =>
    execa(program, ["--config", config, "--work-path", folder, ...args], { stdin: "ignore", reject: false, all: true });
  const server = run("web");
  const end = async () => {
    server.kill("SIGTERM", undefined);
    await server;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await until(
      () =>
        fetch(`${url}/api/v1/version`).then(
          ({ ok }) => ok,
          () => false,
        ),
      {
        isDone: (isUp) => isUp,
        everyMs: 200,
        withinMs: FIRST_START_MS,
        late: () => new Error("Gitea does not answer"),
      },
    );
  } catch (error) {
    await end();
    throw error;
  }
  const accounts = new Set<string>();
  const said = async (...args: string[]) => {
    const { all, exitCode, stdout } = await run(...args);
    if (exitCode !== 0) throw new Error(`gitea ${args.slice(0, 3).join(" ")}: ${all}`);
    return stdout.trim().split("\n").at(-1) ?? "";
  };
  return {
    url,
    api: `${url}/api/v1`,
    async token(account, scopes) {
      if (!accounts.has(account)) {
        const more = [
          "--email",
          `${account}@example.com`,
          "--password",
          "long-enough-1",
          "--must-change-password=false",
        ];
        await said(
          "admin",
          "user",
          "create",
          "--username",
          account,
          ...more,
          ...(accounts.size === 0 ? ["--admin"] : []),
        );
        accounts.add(account);
      }
      const name = `token-${Date.now()}-${Math.random()}`;
      return said(
        "admin",
        "user",
        "generate-access-token",
        "--username",
        account,
        "--token-name",
        name,
        "--scopes",
        scopes,
        "--raw",
      );
    },
    async ask<T>(token: string, method: string, where: string, body?: object) {
      const headers = { authorization: `token ${token}`, "content-type": "application/json" };
      const answer = await fetch(`${url}/api/v1${where}`, {
        method,
        headers,
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`Gitea answers ${answer.status} to ${method} ${where}: ${text}`);
      return (text === "" ? undefined : JSON.parse(text)) as T;
    },
    end,
  };
}

/** As small as it goes: nothing is sent, nothing is fetched, no ssh. Tests run as root in CI, which it wants to be told. */
function configuration(folder: string, files: string, port: number): string {
  return `I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
RUN_MODE = prod
WORK_PATH = ${folder}

[server]
PROTOCOL = http
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = http://127.0.0.1:${port}/
STATIC_ROOT_PATH = ${files}
APP_DATA_PATH = ${folder}/data
DISABLE_SSH = true
OFFLINE_MODE = true

[database]
DB_TYPE = sqlite3
PATH = ${folder}/data/gitea.db

[repository]
ROOT = ${folder}/data/repositories

[security]
INSTALL_LOCK = true
PASSWORD_HASH_ALGO = pbkdf2$1000

[actions]
ENABLED = false

[log]
LEVEL = Error
ROOT_PATH = ${folder}/log
`;
}
