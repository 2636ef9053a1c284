import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { putBack } from "../../automation/backup/stack/put-back.ts";
import { PROJECT_FOLDER, RUN_TYPESCRIPT } from "../../automation/project.ts";
import { writeWhole } from "../../automation/whole-file.ts";
import { until } from "../../components/rest/until.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-whole-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** So large that its writing is seen. */
const BYTES = 256 * 1024 * 1024;

it("is there whole or not at all where its writer is killed, and the next one takes what is left away", async () => {
  const into = path.join(folder, "killed");
  await mkdir(into);
  const place = path.join(into, "lab.kubeconfig");
  const script = path.join(folder, "killed.ts");
  const from = path.join(PROJECT_FOLDER, "automation/backup/stack/put-back.ts");
  await writeFile(
    script,
    `import { putBack } from ${JSON.stringify(from)};\nvoid putBack([{ place: ${JSON.stringify(place)}, content: Buffer.alloc(${BYTES}) }]);\n`,
  );
  const writer = execa(process.execPath, [RUN_TYPESCRIPT, script], { reject: false, all: true });
  const left = () => readdir(into);
  await until(left, { isDone: (names) => names.length > 0, everyMs: 1, withinMs: 30_000 });
  writer.kill("SIGKILL");
  const { all } = await writer;
  expect(all).toBe("");
  const [name = "", ...others] = await left();
  expect([name, others]).toEqual([expect.stringMatching(/^lab\.kubeconfig\.\d+\.new$/), []]);
  expect((await stat(path.join(into, name))).size).toBeLessThan(BYTES);
  await putBack([{ place, content: Buffer.from("whole") }]);
  expect(await left()).toEqual(["lab.kubeconfig"]);
  expect(await readFile(place, "utf8")).toBe("whole");
});

it("leaves alone what is there, and what another process is just writing beside it", async () => {
  const file = path.join(folder, "lab.age");
  const others = `${file}.${process.ppid}.new`;
  await writeFile(others, "");
  await writeWhole(file, "first", false);
  await expect(writeWhole(file, "second", false)).rejects.toMatchObject({ code: "EEXIST" });
  expect(await readFile(file, "utf8")).toBe("first");
  await writeWhole(file, "second", true);
  expect(await readFile(file, "utf8")).toBe("second");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readdir(folder)).filter((name) => name.startsWith("lab.age."))).toEqual([path.basename(others)]);
});
