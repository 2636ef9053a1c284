import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { unzipped } from "../../automation/rehearsal/services/cvat/zip.ts";
import { soundModel } from "../fixtures/cvat/models.ts";
import { pngOf } from "../fixtures/cvat/pictures.ts";
import { closed } from "../fixtures/cvat/s3.ts";
import { ADMIN, startCvat, STORE_ADDRESS } from "../fixtures/cvat/stand-in.ts";

const SCRIPTS = path.resolve(import.meta.dirname, "../python/cvat-sdk");
const PICTURES = ["day/1.png", "day/2.png", "day/10.png"];

/** A dashboard of Nuclio with one function, which finds a cat in every picture. */
async function dashboard() {
  const sound = soundModel({ name: "Detector" });
  const annotations = { ...sound.metadata.annotations, spec: JSON.stringify([{ name: "cat", type: "rectangle" }]) };
  const model = { ...sound, metadata: { ...sound.metadata, annotations } };
  const server = createServer((request, response) => {
    const body = request.method === "GET" ? model : [{ label: "cat", type: "rectangle", points: [0, 0, 9, 9] }];
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

it("CVAT's own client and command line do a week's data work with the stand-in", async () => {
  const python = await pythonEnvironment(path.join(SCRIPTS, "requirements.txt"), { progress: silentProgress });
  const nuclio = await dashboard();
  const cvat = await startCvat({ nuclio: nuclio.url });
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-sdk-"));
  cvat.s3.buckets = { datasets: [...PICTURES] };
  for (const name of PICTURES) cvat.s3.bodies[`datasets/${name}`] = pngOf(64, 48);
  try {
    const args = ["exercise_data.py", cvat.url, STORE_ADDRESS, folder];
    const result = await execa(python, args, { cwd: SCRIPTS, input: `${ADMIN.password}\n`, reject: false });
    expect(result.stderr).toBe("");
    const { id, ...seen } = JSON.parse(result.stdout) as Record<string, unknown>;
    expect(seen).toEqual({
      task: [3, "Train", PICTURES],
      jobs: [
        [0, 1],
        [2, 2],
      ],
      set: [0, 1, 0],
      uploaded: [0, 3, 0],
      absent: expect.stringContaining("'in/absent.zip' not found on the cloud storage 'datasets'") as string,
      downloaded: ["annotations/instances_Train.json", ...PICTURES.map((name) => `images/Train/${name}`)].sort(),
      frames: ["first.png"],
      preview: true,
      done: ["completed", 1],
      "by sdk": [0, 3, 0],
      run: ["queued", true],
      "by nuclio": ["finished", 100, [0, 3, 0]],
    });
    const street = await unzipped(Buffer.from(cvat.s3.bodies["datasets/out/street.zip"] ?? ""));
    expect(street?.map(({ name }) => name)).toEqual(["annotations.xml"]);

    // The command line reads its token from the environment, and host and port as arguments. (cvat-real-third-look.md, 10.6)
    const key = await cvat.key();
    const token = await cvat.call("POST", "auth/access_tokens", { key, body: { name: "cli", read_only: false } });
    const { hostname, port } = new URL(cvat.url);
    const cli = async (...words: string[]) =>
      execa(
        path.join(path.dirname(python), "cvat-cli"),
        ["--server-host", `http://${hostname}`, "--server-port", port, ...words],
        {
          env: { CVAT_ACCESS_TOKEN: (token.body as { value: string }).value },
          cwd: folder,
        },
      );
    expect((await cli("task", "ls")).stdout.trim()).toBe(String(id));
    await cli(
      "task",
      "export-dataset",
      String(id),
      "cli.zip",
      "--format",
      "YOLO 1.1",
      "--completion_verification_period",
      "1",
    );
    const written = (await unzipped(await readFile(path.join(folder, "cli.zip"))))?.map(({ name }) => name);
    expect(written).toEqual(expect.arrayContaining(["obj.data", "obj_Train_data/day/1.txt"]));
    await writeFile(path.join(folder, "again.zip"), await readFile(path.join(folder, "boxes.zip")));
    await cli("task", "import-dataset", String(id), "again.zip", "--format", "YOLO 1.1");
    expect((await cvat.call("GET", `tasks/${String(id)}/annotations`)).body).toMatchObject({ shapes: [{}, {}, {}] });
  } finally {
    await cvat.end();
    await closed(nuclio.server);
    await rm(folder, { recursive: true, force: true });
  }
}, 300_000);
