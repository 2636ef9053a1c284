import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { Client } from "minio";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { kill } from "../../automation/processes.ts";
import { ensureMinio, type RunningMinio } from "../../automation/rehearsal/services/minio/row.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import { agentFor } from "../../components/storage/client/agent.ts";
import { restore } from "../../components/storage/client/restore.ts";
import { objectStoreConfig } from "../../components/storage/object-store-section.ts";
import { usersOf } from "../../components/storage/users.ts";
import { agentConf, clearmlConf, S3_VARIABLES, type S3Access } from "../../components/clearml/conf.ts";
import { storeCredentials } from "../../components/clearml/deletion.ts";

/** ClearML's own SDK with the files of both sides, against a real MinIO behind TLS with a certificate of a private authority. */

const URLS = { web: "http://127.0.0.1:1", api: "http://127.0.0.1:1", files: "http://127.0.0.1:1" };
/** Where nothing answers (RFC 5737): how the other side reaches the store, seen from here. */
const ELSEWHERE = "192.0.2.30:9000";
const REGION = "eu-lab-1";

const NARROWED = { clearml: { clearml: ["team/", "other/"] } };

let folder: string;
let minio: RunningMinio;
let python: string;
let caFile: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "clearml-sides-"));
  minio = await ensureMinio(folder, await obtainTools(["minio"], { progress: silentProgress }), {
    tls: true,
    region: REGION,
  });
  caFile = path.join(folder, "clearml-store-ca.crt");
  await writeFile(caFile, minio.ca ?? "");
  await root().makeBucket("clearml", REGION);
  python = await pythonEnvironment(path.resolve(import.meta.dirname, "../python/clearml/requirements.txt"), {
    progress: silentProgress,
  });
}, 600_000);
afterAll(async () => {
  kill(minio.pid);
  await rm(folder, { recursive: true });
});

const here = () => `127.0.0.1:${minio.port}`;
const root = () =>
  new Client({
    endPoint: "127.0.0.1",
    port: minio.port,
    useSSL: true,
    transportAgent: agentFor(minio.ca),
    region: REGION,
    ...minio.credentials,
  });

/** The store as one side's file has it, when this machine stands on that side. */
const access = (side: "inside" | "outside"): S3Access => ({
  ...(side === "inside"
    ? { endpoint: here(), secure: true, outside: { endpoint: ELSEWHERE, secure: true } }
    : { endpoint: ELSEWHERE, secure: false, outside: { endpoint: here(), secure: true } }),
  region: REGION,
  ca: minio.ca ?? "",
  bucket: "clearml",
  ...minio.credentials,
});

const SDK = `
import json, sys
from clearml import StorageManager
from clearml.config import config
from clearml.storage.helper import StorageHelper
def kept(url):
    with open(StorageManager.get_local_copy(url, force_download=True)) as file:
        return file.read()
output = config.get("development.default_output_uri")
`;

/** What a program prints as JSON, with a clearml.conf and an environment of its own. */
async function run(conf: string, program: string, env: Record<string, string> = {}): Promise<unknown> {
  const file = path.join(folder, "clearml.conf");
  await writeFile(file, conf);
  const { stdout } = await execa(python, ["-c", SDK + program], {
    env: { CLEARML_CONFIG_FILE: file, HOME: folder, TMPDIR: folder, PATH: process.env["PATH"] ?? "", ...env },
    extendEnv: false,
    cwd: folder,
  });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

/** As Task.init does with default_output_uri: proves that it may write there, keeps the address with the task, and uploads below it. */
const WRITE = (name: string) => `
StorageHelper.get(output).check_write_permissions(output)
with open("artifact.txt", "w") as file:
    file.write("of ${name}")
url = StorageManager.upload_file("artifact.txt", output + "/${name}/artifact.txt")
print(json.dumps({"task": StorageHelper.conform_url(output), "artifact": url, "kept": kept(url)}))
`;
const READ = (url: string) => `
print(json.dumps(kept(${JSON.stringify(url)})))
`;

const person = () => clearmlConf({ urls: URLS, s3: access("outside"), caFile });
const pod = () =>
  agentConf({ urls: URLS, s3: access("inside") }).replaceAll("/etc/vision-platform/object-store/ca.crt", caFile);
const POD_ENV = () => ({
  [S3_VARIABLES.accessKey]: minio.credentials.accessKey,
  [S3_VARIABLES.secretKey]: minio.credentials.secretKey,
});

test("what a person writes, a task in the cluster opens", { timeout: 120_000 }, async () => {
  const written = await run(person(), WRITE("person"));
  // The task carries the pods' address into the queue; the artifact has the person's.
  expect(written).toEqual({
    task: `s3://${ELSEWHERE}/clearml`,
    artifact: `s3://${here()}/clearml/person/artifact.txt`,
    kept: "of person",
  });
  // As it lies in the server, with the address by which people reach the store, of which this machine now knows no more than a pod does.
  expect(await run(pod(), READ(`s3://${ELSEWHERE}/clearml/person/artifact.txt`), POD_ENV())).toBe("of person");
});

test("what a task in the cluster writes, a person opens", { timeout: 120_000 }, async () => {
  expect(await run(pod(), WRITE("task"), POD_ENV())).toEqual({
    task: `s3://${here()}/clearml`,
    artifact: `s3://${here()}/clearml/task/artifact.txt`,
    kept: "of task",
  });
  expect(await run(person(), READ(`s3://${ELSEWHERE}/clearml/task/artifact.txt`))).toBe("of task");
});

/** Makes a user of the store as the product does, and gives its keys. */
async function keysOf(id: string): Promise<{ accessKey: string; secretKey: string }> {
  const config = objectStoreConfig.parse({ address: "127.0.0.1", onlyPrefixes: NARROWED });
  const user = usersOf(config, ["clearml"], []).find((one) => one.id === id);
  const [accessKey, secretKey] = [user?.accessKey ?? "", "narrowed-secret-key"];
  const { accessKey: administrator, secretKey: password } = minio.credentials;
  const place = { server: here(), tls: true, region: REGION, user: administrator, password, ca: minio.ca ?? "" };
  await restore(place, [
    { kind: "policy", policy: accessKey, document: user?.policy ?? "" },
    { kind: "user", user: accessKey, secret: secretKey },
    { kind: "attachment", user: accessKey, policy: accessKey },
  ]);
  return { accessKey, secretKey };
}

test(
  "keys that may use prefixes of the bucket alone: a task may start, and its artifacts go below the first",
  { timeout: 120_000 },
  async () => {
    const keys = await keysOf("clearml");
    const conf = (prefix: object) =>
      clearmlConf({ urls: URLS, s3: { ...access("outside"), ...keys, ...prefix }, caFile });
    expect(await run(conf({ prefix: "team/" }), WRITE("narrowed"))).toEqual({
      task: `s3://${ELSEWHERE}/clearml/team`,
      artifact: `s3://${here()}/clearml/team/narrowed/artifact.txt`,
      kept: "of narrowed",
    });
    await expect(run(conf({}), WRITE("narrowed"))).rejects.toThrow(/Insufficient permissions/);
  },
);

/** As the server's job deletes, by its configuration. (clearml-server v2.0.0: jobs/async_urls_delete.py, AWSStorage) */
const DELETE = (names: readonly string[]) => `
import boto3, os
from clearml.backend_config.bucket_config import S3BucketConfigurations
from clearml.utilities.pyhocon import ConfigFactory
credentials = ConfigFactory.parse_string("a: " + os.environ["STORE"]).get("a")
cfg = S3BucketConfigurations.from_config({"credentials": credentials}).get_config_by_uri("s3://${here()}/clearml/x")
store = boto3.resource("s3", endpoint_url=("https://" if cfg.secure else "http://") + cfg.host, use_ssl=cfg.secure, verify=cfg.verify,
    region_name=cfg.region or None, aws_access_key_id=cfg.key, aws_secret_access_key=cfg.secret)
answer = store.Bucket(cfg.bucket).delete_objects(Delete={"Objects": [{"Key": name} for name in ${JSON.stringify(names)}]})
print(json.dumps([sorted(one["Key"] for one in answer.get("Deleted", [])), [one["Code"] for one in answer.get("Errors", [])]]))
`;

test(
  "the server's job deletes where ClearML may write, with a key that may do nothing else",
  { timeout: 120_000 },
  async () => {
    const names = ["team/a b/é.txt", "team/model.onnx", "elsewhere/kept.txt"];
    for (const name of names) await root().putObject("clearml", name, "artifact");
    const keys = await keysOf("delete-clearml");
    const store = storeCredentials({ ...access("inside"), ...keys }).replaceAll(
      "/etc/vision-platform/object-store/ca.crt",
      caFile,
    );
    expect(await run(person(), DELETE(names), { STORE: store })).toEqual([names.slice(0, 2), ["AccessDenied"]]);
    const job = new Client({
      endPoint: "127.0.0.1",
      port: minio.port,
      useSSL: true,
      transportAgent: agentFor(minio.ca),
      region: REGION,
      ...keys,
    });
    await expect(job.getObject("clearml", "elsewhere/kept.txt")).rejects.toThrow(/Access Denied/);
    expect(await root().statObject("clearml", "elsewhere/kept.txt")).toMatchObject({ size: "artifact".length });
  },
);
