import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import getPort from "get-port";
import { until } from "../../../components/rest/until.ts";
import { startChild } from "../../contract/sso/child.ts";
import { ownKeycloak } from "./obtain.ts";

// Half a minute where nothing else runs; it took more than five at a load of 47 on two cores.
const READY_WITHIN_MS = 1_200_000;

/** A real Keycloak on loopback, with an administrator that nobody else knows. */
export interface RealKeycloak {
  url: string;
  admin: { username: string; password: string };
  end(): Promise<void>;
}

/**
 * Starts one on a free port. Whoever answers there knows the password that was made for this start, so it is this one.
 * @param options its options besides, such as those of a public name. Default: it is known by its address here
 */
export async function startKeycloak(
  options: (url: string) => readonly string[] = (url) => [`--hostname=${url}`],
): Promise<RealKeycloak> {
  const folder = await mkdtemp(path.join(tmpdir(), "keycloak-"));
  const home = await ownKeycloak(folder);
  const port = await getPort({ host: "127.0.0.1" });
  const url = `http://127.0.0.1:${port}`;
  const admin = { username: "boot", password: randomBytes(12).toString("hex") };
  const where = ["--http-enabled=true", "--http-host=127.0.0.1", `--http-port=${port}`];
  const child = startChild([path.join(home, "bin", "kc.sh"), "start", "--optimized", ...where, ...options(url)], {
    KC_BOOTSTRAP_ADMIN_USERNAME: admin.username,
    KC_BOOTSTRAP_ADMIN_PASSWORD: admin.password,
    JAVA_OPTS_KC_HEAP: "-Xms64m -Xmx512m",
  });
  const end = async () => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  let isOver = false;
  void child.ended.then(() => (isOver = true));
  const failed = () => {
    const last = child.said().split("\n").slice(-20).join("\n");
    return new Error(`Keycloak does not serve. The end of what it said:\n${last}`);
  };
  const look = async () => {
    if (isOver) throw failed();
    return knows(url, admin);
  };
  try {
    await until(look, { isDone: Boolean, everyMs: 500, withinMs: READY_WITHIN_MS, late: failed });
  } catch (error) {
    await end();
    throw error;
  }
  return { url, admin, end };
}

async function knows(url: string, { username, password }: RealKeycloak["admin"]): Promise<boolean> {
  const body = new URLSearchParams({ grant_type: "password", client_id: "admin-cli", username, password });
  const ask = () => fetch(`${url}/realms/master/protocol/openid-connect/token`, { method: "POST", body });
  return ask().then(
    ({ ok }) => ok,
    () => false,
  );
}
