import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { describe, expect, it, onTestFinished } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { cvatConfig } from "../../components/cvat/cvat-section.ts";
import { signInSettings } from "../../components/sso/sign-in-settings.ts";
import { ssoConfig } from "../../components/sso/sso-section.ts";
import { POSTGRESQL, startPostgresql } from "./postgresql-server.ts";

const FOLDER = path.resolve(import.meta.dirname, "../python/sso");

/** What the Python tests go by: test/python/sso/case.py. */
const CVAT = cvatConfig.parse({
  superuser: { username: "boss" },
  users: [{ username: "eva" }],
  ingress: { host: "cvat.example.com", tls: { secretName: "cvat-tls" } },
});
const SSO = ssoConfig.parse({
  issuer: "https://auth.example.com/realms/lab",
  allowedGroups: ["/annotators", "/admins", "/reviewers"],
  groups: {
    "/admins": { superuser: true },
    "/annotators": { role: "worker", organizations: { lab: "worker" } },
    "/reviewers": { role: "user", organizations: { lab: "supervisor", hall: "worker" } },
  },
  backchannelLogout: true,
});

/** Runs files of the folder with the settings that CVAT's server gets from a stack file. */
async function run(files: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const python = await pythonEnvironment(path.join(FOLDER, "requirements.txt"), { progress: silentProgress });
  const scratch = await mkdtemp(path.join(tmpdir(), "vision-platform-sso-"));
  onTestFinished(() => rm(scratch, { recursive: true, force: true }));
  const settings = path.join(scratch, "sign-in.json");
  await writeFile(settings, JSON.stringify(signInSettings(SSO, CVAT)));
  const all = { ...env, PYTHONDONTWRITEBYTECODE: "1", VISION_PLATFORM_SSO: settings, SSO_TEST_FOLDER: scratch };
  const result = await execa(python, ["run.py", ...files], { cwd: FOLDER, env: all, reject: false, all: true });
  expect(result.all).toMatch(/Ran \d+ tests? in .*\n\nOK\n/s);
  expect(result.exitCode).toBe(0);
  return result.all;
}

describe(
  "sign-in in CVAT's order of classes, with the Django, DRF, PyJWT and allauth of CVAT 2.64",
  { timeout: 300_000 },
  () => {
    it("does what its tests ask of it", async () => {
      expect(await run(["test_tokens", "test_people", "test_out", "test_calls", "test_lifetime"])).not.toContain(
        "skipped",
      );
    });

    it.skipIf(POSTGRESQL === undefined)(
      "does what test_server asks of it, on PostgreSQL and in uvicorn (skipped where PostgreSQL is not installed)",
      async () => {
        const server = await startPostgresql();
        onTestFinished(() => server.end());
        const output = await run(["test_server"], {
          CVAT_POSTGRES_HOST: "127.0.0.1",
          CVAT_POSTGRES_PORT: String(server.port),
          CVAT_POSTGRES_USER: server.admin.username,
          CVAT_POSTGRES_PASSWORD: server.admin.password,
        });
        expect(output).not.toContain("skipped");
      },
    );
  },
);
