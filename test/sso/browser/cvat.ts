import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import getPort from "get-port";
import { silentProgress } from "../../../automation/progress.ts";
import { pythonEnvironment } from "../../../automation/python/environment.ts";
import type { CvatConfig } from "../../../components/cvat/cvat-config.ts";
import { signInSettings } from "../../../components/sso/sign-in-settings.ts";
import type { SsoConfig } from "../../../components/sso/sso-config.ts";
import { startPostgresql } from "../../contract/postgresql-server.ts";
import { saying, startChild } from "../../contract/sso/child.ts";
import type { OwnServer } from "../servers/own-server.ts";

const FOLDER = path.resolve(import.meta.dirname, "../../python/sso");

/**
 * CVAT's server as far as sign-in meets it: a project with CVAT's order of classes, its Django, DRF, PyJWT and allauth, and the module that is
 * mounted into CVAT, in uvicorn and on PostgreSQL. It believes tokens by the issuer's own keys.
 */
export async function startCvatServer(
  folder: string,
  { sso, cvat }: { sso: SsoConfig; cvat: CvatConfig },
): Promise<OwnServer> {
  const python = await pythonEnvironment(path.join(FOLDER, "requirements.txt"), { progress: silentProgress });
  const settings = path.join(folder, "sign-in.json");
  await writeFile(settings, JSON.stringify(signInSettings(sso, cvat)));
  const database = await startPostgresql();
  const port = await getPort();
  const child = startChild([python, path.join(FOLDER, "serve.py"), String(port)], {
    PYTHONDONTWRITEBYTECODE: "1",
    VISION_PLATFORM_SSO: settings,
    SSO_TEST_FOLDER: folder,
    SSO_TEST_PASSWORD: randomBytes(12).toString("hex"),
    CVAT_POSTGRES_HOST: "127.0.0.1",
    CVAT_POSTGRES_PORT: String(database.port),
    CVAT_POSTGRES_USER: database.admin.username,
    CVAT_POSTGRES_PASSWORD: database.admin.password,
  });
  const close = async () => {
    await child.stop();
    await database.end();
  };
  try {
    await saying(child, /Uvicorn running on/);
  } catch (error) {
    await close();
    throw error;
  }
  return { port, close };
}
