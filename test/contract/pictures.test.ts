import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { makeManifest } from "../../automation/data/dataset/manifest/make.ts";
import { FilmReader } from "../../automation/data/pictures/film.ts";
import { lookAtPicture, shownSize } from "../../automation/data/pictures/picture.ts";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { memoryBucket } from "../data/memory-bucket.ts";
import { bytesOfBuffer } from "../data/pictures/bytes.ts";
import {
  draw,
  drawBroken,
  jpegTurnedByXmp,
  jpegWithBlock,
  pngTurnedBehind,
  pngTurnedByText,
} from "../data/pictures/draw.ts";

const FOLDER = path.resolve(import.meta.dirname, "../python/pictures");

it("sizes, turns and what cannot be opened are what Pillow says, asked as CVAT asks it", async () => {
  const files: [name: string, bytes: Buffer][] = [
    ["xmp.jpg", await jpegTurnedByXmp(6)],
    ["block.jpg", await jpegWithBlock(300_000, { turn: 8 })],
    ["behind.png", await pngTurnedBehind(8)],
    ["text.png", await pngTurnedByText(6)],
  ];
  for (const kind of ["jpeg", "png", "webp", "tiff", "gif"] as const) {
    for (const turn of [undefined, 1, 2, 3, 4, 5, 6, 7, 8])
      files.push([`${turn ?? "none"}.${kind}`, await draw(kind, turn === undefined ? {} : { turn })]);
  }
  const broken = await drawBroken();
  for (const { name, bytes } of broken) files.push([name, bytes]);

  const said = await inFolder(async (folder) => {
    for (const [name, bytes] of files) await writeFile(path.join(folder, name), bytes);
    return asCvat<{ size?: number[]; turn?: number; format?: string; refused?: string; pixels?: boolean }>(
      "pictures",
      folder,
    );
  });
  for (const [name, bytes] of files) {
    const { header, format, problem } = await lookAtPicture(bytesOfBuffer(bytes));
    const theirs = said[name];
    const expected = broken.find((one) => one.name === name);
    expect([name, problem?.kind], name).toEqual([name, expected?.problem]);
    expect([name, theirs?.refused === undefined], name).toEqual([name, expected?.pillow !== "refused"]);
    if (!theirs?.size || !header) continue;
    const { width, height } = shownSize(header);
    // Pillow has turned a TIFF's size already, and CVAT turns it once more: what it shows is as wide as ours.
    const turnedTwice = format === "TIFF" && header.turn > 4;
    expect([name, turnedTwice ? [height, width] : [width, height], header.turn]).toEqual([
      name,
      theirs.size,
      theirs.turn,
    ]);
  }
}, 300_000);

it("a manifest is what CVAT's creator would write: the same JSON, the same order, names taken apart in the same way", async () => {
  const names = [
    "10.jpg",
    "9.jpg",
    "A.jpg",
    "UP/X.JPG",
    "a b/ü.png",
    "a/f1.jpg",
    "a/f10.jpg",
    "a/f2.jpg",
    "d/a.b.c.jpeg",
  ];
  const odd = ['quo"te\\.jpg', "tab\t.jpg", "..x.jpg", "😀.jpg", "\uff21.jpg", "e\u0301\u007f.webp"];
  const files = await Promise.all(
    [...names, ...odd].map(async (name, at) => {
      const kind = /png$/.test(name) ? "png" : /webp$/.test(name) ? "webp" : "jpeg";
      return [
        `run/${name}`,
        await draw(kind, { width: 10 + at, height: 20, ...(at % 3 === 0 && { turn: 6 }) }),
      ] as const;
    }),
  );
  const bucket = memoryBucket(Object.fromEntries(files));
  await inFolder(async (folder) => {
    await makeManifest(bucket, "run", { folder, parallel: 4 });
    await writeFile(path.join(folder, "manifest.jsonl"), bucket.objects.get("run/manifest.jsonl") ?? "");
    const said = await asCvat<unknown>("manifest", folder);
    expect(said).toMatchObject({
      ...{ written: true, ends: true, split: true, sorted: true, header: [{ version: "1.1" }, { type: "images" }] },
      names: expect.arrayContaining([...names, ...odd]) as string[],
    });
  });
}, 300_000);

it("films are as long and as large as PyAV decodes them", async () => {
  await inFolder(async (folder) => {
    const said = await asCvat<{ frames: number; size: number[] }>("films", folder);
    const reader = new FilmReader();
    for (const name of await readdir(folder)) {
      const bytes = await readFile(path.join(folder, name));
      const { film, problem } = await reader.look(bytesOfBuffer(bytes));
      expect(problem, name).toBeUndefined();
      const { frames = 0, size = [] } = said[name] ?? {};
      expect([name, film?.width, film?.height]).toEqual([name, ...size]);
      expect(Math.abs((film?.frames ?? 0) - frames), name).toBeLessThanOrEqual(film?.framesAbout ? 2 : 0);
      const cut = await reader.look(bytesOfBuffer(bytes.subarray(0, bytes.length / 2)));
      expect([name, cut.problem !== undefined]).toEqual([name, true]);
    }
    await reader.close();
  });
}, 300_000);

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), "pictures-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function asCvat<T>(what: "pictures" | "films" | "manifest", folder: string): Promise<Partial<Record<string, T>>> {
  const python = await pythonEnvironment(path.join(FOLDER, "requirements.txt"), { progress: silentProgress });
  const { stdout } = await execa(python, ["as_cvat.py", what, folder], { cwd: FOLDER });
  return JSON.parse(stdout) as Partial<Record<string, T>>;
}
