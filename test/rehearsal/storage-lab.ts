import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { Client } from "minio";
import { APPLICATIONS } from "../../components/storage/grants.ts";
import { backupsBucket } from "../../components/storage/object-store-config.ts";
import { objectStoreConfig } from "../../components/storage/object-store-section.ts";
import { tokenOf } from "../../components/records/tokens.ts";
import type { Person } from "../../components/storage/people.ts";
import { storePlan } from "../../components/storage/plan.ts";
import { ObjectStore, type BucketAccess } from "../../components/storage/object-store.ts";
import { OwnProvider } from "../../components/records/resource.ts";
import { silentProgress } from "../../automation/progress.ts";
import { MINIO_PLUGIN } from "../../automation/plugins/minio-row.ts";
import { MinioAdmin } from "../../components/storage/client/admin.ts";
import { installPlugins } from "../../automation/plugins/install.ts";
import { ensureMinio, type MinioOptions, type RunningMinio } from "../../automation/rehearsal/services/minio/row.ts";
import { kill, startOf } from "../../automation/processes.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import { readAuthority } from "../../automation/stackfile/authority-file.ts";
import { ownState } from "../../automation/engine/own-state.ts";
import { lookAtStore } from "../../automation/storage/look.ts";
import { startEngine } from "./engine.ts";

export const USERS = [...APPLICATIONS, "deleteJob", "anna", "lena"] as const;
export const ANNA: Person = { username: "anna", of: "clearml" };
export const LENA: Person = { username: "lena", of: "cvat" };
export type UserName = (typeof USERS)[number];

/** A program of an object store alone, the real engine, a real MinIO. */
export type StorageLab = Awaited<ReturnType<typeof startStorageLab>>;

export interface StorageLabOptions extends MinioOptions {
  /** The part of the section that says where the store is. Default: in clear, by its port. */
  where?: (minio: RunningMinio) => Record<string, unknown>;
}

export async function startStorageLab({ where = inClear, ...options }: StorageLabOptions = {}) {
  /** What the tests change of the section. */
  const section: Record<string, unknown> = {};
  /** People of ClearML's, and of a CVAT without ClearML: no lab has both, and MinIO does not mind. */
  const people: Person[] = [ANNA, LENA];
  const place: { minio?: RunningMinio } = {};
  /** The section as a stack file has it. */
  const written = () => ({
    ...where(minio()),
    credentials: minio().credentials,
    ...section,
  });
  /** With the bucket of backups, as a lab that makes some has it. */
  const config = () => {
    const read = objectStoreConfig.parse(written());
    return { ...read, buckets: { backups: backupsBucket.parse({}), ...read.buckets } };
  };
  const minio = () => {
    if (place.minio === undefined) throw new Error("MinIO was not started");
    return place.minio;
  };
  const engine = await startEngine(async () => {
    const lab = config();
    const folder = engine.stack.workspace.workDir;
    const { certificates: ca } = await readAuthority(written(), folder);
    const found = await lookAtStore(lab, await ownState(), { folder, ca });
    const store = new ObjectStore(
      "store",
      { plan: storePlan({ config: lab, applications: APPLICATIONS, people, ca }), found },
      { providers: [new OwnProvider("dynamic")] },
    );
    const keys = { cvat: store.keysOf("cvat"), clearml: store.keysOf("clearml"), functions: store.keysOf("functions") };
    return {
      backup: store.access("backups", "backup", store.keysOf("backup")),
      cvat: store.access("cvat", "cvat", keys.cvat),
      clearml: store.access("clearml", "clearml", keys.clearml),
      functions: store.access("models", "functions", keys.functions),
      deleteJob: store.access("clearml", "clearml", store.keysOfDeleteJob()),
      ...Object.fromEntries(
        people.map(({ username }) => [username, store.access("clearml", "clearml", store.keysOfPerson(username))]),
      ),
    };
  });
  const tools = await obtainTools(["minio"], { progress: silentProgress });
  await installPlugins(path.join(engine.folder, "pulumi"), [MINIO_PLUGIN]);
  const start = async () => {
    place.minio = await ensureMinio(engine.folder, tools, options);
  };
  await start();
  return {
    ...engine,
    section,
    people,
    minio,
    start,
    /** Ends MinIO as a power cut does, and waits until it is gone. */
    async stop() {
      kill(minio().pid);
      while (startOf(minio().pid) !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    /** Takes the record of the store out of the state, as a version that had none would have left it. */
    async forgetPresence() {
      const state = await engine.stack.exportStack();
      const deployment = state.deployment as { resources: { urn: string; type: string; dependencies?: string[] }[] };
      const resources = deployment.resources.filter(({ type }) => tokenOf(type) !== "storage:Presence");
      const urns = new Set(resources.map(({ urn }) => urn));
      for (const resource of resources) {
        resource.dependencies = resource.dependencies?.filter((urn) => urns.has(urn)) ?? [];
      }
      await engine.stack.importStack({ ...state, deployment: { ...deployment, resources } });
    },
    /** Another MinIO, empty, which has nothing to do with the first; the test ends it. */
    startOther: () => ensureMinio(path.join(engine.folder, "other"), tools),
    admin: () => adminOf(minio()),
    root: () => clientOf({ endpoint: `127.0.0.1:${minio().port}`, ...minio().credentials }),
    /** An administrator who may do all but see one bucket. */
    async limitedAdmin(bucket: string) {
      const admin = adminOf(minio());
      const arns = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
      const statements = [
        { Effect: "Allow", Action: ["s3:*"], Resource: ["arn:aws:s3:::*"] },
        { Effect: "Deny", Action: ["s3:*"], Resource: arns },
      ];
      await admin.addPolicy("all-but-one", JSON.stringify({ Version: "2012-10-17", Statement: statements }));
      await admin.setUser("limited", "limited-secret-key");
      await admin.setPoliciesOf("limited", ["all-but-one"]);
      return { accessKey: "limited", secretKey: "limited-secret-key" };
    },
    async keysOf(user: UserName): Promise<BucketAccess> {
      return (await engine.stack.outputs())[user]?.value as BucketAccess;
    },
    async stateFiles(): Promise<string> {
      const folder = path.join(engine.folder, "state");
      const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
      const texts = await Promise.all(files.map((file) => readFile(path.join(file.parentPath, file.name), "utf8")));
      return texts.join("\n");
    },
    async resources(): Promise<{ urn: string; type: string; id?: string }[]> {
      const exported: unknown = (await engine.stack.exportStack()).deployment;
      const { resources = [] } = exported as { resources?: { urn: string; type: string; id?: string }[] };
      // An up that is refused writes the state again, with other notes beside each resource.
      return resources.map(({ urn, type, id }) => ({ urn, type, ...(id !== undefined && { id }) }));
    },
  };
}

const inClear = ({ port }: RunningMinio): Record<string, unknown> => ({ address: "127.0.0.1", port });

/** The admin API of a MinIO, as its root user. */
export function adminOf({ port, credentials }: RunningMinio): MinioAdmin {
  const { accessKey: user, secretKey: password } = credentials;
  return new MinioAdmin({ server: `127.0.0.1:${port}`, tls: false, region: "us-east-1", user, password });
}

export function clientOf({
  endpoint,
  accessKey,
  secretKey,
}: {
  endpoint: string;
  accessKey: string;
  secretKey: string;
}) {
  const [endPoint = "", port] = endpoint.split(":");
  return new Client({ endPoint, port: Number(port), useSSL: false, accessKey, secretKey, region: "us-east-1" });
}

/** What a client may do with a bucket, tried. */
export async function rightsIn(client: Client, bucket: string, object: string): Promise<string> {
  const rights = [
    ["head", () => client.bucketExists(bucket)],
    ["list", () => namesIn(client, bucket)],
    ["get", () => textOf(client, bucket, object)],
    ["put", () => client.putObject(bucket, `${object}-new`, "new")],
    ["delete", () => client.removeObject(bucket, `${object}-new`)],
  ] as const;
  const given: string[] = [];
  for (const [right, attempt] of rights) {
    try {
      await attempt();
      given.push(right);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code !== "AccessDenied") throw error;
    }
  }
  return given.join(" ");
}

export async function namesIn(client: Client, bucket: string, prefix = ""): Promise<string[]> {
  const names: string[] = [];
  for await (const item of client.listObjectsV2(bucket, prefix, true)) names.push((item as { name: string }).name);
  return names;
}

export async function textOf(client: Client, bucket: string, object: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of await client.getObject(bucket, object)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
