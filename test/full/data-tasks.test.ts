import { writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { dataLab } from "../../automation/data/connect/lab.ts";
import { silentProgress } from "../../automation/progress.ts";
import { until } from "../../components/rest/until.ts";
import type { Task } from "../../components/cvat/client/types.ts";
import type { CvatClient } from "../../components/cvat/client/client.ts";
import { s3Of } from "../../components/storage/client/s3.ts";
import { jpegOf } from "../fixtures/cvat/pictures.ts";
import { startScene, type Lab } from "../rehearsal/harness.ts";

let lab: Lab;
let folder: string;
let cvat: CvatClient;
const seen: string[] = [];

beforeAll(async () => {
  // As test/rehearsal/whole-lab.test.ts has it, and so from the same snapshot.
  ({ lab } = await startScene({ cvat: { superuser: { password: { secure: "v1:x" } } } }, { whole: true }));
  folder = path.join(lab.home.folder, "stack");
  Object.assign(process.env, engine());
  const data = await dataLab({ stack: "lab", folder }, silentProgress);
  const { name, place } = await data.place("datasets");
  const s3 = s3Of(place);
  for (const key of Array.from({ length: 12 }, (_, at) => `street/images/${at}.jpg`))
    await s3.putObject(name, key, jpegOf(640, 480));
  await s3.putObject(name, "street/labels/0.txt", "0 0.5 0.5 0.1 0.1\n");
  cvat = await data.cvat();
});
afterAll(async () => {
  for (const name of Object.keys(engine())) Reflect.deleteProperty(process.env, name);
  await lab.end();
});

const engine = () => {
  const { PULUMI_BACKEND_URL = "", PULUMI_CONFIG_PASSPHRASE = "" } = lab.rehearsal().env;
  return { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE };
};

const start = (...args: string[]) =>
  execa(process.execPath, ["automation/bin.mjs", ...args, "--stack", "lab", "--folder", folder], { reject: false });
async function cli(...args: string[]) {
  const { stdout, stderr, exitCode } = await start(...args);
  seen.push(`$ npm run platform -- ${args.join(" ")}`, stderr, stdout);
  return { stdout, stderr, exitCode };
}
const tasks = () => cvat.list<Task>("tasks", { organization: "lab" });
const CREATE = ["task", "create", "street", "--project", "street", "--from", "street/images", "--subset", "Train"];

it("a project of a file, which is as wanted from then on", async () => {
  const file = path.join(lab.home.folder, "street.yaml");
  await writeFile(
    file,
    [
      "name: street",
      "targetStorage: cvat",
      "labels:",
      "  - { name: car, color: '#33ddff', type: rectangle }",
      "  - { name: person, type: polygon }",
    ].join("\n"),
  );
  const made = await cli("project", "apply", file);
  expect(made).toMatchObject({ exitCode: 0, stdout: "Project street is made." });
  expect(made.stderr).toContain(
    "+ project street\n  + targetStorage: cvat\n  + car (rectangle, #33ddff)\n  + person (polygon)",
  );
  expect((await cli("project", "apply", file)).stdout).toBe("Project street is as wanted.");
});

it("tasks of a prefix: refused with what is wrong, killed and taken up, then there already", async () => {
  const strays = await cli(...CREATE.map((word) => (word === "street/images" ? "street" : word)));
  expect(strays).toMatchObject({ exitCode: 2 });
  expect(strays.stderr).toContain("1 file is neither picture nor film.");
  expect(await tasks()).toEqual([]);

  const dying = start(...CREATE, "--per-task", "5", "--segment-size", "2");
  await until(tasks, { isDone: (all) => all.some(({ name }) => name === "street 2"), everyMs: 20, withinMs: 120_000 });
  dying.kill("SIGKILL");
  await dying;
  const again = await cli(...CREATE, "--per-task", "5", "--segment-size", "2");
  expect(again.exitCode, again.stderr).toBe(0);
  const all = await tasks();
  expect(
    all.map(({ name, size }) => [name, size]).sort(([one], [other]) => String(one).localeCompare(String(other))),
  ).toEqual([
    ["street", 5],
    ["street 2", 5],
    ["street 3", 2],
  ]);
  expect((await cli(...CREATE, "--per-task", "5", "--segment-size", "2", "--json")).stdout).toMatch(
    /("did": "was-there"[^]*){3}/,
  );
});

it("the days after: who has what, what it has, and what goes with it", async () => {
  const stranger = await cli("task", "assign", "street", "--kind", "project", "--to", "anotator");
  expect(stranger).toMatchObject({ exitCode: 2 });
  const dealt = await cli("task", "assign", "street", "--kind", "project", "--to", "annotator");
  expect(dealt.exitCode, dealt.stderr).toBe(0);
  const status = await cli("task", "status", "street");
  expect(status.stdout).toMatch(/^annotator +12 +7 +7 /m);
  expect((await cli("task", "ls", "--size")).stdout).toMatch(/^3 tasks, 12 frames, \d+ B in the bucket$/m);
  expect((await cli("task", "delete", "street 2")).stdout).toMatch(
    /It would be:\n {2}Gone at once: task street 2 .*0 annotations/,
  );
  expect(await tasks()).toHaveLength(3);
  expect((await cli("task", "delete", "street 2", "--yes", "street 2")).exitCode).toBe(0);
  expect((await tasks()).map(({ name }) => name).sort()).toEqual(["street", "street 3"]);
  if (process.env["SHOWN"] !== undefined) await writeFile(process.env["SHOWN"], seen.join("\n"));
});
