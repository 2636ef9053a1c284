import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { ADMIN, startCvat, storageBody, STORE_ADDRESS } from "../fixtures/cvat/stand-in.ts";

const FOLDER = path.resolve(import.meta.dirname, "../python/cvat-sdk");

it("the stand-in is what CVAT's own client takes it for", async () => {
  const python = await pythonEnvironment(path.join(FOLDER, "requirements.txt"), { progress: silentProgress });
  const cvat = await startCvat();
  cvat.s3.buckets = { datasets: ["a/1.jpg", "a/2.jpg", "a/3.png"] };
  try {
    const result = await execa(python, ["exercise.py", cvat.url, STORE_ADDRESS], {
      cwd: FOLDER,
      input: `${ADMIN.password}\n`,
      reject: false,
    });
    expect(result.stderr).toBe("");
    expect(JSON.parse(result.stdout)).toEqual({
      version: "2.64.0",
      me: "admin",
      users: ["admin", "alice"],
      organizations: ["sdk"],
      storages: [["sdk", "datasets", true]],
      patched: "changed",
      status: "AVAILABLE",
      refused: [400, "credentials: Cannot create resource datasets with specified credentials. Access forbidden.\n"],
      webhooks: [["https://ci.example.com/cvat", ["update:job"], false, true]],
      labels: ["cat"],
      task: ["pictures", 3, true],
      failed: expect.stringContaining("'absent.jpg' not found on the cloud storage 'datasets'") as string,
      gone: 404,
    });
  } finally {
    await cvat.end();
  }
}, 300_000);

it("CVAT's own client downloads backups of the stand-in and restores them", async () => {
  const python = await pythonEnvironment(path.join(FOLDER, "requirements.txt"), { progress: silentProgress });
  const cvat = await startCvat();
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-sdk-"));
  cvat.s3.buckets = { datasets: ["in.zip", "a/1.jpg", "a/2.jpg"] };
  cvat.s3.bodies["datasets/in.zip"] = await readFile(
    path.resolve(import.meta.dirname, "../fixtures/cvat/backup-full.zip"),
  );
  const headers = { "X-Organization": "sdk" };
  const post = async (to: string, body: unknown = {}) => (await cvat.call("POST", to, { body, headers })).body;
  try {
    await cvat.call("POST", "organizations", { body: { slug: "sdk" } });
    const storage = ((await post("cloudstorages", storageBody())) as { id: number }).id;
    const query = `location=cloud_storage&cloud_storage_id=${storage}&filename=in.zip`;
    const project = Number((await cvat.done({ body: await post(`projects/backup?${query}`) }))["result_id"]);
    const target_storage = { location: "cloud_storage", cloud_storage_id: storage };
    await cvat.call("PATCH", `projects/${project}`, { body: { target_storage } });
    const tokens: string[] = [];
    for (const read_only of [true, false])
      tokens.push(((await post("auth/access_tokens", { name: "sdk", read_only })) as { value: string }).value);
    const result = await execa(python, ["exercise_backup.py", cvat.url, String(project), folder], {
      cwd: FOLDER,
      input: tokens.join("\n"),
      reject: false,
    });
    expect(result.stderr).toBe("");
    expect(JSON.parse(result.stdout)).toEqual({
      "into its own storage, reading": 403,
      "restored, reading": 403,
      "into its own storage, writing": "done",
      "and here": false,
      project: [
        "bproj",
        [
          ["clip", 60],
          ["pics", 30],
        ],
        ["person", "bad", "roof", "car"],
      ],
      task: ["clip", 60, null],
    });
    // The client asks for the name of the file that it would have made here.
    expect(cvat.s3.buckets["datasets"]).toContain(path.join(folder, "none.zip"));
  } finally {
    await cvat.end();
    await rm(folder, { recursive: true, force: true });
  }
}, 300_000);
