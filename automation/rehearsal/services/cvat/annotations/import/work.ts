import { readFileSync } from "node:fs";
import { bytesOf } from "../../bucket.ts";
import { notFound } from "../../data/choose.ts";
import { namedFrames } from "../../data/meta.ts";
import { labelsOf } from "../../owned.ts";
import type { StoredRequest } from "../../store.ts";
import { Failure, type Work } from "../../workers.ts";
import { unzipped, type Entry } from "../../zip.ts";
import { add, take } from "../change.ts";
import type { Annotations } from "../model.ts";
import type { ImportCall } from "./begin.ts";
import { fromCoco } from "./coco.ts";
import { fromCvat } from "./cvat.ts";
import type { Target } from "./target.ts";
import { fromUltralytics } from "./ultralytics.ts";
import { fromYolo } from "./yolo.ts";

type Reader = (target: Target, files: readonly Entry[]) => Annotations;

const READERS: Readonly<Record<string, Reader>> = {
  "YOLO 1.1": fromYolo,
  "Ultralytics YOLO Detection 1.0": fromUltralytics,
  "CVAT 1.1": fromCvat,
  "COCO 1.0": fromCoco,
};

/** A file's annotations take the place of all that are there, or nothing is changed. (5.1, 5.4) */
export async function importAnnotations(work: Work, request: StoredRequest): Promise<undefined> {
  const { state, store, config } = work;
  const task = state.tasks.find(({ id }) => id === request.task_id);
  const job = state.jobs.find(({ id }) => id === request.job_id);
  const { format, storage: id, filename } = request.parameters as unknown as ImportCall;
  const storage = state.storages.find((one) => one.id === id);
  if (!task || (!storage && id !== undefined))
    throw new Failure("cvat.apps.engine.models.Task.DoesNotExist: Task matching query does not exist.");
  const bytes = storage ? await bytesOf(config, storage, filename) : readFileSync(filename);
  if (storage && !bytes) throw notFound(filename, storage);
  if (!task.data) throw new Failure("AttributeError: 'NoneType' object has no attribute 'validation_mode'");
  const read = READERS[format];
  if (!read) throw new Failure(`NotImplementedError: the rehearsal's stand-in for CVAT does not read ${format}`);
  const target: Target = { store, task, frames: namedFrames(work, task), labels: labelsOf(work, task) };
  const news = read(target, await filesIn(bytes ?? Buffer.alloc(0), format));
  const scope = { task, job };
  take(work, scope);
  add(work, scope, news);
  return undefined;
}

/** CVAT's own and COCO's come also as one file. */
async function filesIn(bytes: Buffer, format: string): Promise<readonly Entry[]> {
  const files = await unzipped(bytes);
  if (files) return files;
  if (format === "CVAT 1.1") return [{ name: "annotations.xml", bytes }];
  if (format === "COCO 1.0") return [{ name: "annotations/instances_default.json", bytes }];
  throw new Failure("pyunpack.PatoolError: patool can not unpack");
}
