import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeFileSync } from "node:fs";
import { silentProgress } from "../../automation/progress.ts";
import { lookForDrift } from "../../automation/drift/look.ts";
import { runEngine } from "../../automation/engine/run.ts";
import { readStackFile, stackFilePath } from "../../automation/stackfile/stack-file.ts";
import path from "node:path";
import { startScene, type Lab } from "./harness.ts";

let lab: Lab;

beforeAll(async () => {
  const sections = { cvat: { superuser: { password: { secure: "v1:x" } } } };
  ({ lab } = await startScene(sections, { whole: true }));
});
afterAll(() => lab.end());

describe("explore", () => {
  it("reads", async () => {
    const { stack, plan } = lab.rehearsal();
    const file = await readStackFile(stackFilePath(path.join(lab.home.folder, "stack"), "lab"));
    const t = Date.now();
    const look = await lookForDrift({ stack, plan, file, progress: silentProgress });
    console.log("seconds", (Date.now() - t) / 1000);
    writeFileSync("/tmp/drift-first.json", JSON.stringify(look.drift, null, 1));
    await runEngine(stack, "preview-refresh", {
      progress: silentProgress,
      read: (read) => writeFileSync("/tmp/drift-read.json", JSON.stringify({ ...read, unread: [...read.unread] }, null, 1)),
    });
    const env = lab.rehearsal().env;
    writeFileSync("/tmp/drift-env.json", JSON.stringify({ env, home: lab.home.folder, kubeconfig: lab.rehearsal().cluster.kubeconfig }));
    expect(1).toBe(1);
    const until = Date.now() + 900_000;
    const { existsSync } = await import("node:fs");
    while (Date.now() < until && !existsSync("/tmp/drift-stop")) await new Promise((r) => setTimeout(r, 500));
  }, 2_000_000);
});
