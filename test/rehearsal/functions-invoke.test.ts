import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { functionLogs } from "../../automation/functions/logs.ts";
import { streamProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { handlerSources } from "../../automation/rehearsal/services/nuclio/row.ts";
import { NAMESPACE, startNuclioLab, type NuclioLab } from "./nuclio-lab.ts";

const PICTURE = `
import sys
from PIL import Image, ImageDraw
picture = Image.new("RGB", (64, 64), "black")
ImageDraw.Draw(picture).rectangle((10, 20, 29, 39), fill=(255, 0, 0))
picture.save(sys.argv[1])`;

let lab: NuclioLab;
let folder: string;
let image: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-invoke-"));
  const handlers = handlerSources(folder);
  const python = await pythonEnvironment(handlers[0]?.requirements ?? "", { progress: streamProgress() });
  await execa(python, ["-c", PICTURE, path.join(folder, "red.png")]);
  image = (await readFile(path.join(folder, "red.png"))).toString("base64");
  const yolo11x = {
    kind: "detector",
    description: "Finds colours.",
    labels: ["red", "green", "blue"],
    image: "registry.example/vision/yolo11x:1.0.0",
  };
  const broken = { ...yolo11x, image: undefined, timeouts: { ready: "5s" } };
  const build = { source: { url: "https://git.invalid/x.git", kind: "git", branch: "main" }, image: "x:1" };
  lab = await startNuclioLab(
    {
      functions: {
        yolo11x,
        sam: { ...yolo11x, image: "registry.example/vision/sam:1.0.0" },
        broken: { ...broken, build },
      },
      adopted: {},
      version: "1.15.13",
    },
    { handlers },
  );
  await lab.engine.run("up").catch(() => undefined); // `broken` cannot be built.
});
afterAll(async () => {
  await lab.end();
  await rm(folder, { recursive: true, force: true });
});

const invoke = async (name: string, body: unknown) => {
  const { status, text } = await lab.nuclio.dashboard.invoke(name, "/", body, 60_000);
  return { status, answer: JSON.parse(text) as unknown };
};

describe("calling a function through the API server", () => {
  it("has its own code find what is in the picture", async () => {
    const { status, answer } = await invoke("yolo11x", { image, threshold: 0.8 });
    expect(status).toBe(200);
    expect(answer).toEqual([{ confidence: "1.00", label: "red", points: [10, 20, 30, 40], type: "rectangle" }]);
  });

  it("has its own code refuse bad input in words", async () => {
    expect(await invoke("yolo11x", { image: "no picture" })).toMatchObject({
      status: 400,
      answer: { error: expect.any(String) as string },
    });
  });

  it("says so where nothing here runs the image", async () => {
    expect(await invoke("sam", { image })).toEqual({
      status: 502,
      answer: expect.objectContaining({ error: expect.stringContaining("this is a rehearsal") as string }) as object,
    });
  });

  it("fails as Nuclio does for a function that was never built, and for one that is not there", async () => {
    expect(await invoke("broken", { image })).toEqual({
      status: 500,
      answer: { error: "Failed to invoke function: Invocation URL is required" },
    });
    expect((await invoke("absent", { image })).status).toBe(404);
  });

  it("leaves the pods' logs to the API server", async () => {
    const [log] = await functionLogs({ kubeconfig: lab.kubeconfig }, NAMESPACE, "yolo11x", 10);
    expect(log).toMatchObject({ pod: expect.stringMatching(/^nuclio-yolo11x-/) as string, state: "running" });
  });
});
