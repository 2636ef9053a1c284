import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

const IN_A_FOLDER = 1000;
const MOST_BOXES = 10;
export const CLASSES = ["car", "bus", "van", "bike"];

/** Makes so many label files, a thousand in a folder, of which one in ten is empty. @returns names of their frames */
export async function labelTreeOf(root: string, files: number): Promise<string[]> {
  const frames: string[] = [];
  for (let at = 0; at < files; at++) {
    const folder = `match-${Math.floor(at / IN_A_FOLDER)}/images`;
    if (at % IN_A_FOLDER === 0) await mkdir(path.join(root, folder), { recursive: true });
    const name = `${folder}/frame_${String(at).padStart(7, "0")}`;
    await writeFile(path.join(root, `${name}.txt`), linesOf(at));
    frames.push(`set/${name}.jpg`);
  }
  return frames;
}

/** The same for each number, every time. */
function linesOf(at: number): string {
  const share = (step: number, most: number) => (((at * 7919 + step * 104_729) % 99_991) / 99_991) * most;
  const lines = Array.from({ length: at % MOST_BOXES }, (_, box) => {
    const numbers = [0.2 + share(box, 0.6), 0.2 + share(box + 11, 0.6), share(box + 23, 0.2), share(box + 31, 0.2)];
    return `${(at + box) % CLASSES.length} ${numbers.map((one) => one.toFixed(6)).join(" ")}\n`;
  });
  return lines.join("");
}
