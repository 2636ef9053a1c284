import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { parse } from "yaml";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a stack's state is kept. */
export interface BackendFolder {
  /** Absolute path; what the engine keeps lies in `.pulumi` there. */
  folder: string;
  project: string;
}

const FILE = "file://";

/**
 * The folder in which the engine keeps a project's stacks, found as the engine finds it: the environment, then Pulumi.yaml, then who logged in.
 * (pulumi: pkg/backend/diy/backend.go, massageBlobPath; sdk/go/common/workspace/creds.go)
 * @param workDir folder of Pulumi.yaml
 * @returns undefined where it is no folder of this machine
 */
export async function backendFolder(workDir: string, env: Environment): Promise<BackendFolder | undefined> {
  const { name, backend } = await projectIn(workDir);
  const url = env["PULUMI_BACKEND_URL"] || backend?.url || (await loggedIn(env));
  if (name === undefined || !url?.startsWith(FILE)) return undefined;
  const [place = ""] = url.slice(FILE.length).split("?");
  return { folder: path.resolve(workDir, decodeURI(place).replace(/^~(?=\/|$)/, homedir())), project: name };
}

async function projectIn(workDir: string): Promise<{ name?: string; backend?: { url?: string } }> {
  const text = await readFile(path.join(workDir, "Pulumi.yaml"), "utf8").catch(() => "");
  return (parse(text) ?? {}) as object;
}

async function loggedIn(env: Environment): Promise<string | undefined> {
  const folder = env["PULUMI_CREDENTIALS_PATH"] ?? env["PULUMI_HOME"] ?? path.join(homedir(), ".pulumi");
  try {
    const { current } = JSON.parse(await readFile(path.join(folder, "credentials.json"), "utf8")) as {
      current?: string;
    };
    return current;
  } catch {
    return undefined; // Nobody logged in.
  }
}
