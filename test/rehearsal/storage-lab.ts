import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { Client } from "minio";
import { APPLICATIONS } from "../../components/storage/grants.ts";
import { objectStoreConfig } from "../../components/storage/config.ts";
import { ObjectStore, type BucketAccess } from "../../components/storage/object-store.ts";
import { DynamicProvider } from "../../components/records/provider.ts";
import { silentProgress } from "../../automation/progress.ts";
import { MINIO_PLUGIN } from "../../automation/rehearsal/plugins/minio-row.ts";
import { MinioAdmin } from "../../automation/storage/admin.ts";
import { installPlugins } from "../../automation/rehearsal/plugins/install.ts";
import { ensureMinio, type RunningMinio } from "../../automation/rehearsal/services/minio/row.ts";
import { kill, startOf } from "../../automation/rehearsal/processes.ts";
import { obtainTools } from "../../automation/rehearsal/tools/obtain.ts";
import { existingBuckets } from "../../automation/storage/existing.ts";
import { startEngine } from "./engine.ts";

export const USERS = [...APPLICATIONS, "anna"] as const;
export type UserName = (typeof USERS)[number];

/** A program of an object store alone, the real engine, a real MinIO. */
export type StorageLab = Awaited<ReturnType<typeof startStorageLab>>;

export async function startStorageLab() {
  /** What the tests change of the section. */
  const section: Record<string, unknown> = {};
  const place: { minio?: RunningMinio } = {};
  /** The section as a stack file has it. */
  const written = () => ({
    address: "127.0.0.1",
    port: minio().port,
    credentials: minio().credentials,
    ...section,
  });
  const config = () => objectStoreConfig.parse(written());
  const minio = () => {
    if (place.minio === undefined) throw new Error("MinIO was not started");
    return place.minio;
  };
  const engine = await startEngine(async () => {
    const lab = config();
    const existing = await existingBuckets(lab);
    const store = new ObjectStore(
      "store",
      { config: lab, existing, applications: APPLICATIONS, people: ["anna"] },
      { providers: [new DynamicProvider("dynamic")] },
    );
    const keys = { cvat: store.keysOf("cvat"), clearml: store.keysOf("clearml"), functions: store.keysOf("functions") };
    return {
      cvat: store.access("cvat", keys.cvat),
      clearml: store.access("clearml", keys.clearml),
      functions: store.access("models", keys.functions),
      anna: store.access("clearml", store.keysOfPerson("anna")),
    };
  });
  const tools = await obtainTools(["minio"], { progress: silentProgress });
  await installPlugins(path.join(engine.folder, "pulumi"), [MINIO_PLUGIN]);
  const start = async () => {
    place.minio = await ensureMinio(engine.folder, tools);
  };
  await start();
  return {
    ...engine,
    section,
    written,
    minio,
    start,
    /** Ends MinIO as a power cut does, and waits until it is gone. */
    async stop() {
      kill(minio().pid);
      while (startOf(minio().pid) !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    root: () => clientOf({ endpoint: `127.0.0.1:${minio().port}`, ...minio().credentials }),
    /** An administrator who may do all but see one bucket. */
    async limitedAdmin(bucket: string) {
      const { accessKey: user, secretKey: password } = minio().credentials;
      const admin = new MinioAdmin({
        server: `127.0.0.1:${minio().port}`,
        tls: false,
        region: "us-east-1",
        user,
        password,
      });
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
