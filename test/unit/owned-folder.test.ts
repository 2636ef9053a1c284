import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { isLeft } from "../../automation/runs/owned-folder.ts";

it("a rehearsal that an older version keeps is not cleared away, and what it left is", async () => {
  const root = await mkdtemp(path.join(tmpdir(), "owned-"));
  const old = async (name: string, kept: boolean) => {
    const folder = path.join(root, name);
    await mkdir(folder);
    const owner = { pid: 2 ** 30, start: "1" };
    await writeFile(path.join(folder, "rehearsal.json"), JSON.stringify({ name, kept, created: "", owner }));
    const hour = new Date(Date.now() - 3_600_000);
    await utimes(folder, hour, hour);
    return isLeft(folder);
  };
  expect([await old("kept", true), await old("left", false)]).toEqual([false, true]);
  await rm(root, { recursive: true });
});
