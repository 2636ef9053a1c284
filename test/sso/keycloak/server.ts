import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import getPort from "get-port";
import { kill } from "../../../automation/processes.ts";
import { until } from "../../../components/rest/until.ts";
import { ownKeycloak } from "./obtain.ts";

const READY_WITHIN_MS = 300_000;

/** A real Keycloak on loopback, with an administrator that nobody else knows. */
export interface RealKeycloak {
  url: string;
  admin: { username: string; password: string };
  end(): Promise<void>;
}

/** Starts one on a free port. Whoever answers there knows the password that was made for this start, so it is this one. */
export async function startKeycloak(): Promise<RealKeycloak> {
  const folder = await mkdtemp(path.join(tmpdir(), "keycloak-"));
  const home = await ownKeycloak(folder);
  const port = await getPort({ host: "127.0.0.1" });
  const url = `http://127.0.0.1:${port}`;
  const admin = { username: "boot", password: randomBytes(12).toString("hex") };
  const log = path.join(folder, "log");
  // It ends with this process, however that ends: the script hands a TERM on to Java, which it runs beside itself. (kc.sh, its last lines)
  const child = spawn(
    "setpriv",
    [
      "--pdeathsig",
      "TERM",
      path.join(home, "bin", "kc.sh"),
      "start",
      "--optimized",
      "--http-enabled=true",
      "--http-host=127.0.0.1",
      `--http-port=${port}`,
      `--hostname=${url}`,
    ],
    {
      env: {
        ...process.env,
        KC_BOOTSTRAP_ADMIN_USERNAME: admin.username,
        KC_BOOTSTRAP_ADMIN_PASSWORD: admin.password,
        JAVA_OPTS_KC_HEAP: "-Xms64m -Xmx512m",
      },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, to be ended with Java in it.
      detached: true,
    },
  );
  const written = createWriteStream(log);
  child.stdout.pipe(written, { end: false });
  child.stderr.pipe(written, { end: false });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const end = async () => {
    if (child.pid !== undefined && child.exitCode === null) kill(-child.pid);
    await ended;
    written.end();
    await rm(folder, { recursive: true, force: true });
  };
  let isOver = false;
  void ended.then(() => (isOver = true));
  const look = async () => isOver || (await knows(url, admin));
  const found = await until(look, { isDone: Boolean, everyMs: 500, withinMs: READY_WITHIN_MS });
  if (found && child.exitCode === null) return { url, admin, end };
  const words = await readFile(log, "utf8").catch(() => "");
  await end();
  throw new Error(`Keycloak does not serve. The end of its log:\n${words.split("\n").slice(-20).join("\n")}`);
}

async function knows(url: string, { username, password }: RealKeycloak["admin"]): Promise<boolean> {
  const body = new URLSearchParams({ grant_type: "password", client_id: "admin-cli", username, password });
  const ask = () => fetch(`${url}/realms/master/protocol/openid-connect/token`, { method: "POST", body });
  return ask().then(
    ({ ok }) => ok,
    () => false,
  );
}
