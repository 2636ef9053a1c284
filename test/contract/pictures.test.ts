import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { FilmReader } from "../../automation/data/pictures/film.ts";
import { lookAtPicture, shownSize } from "../../automation/data/pictures/picture.ts";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
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

it("films are as long and as large as PyAV decodes them", async () => {
  await inFolder(async (folder) => {
    const said = await asCvat<{ frames: number; size: number[] }>("films", folder);
    const reader = new FilmReader();
    for (const name of await readdir(folder)) {
      const bytes = await readFile(path.join(folder, name));
      const { film, problem } = await reader.look(bytesOfBuffer(bytes));
      expect(problem, name).toBeUndefined();
      expect([name, film?.frames, film?.width, film?.height]).toEqual([
        name,
        said[name]?.frames,
        ...(said[name]?.size ?? []),
      ]);
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

async function asCvat<T>(what: "pictures" | "films", folder: string): Promise<Partial<Record<string, T>>> {
  const python = await pythonEnvironment(path.join(FOLDER, "requirements.txt"), { progress: silentProgress });
  const { stdout } = await execa(python, ["as_cvat.py", what, folder], { cwd: FOLDER });
  return JSON.parse(stdout) as Partial<Record<string, T>>;
}
