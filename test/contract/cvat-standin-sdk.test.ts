import path from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { ADMIN, startCvat, STORE_ADDRESS } from "../fixtures/cvat/stand-in.ts";

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
