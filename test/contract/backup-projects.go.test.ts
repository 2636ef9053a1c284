import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { Client } from "minio";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kill } from "../../automation/processes.ts";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { CONTROL } from "../../automation/rehearsal/services/cvat/stand-in.ts";
import { unzipped } from "../../automation/rehearsal/services/cvat/zip.ts";
import { ensureMinio, type RunningMinio } from "../../automation/rehearsal/services/minio/row.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import { MinioAdmin } from "../../components/storage/client/admin.ts";
import { pngOf } from "../fixtures/cvat/pictures.ts";
import { ADMIN, startCvat, storageBody, type TestCvat } from "../fixtures/cvat/stand-in.ts";
import { planned } from "../fixtures/inputs/planned.ts";
import { exampleStack } from "../fixtures/inputs/whole-stack.ts";

const TESTS = path.resolve(import.meta.dirname, "../python/backup");
const MINUTES = 60_000;
/** Each test has an organization, and an account, of its own. */
const ACCOUNTS = 60;
const BUCKET = "backups";
const USER = { accessKey: "vision-platform-backup", secretKey: "a-secret-key-of-forty-characters-0123456" };

let home: string;
let python: string;
let minio: RunningMinio;
let cvat: TestCvat;

const account = (number: number) => ({
  username: `backup-${number}`,
  email: `backup-${number}@example.test`,
  password: "battery-staple",
  role: "user" as const,
});

// A fresh machine builds MinIO and fetches the packages here.
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), "vision-platform-backup-"));
  python = await pythonEnvironment(path.join(TESTS, "requirements.txt"), { progress: silentProgress });
  minio = await ensureMinio(home, await obtainTools(["minio"], { progress: silentProgress }), {
    tls: false,
    region: "us-east-1",
  });
  await userOfBackups();
  cvat = await startCvat({ users: [ADMIN, ...Array.from({ length: ACCOUNTS }, (_, number) => account(number))] });
  cvat.s3.buckets = { datasets: [] };
  for (const name of ["pics/a/1.png", "pics/a/2.png", "pics/b/3.png"]) put(name, pngOf(64, 48));
  const zip = await readFile(path.resolve(import.meta.dirname, "../fixtures/cvat/backup-full.zip"));
  const film = (await unzipped(zip))?.find(({ name }) => name.endsWith(".mp4"));
  put("clips/v1.mp4", film?.bytes ?? expect.fail("there is no film"));
}, 40 * MINUTES);

afterAll(async () => {
  await cvat.end();
  kill(minio.pid);
  await rm(home, { recursive: true });
});

function put(key: string, body: Buffer): void {
  cvat.s3.buckets["datasets"]?.push(key);
  cvat.s3.bodies[`datasets/${key}`] = body;
}

/** The store's user as a lab has it, who may do what its policy says and nothing else. */
async function userOfBackups(): Promise<void> {
  const { accessKey: user, secretKey: password } = minio.credentials;
  const client = new Client({
    ...{ endPoint: "127.0.0.1", port: minio.port, useSSL: false },
    ...{ accessKey: user, secretKey: password, region: "us-east-1" },
  });
  await client.makeBucket(BUCKET);
  // Each test has a place of its own below these.
  const { store } = planned({ ...exampleStack(), backup: {} });
  const policy = store?.users.find(({ id }) => id === "backup")?.policy ?? expect.fail("there is no such user");
  const admin = new MinioAdmin({ server: `127.0.0.1:${minio.port}`, tls: false, region: "us-east-1", user, password });
  await admin.setUser(USER.accessKey, USER.secretKey);
  await admin.addPolicy("backup", policy);
  await admin.setPoliciesOf(USER.accessKey, ["backup"]);
}

describe("backups of projects", { timeout: 10 * MINUTES }, () => {
  it("are made, told of and thinned out, and come back after each fault: what pytest tries", async () => {
    const given = {
      cvat: cvat.url,
      control: `${cvat.url}${CONTROL}`,
      admin: await cvat.key(),
      accounts: cvat.store.state.users
        .filter(({ username }) => username.startsWith("backup-"))
        .map(({ id, username, email }) => ({ id, username, email, password: account(0).password })),
      storage: storageBody(),
      store: { endpoint: minio.url, region: "us-east-1", bucket: BUCKET, ...USER },
      root: minio.credentials,
    };
    const words = ["-m", "pytest", "-c", path.join(TESTS, "pytest.ini"), "--rootdir", TESTS, TESTS];
    const ran = await execa(python, words, {
      env: { BACKUP_TEST: JSON.stringify(given), PYTHONDONTWRITEBYTECODE: "1" },
      ...{ stdin: "ignore", all: true, reject: false },
    });
    // The last line of pytest: nothing may have been skipped on the way.
    expect(ran.all.trimEnd().split("\n").at(-1), ran.all).toMatch(/^\d+ passed in /);
  });
});
