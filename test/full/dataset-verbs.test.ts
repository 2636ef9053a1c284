import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startScene, type Lab } from "../rehearsal/harness.ts";

let lab: Lab;
let work: string;

beforeAll(async () => {
  // As test/rehearsal/whole-lab.test.ts has it, and so from the same snapshot.
  ({ lab } = await startScene({ cvat: { superuser: { password: { secure: "v1:x" } } } }, { whole: true }));
  work = await mkdtemp(path.join(tmpdir(), "vision-platform-dataset-verbs-"));
});
afterAll(async () => {
  await rm(work, { recursive: true, force: true });
  await lab.end();
});

async function cli(...args: string[]) {
  const { PULUMI_BACKEND_URL = "", PULUMI_CONFIG_PASSPHRASE = "" } = lab.rehearsal().env;
  const bin = path.resolve("automation/bin.mjs");
  const place = ["--stack", "lab", "--folder", path.join(lab.home.folder, "stack")];
  return execa(process.execPath, [bin, "dataset", ...args, ...place], {
    cwd: work,
    reject: false,
    env: { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE },
  });
}

it("a person pushes, looks, pulls and removes, with the key of the stack and nothing typed", async () => {
  for (const [name, bytes] of Object.entries({
    "day/001.jpg": 20_000,
    "day/002.jpg": 21_000,
    "night/001.jpg": 18_500,
    "labels/day/001.txt": 38,
  })) {
    await mkdir(path.dirname(path.join(work, "streets", name)), { recursive: true });
    await writeFile(path.join(work, "streets", name), Buffer.alloc(bytes, name));
  }
  const pushed = await cli("push", "streets", "streets");
  expect(pushed).toMatchObject({
    exitCode: 0,
    stdout: "Sent: 4 files, 59.5 kB.\nUnchanged by size and checksum: 0 files, 0 B.",
  });

  const listed = await cli("ls", "streets");
  expect(listed.exitCode).toBe(0);
  expect(listed.stdout).toMatch(/^datasets\/streets\/: 4 objects, 59\.5 kB, the newest of .* UTC$/m);
  expect(JSON.parse((await cli("ls", "streets", "--json")).stdout)).toMatchObject({
    objects: 4,
    folders: { "day/": { objects: 2 }, "labels/": { objects: 1 }, "night/": { objects: 1 } },
  });

  await rm(path.join(work, "streets/night"), { recursive: true });
  const would = await cli("push", "streets", "streets", "--delete");
  expect(would.stdout).toContain("1 file only in the bucket would be removed; to do it: --delete --yes streets");
  expect((await cli("push", "streets", "streets", "--delete", "--yes", "other")).exitCode).toBe(2);
  const removed = await cli("push", "streets", "streets", "--delete", "--yes", "streets");
  expect(removed.stdout).toContain("Removed, since they were only in the bucket: 1 file.");

  const pulled = await cli("pull", "streets", "back");
  expect(pulled.stdout).toContain("Fetched: 3 files, 41.0 kB.");
  expect(await readFile(path.join(work, "back/day/001.jpg"))).toEqual(
    await readFile(path.join(work, "streets/day/001.jpg")),
  );
  const nothing = await cli("push", "nowhere", "streets");
  expect(nothing).toMatchObject({ exitCode: 2, stderr: "nowhere is not there." });
});
