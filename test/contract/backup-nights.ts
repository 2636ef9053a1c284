import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { Client } from "minio";
import { afterAll, beforeAll } from "vitest";
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
const FILM = path.resolve(import.meta.dirname, "../fixtures/cvat/backup-full.zip");
/** Each test has an organization, and an account, of its own. */
const ACCOUNTS = 120;
const BUCKET = "backups";
const USER = { accessKey: "vision-platform-backup", secretKey: "a-secret-key-of-forty-characters-0123456" };

const MINUTES = 60_000;

/** CVAT's stand-in and a real MinIO, for the tests of test/python/backup. */
interface BackupNights {
  /** Runs tests of that folder. @throws Error with all that pytest printed, where one fails or is skipped */
  pass(...tests: string[]): Promise<void>;
  end(): Promise<void>;
}

/** Those of a file of tests, from before its first one to after its last. */
export function backupNights(): Pick<BackupNights, "pass"> {
  let nights: BackupNights;
  // A fresh machine builds MinIO and fetches the packages here.
  beforeAll(async () => {
    nights = await startBackupNights();
  }, 40 * MINUTES);
  afterAll(() => nights.end());
  return { pass: (...tests) => nights.pass(...tests) };
}

const account = (number: number) => ({
  username: `backup-${number}`,
  email: `backup-${number}@example.test`,
  password: "battery-staple",
  role: "user" as const,
});

async function startBackupNights(): Promise<BackupNights> {
  const home = await mkdtemp(path.join(tmpdir(), "vision-platform-backup-"));
  const python = await pythonEnvironment(path.join(TESTS, "requirements.txt"), { progress: silentProgress });
  const tools = await obtainTools(["minio"], { progress: silentProgress });
  const minio = await ensureMinio(home, tools, { tls: false, region: "us-east-1" });
  await makeUser(minio);
  const cvat = await startCvat({ users: [ADMIN, ...Array.from({ length: ACCOUNTS }, (_, number) => account(number))] });
  await fill(cvat);
  return {
    async pass(...tests) {
      const words = ["-m", "pytest", "-q", "-c", path.join(TESTS, "pytest.ini"), "--rootdir", TESTS];
      const ran = await execa(python, [...words, ...tests], {
        ...{ cwd: TESTS, stdin: "ignore", all: true, reject: false },
        env: { BACKUP_TEST: JSON.stringify(await toldOf(cvat, minio)), PYTHONDONTWRITEBYTECODE: "1" },
      });
      // The last line of pytest: nothing may have been skipped on the way.
      if (!/^\d+ passed in /.test(ran.all.trimEnd().split("\n").at(-1) ?? "")) throw new Error(ran.all);
    },
    async end() {
      await cvat.end();
      kill(minio.pid);
      await rm(home, { recursive: true });
    },
  };
}

/** What the tests are told. (test/python/backup/lab.py) */
async function toldOf(cvat: TestCvat, minio: RunningMinio) {
  return {
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
}

/** What tasks are made of: pictures, and a film. */
async function fill({ s3 }: TestCvat): Promise<void> {
  s3.buckets = { datasets: [] };
  const put = (key: string, body: Buffer) => {
    s3.buckets["datasets"]?.push(key);
    s3.bodies[`datasets/${key}`] = body;
  };
  for (const name of ["pics/a/1.png", "pics/a/2.png", "pics/b/3.png"]) put(name, pngOf(64, 48));
  const film = (await unzipped(await readFile(FILM)))?.find(({ name }) => name.endsWith(".mp4"));
  if (!film) throw new Error(`${FILM} has no film`);
  put("clips/v1.mp4", film.bytes);
}

/** The store's user as a lab has it, who may do what its policy says and nothing else. */
async function makeUser({ credentials, port }: RunningMinio): Promise<void> {
  const { accessKey: user, secretKey: password } = credentials;
  const client = new Client({
    ...{ endPoint: "127.0.0.1", port, useSSL: false, region: "us-east-1" },
    ...{ accessKey: user, secretKey: password },
  });
  await client.makeBucket(BUCKET);
  const { store } = planned({ ...exampleStack(), backup: {} });
  const policy = store?.users.find(({ id }) => id === "backup")?.policy;
  if (policy === undefined) throw new Error("a lab with backups has no such user");
  const admin = new MinioAdmin({ server: `127.0.0.1:${port}`, tls: false, region: "us-east-1", user, password });
  await admin.setUser(USER.accessKey, USER.secretKey);
  await admin.addPolicy("backup", policy);
  await admin.setPoliciesOf(USER.accessKey, ["backup"]);
}
