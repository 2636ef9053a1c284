import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { unzipped } from "../../automation/rehearsal/services/cvat/zip.ts";
import { draw } from "../data/pictures/draw.ts";
import { mp4Of } from "../fixtures/cvat/pictures.ts";
import { startCvat, storageBody } from "../fixtures/cvat/stand-in.ts";

const PAGE = path.resolve(import.meta.dirname, "../../docs/data.md");
const REQUIREMENTS = path.resolve(import.meta.dirname, "../python/cvat-sdk/requirements.txt");

/** The samples of a section, by the language of their fence. */
async function samples(section: string) {
  const page = await readFile(PAGE, "utf8");
  const text = page.split(/^## /m).find((one) => one.startsWith(`${section}\n`)) ?? "";
  return (language: string) =>
    [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "gm"))].map(([, code = ""]) => code);
}

it("the samples of docs/data.md run as they stand there, with the client's release that it names", async () => {
  const of = await samples("From your own scripts");
  const [setup = ""] = of("sh");
  const pinned = await readFile(REQUIREMENTS, "utf8");
  for (const [name] of setup.matchAll(/cvat-\w+==\S+/g)) expect(pinned).toContain(`${name}\n`);
  const python = await pythonEnvironment(REQUIREMENTS, { progress: silentProgress });
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-samples-"));
  const cvat = await startCvat();
  try {
    const picture = await draw("png", { width: 64, height: 48 });
    cvat.s3.buckets = { datasets: ["highway/1.png", "highway/2.png", "clips/traffic.mp4"] };
    for (const name of ["highway/1.png", "highway/2.png"]) cvat.s3.bodies[`datasets/${name}`] = picture;
    cvat.s3.bodies["datasets/clips/traffic.mp4"] = mp4Of(64, 48, 60);
    await cvat.call("POST", "organizations", { body: { slug: "lab" } });
    const headers = { "X-Organization": "lab" };
    const storage = await cvat.call("POST", "cloudstorages", { body: storageBody(), headers });
    const token = await cvat.call("POST", "auth/access_tokens", { body: { name: "scripts", read_only: false } });
    const env = {
      PATH: `${path.dirname(python)}:${process.env["PATH"] ?? ""}`,
      CVAT_URL: cvat.url,
      CVAT_ACCESS_TOKEN: (token.body as { value: string }).value,
      STORAGE: String((storage.body as { id: number }).id),
    };
    const options = { cwd: folder, env, extendEnv: false, reject: false } as const;

    await writeFile(path.join(folder, "script.py"), of("python").join("\n"));
    const ran = await execa(python, ["script.py"], options);
    expect([ran.exitCode, ran.stderr]).toEqual([0, ""]);
    const [made = "", first = ""] = ran.stdout.split("\n");
    const [, id = ""] = /^(\d+) \['highway\/1\.png', 'highway\/2\.png'\]$/.exec(made) ?? [];
    expect(first).toMatch(/^0 \d+ \[10\.0, 10\.0, 30\.0, 25\.0\]$/);
    const annotations = async (task: string) => (await cvat.call("GET", `tasks/${task}/annotations`)).body;
    // The one that was put in, and one of the model on each frame.
    expect(await annotations(id)).toMatchObject({ shapes: [{}, {}, {}], tracks: [] });
    const film = cvat.store.state.tasks.find(({ name }) => name === "traffic");
    expect(await annotations(String(film?.id))).toMatchObject({
      tracks: [{ frame: 0, shapes: [{ frame: 0 }, { frame: 10 }, { frame: 20, outside: true }] }],
    });
    expect(await readdir(folder)).toEqual(expect.arrayContaining(["coco.zip", "yolo.zip", "yolo"]));
    expect(await readdir(path.join(folder, "yolo"))).toContain("obj.data");

    const model = of("python").find((code) => code.includes("class Bright")) ?? "";
    const own = /^ {4}(spec = [^]*?)\n\n\n/m.exec(model)?.[0].replace(/^ {4}/gm, "").replace("self, ", "") ?? "";
    await writeFile(path.join(folder, "bright.py"), `import cvat_sdk.auto_annotation as cvataa\n\n${own}`);
    const shell = await execa("bash", ["-euc", of("bash").join("\n")], options);
    expect([shell.exitCode, shell.exitCode === 0 ? "" : shell.stderr]).toEqual([0, ""]);
    const signs = cvat.store.state.tasks.find(({ name }) => name === "signs 1");
    expect(shell.stdout.split("\n")).toContain(String(signs?.id));
    expect(await annotations(String(signs?.id))).toMatchObject({ shapes: [{}, {}] });
    const files = await unzipped(await readFile(path.join(folder, "signs.zip")));
    expect(files?.map(({ name }) => name)).toContain("annotations/instances_default.json");
  } finally {
    await cvat.end();
    await rm(folder, { recursive: true });
  }
}, 300_000);
