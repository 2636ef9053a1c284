import { zipPlan } from "../../data/annotations/zip-plan.ts";
import { framesIn } from "../../data/annotations/zip-plan.ts";
import { zipToFile } from "../../data/annotations/zip-write.ts";
import { noCounts, yoloEntries } from "../../data/annotations/yolo-entries.ts";
import { labelTree } from "../../data/labels/tree.ts";

/** Says where a zip's time goes, in seconds: `stages.ts FOLDER LABELS FRAMES ZIP`. */
const [folder = "", labels = "", frames = "", zip = ""] = process.argv.slice(2);
const seconds: Record<string, number> = {};
async function stage<T>(name: string, work: () => Promise<T> | T): Promise<T> {
  const began = performance.now();
  const result = await work();
  seconds[name] = (performance.now() - began) / 1000;
  return result;
}

await stage("finding the files", () => labelTree(folder));
const names = await framesIn(frames);
const plan = await stage("finding and matching", () => zipPlan({ place: folder, labels, frames: names }));
await stage("reading and checking", () => {
  for (const { content } of yoloEntries(plan, noCounts(), "")) if (content.length < 0) throw new Error("none");
});
await stage("reading, checking and writing", () => zipToFile(plan, zip));
process.stdout.write(JSON.stringify(seconds));
