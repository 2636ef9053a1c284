import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { Client } from "minio";
import sharp from "sharp";
import { until } from "../../../components/rest/until.ts";
import type { Home } from "../../rehearsal/cluster/homes.ts";
import { CONTROL, standIn } from "../../rehearsal/services/cvat/stand-in.ts";
import { Store } from "../../rehearsal/services/cvat/store.ts";
import { ensureMinio } from "../../rehearsal/services/minio/row.ts";
import { obtainTools } from "../../tools/obtain.ts";
import type { Progress } from "../../progress.ts";

const ACCOUNT = { username: "backup", email: "backup@example.com", password: "battery-staple", role: "admin" } as const;
const ORGANIZATION = "lab";
const PICTURES = 10;
const REGION = "us-east-1";

export interface BackupsLab {
  /** As pods of backups have them. (components/backup/settings.ts) */
  settings: object;
  /** Has CVAT write new zips, as after a day of work. */
  touch(): Promise<void>;
  end(): Promise<void>;
}

/** The stand-in for CVAT, in this process, with so many projects of ten pictures and so many rectangles each; and a real MinIO. */
export async function backupsLab(
  home: Home,
  { projects, shapes, progress }: { projects: number; shapes: number; progress: Progress },
): Promise<BackupsLab> {
  const minio = await ensureMinio(home.folder, await obtainTools(["minio"], { progress }), { region: REGION });
  const { accessKey, secretKey } = minio.credentials;
  const client = new Client({
    ...{ endPoint: "127.0.0.1", port: minio.port, useSSL: false, region: REGION, accessKey, secretKey },
  });
  for (const bucket of ["datasets", "backups"]) await client.makeBucket(bucket);
  const picture = await sharp({ create: { width: 640, height: 480, channels: 3, background: "white" } })
    .jpeg()
    .toBuffer();
  for (let at = 0; at < PICTURES; at++) await client.putObject("datasets", `pics/${at}.jpg`, picture);
  const server = createServer(
    standIn(new Store(path.join(home.folder, "bench-cvat")), {
      ...{ version: "2.64.0", stores: { [minio.url]: minio.url }, users: [ACCOUNT], anonymousCalls: 1000 },
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = callsTo(address);
  await fetch(`${address}${CONTROL}`, {
    method: "POST",
    body: JSON.stringify({ pace: { queuedMs: 1, startedMs: 1 } }),
  });
  const { key } = await call<{ key: string }>("POST", "auth/login", ACCOUNT);
  const as = callsTo(address, { authorization: `Token ${key}`, "x-organization": ORGANIZATION });
  await callsTo(address, { authorization: `Token ${key}` })("POST", "organizations", { slug: ORGANIZATION });
  const storage = await as<{ id: number }>("POST", "cloudstorages", {
    ...{ provider_type: "AWS_S3_BUCKET", resource: "datasets", display_name: "datasets" },
    ...{ credentials_type: "KEY_SECRET_KEY_PAIR", key: accessKey, secret_key: secretKey },
    specific_attributes: `region=${REGION}&endpoint_url=${encodeURIComponent(minio.url)}`,
  });
  const tasks: number[] = [];
  await progress.task(`Making ${projects} projects`, async (task) => {
    for (let number = 1; number <= projects; number++) {
      task.update(`${number} of ${projects}`);
      tasks.push(await filled(as, `project ${number}`, storage.id, shapes));
    }
  });
  const token = await as<{ value: string }>("POST", "auth/access_tokens", { name: "bench", read_only: false });
  return {
    settings: {
      store: { endpoint: minio.url, region: REGION, bucket: "backups", accessKey, secretKey },
      cvat: { address, username: ACCOUNT.username, token: token.value, organizations: [ORGANIZATION] },
      projects: {
        ...{ keep: { daily: 7, weekly: 4 }, lightweight: false, to: "projects/", exportHours: 1, sandboxes: false },
      },
      ...{ parts: ["projects"], watched: [], notify: {}, drill: { frames: 10 } },
    },
    async touch() {
      for (const task of tasks) await as("PATCH", `tasks/${task}`, { name: "pictures" });
    },
    async end() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

type Call = <T>(method: string, at: string, body?: object) => Promise<T>;

const callsTo =
  (address: string, headers: Record<string, string> = {}): Call =>
  async <T>(method: string, at: string, body?: object) => {
    const answer = await fetch(`${address}/api/${at}`, {
      ...{ method, headers: { "content-type": "application/json", ...headers } },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${at}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  };

async function filled(call: Call, name: string, storage: number, shapes: number): Promise<number> {
  const project = await call<{ id: number }>("POST", "projects", { name, labels: [{ name: "car" }] });
  const task = await call<{ id: number }>("POST", "tasks", { name: "pictures", project_id: project.id });
  const data = { image_quality: 70, cloud_storage_id: storage, server_files: ["pics/"] };
  const { rq_id } = await call<{ rq_id: string }>("POST", `tasks/${task.id}/data`, data);
  const { status } = await until(() => call<{ status: string }>("GET", `requests/${encodeURIComponent(rq_id)}`), {
    isDone: (request) => request.status === "finished" || request.status === "failed",
    everyMs: 5,
    withinMs: 60_000,
  });
  if (status !== "finished") throw new Error(`${name} was not made`);
  const labels = await call<{ results: { id: number }[] }>("GET", `labels?project_id=${project.id}`);
  const label_id = labels.results[0]?.id;
  const drawn = Array.from({ length: shapes }, (_, at) => ({
    ...{ type: "rectangle", frame: at % PICTURES, label_id, attributes: [] },
    points: [at % 600, 10, (at % 600) + 30, 60],
  }));
  await call("PATCH", `tasks/${task.id}/annotations?action=create`, { shapes: drawn, tags: [], tracks: [] });
  return task.id;
}
