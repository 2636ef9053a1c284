import { writeFileSync } from "node:fs";
import { picture } from "../../data/look.ts";
import { deliver } from "../../exports/deliver.ts";
import { exportFile, isKept } from "../../exports/file.ts";
import type { State, StoredProject, StoredRequest, StoredTask } from "../../store.ts";
import { Failure, type Work } from "../../workers.ts";
import { zipped, type Entry } from "../../zip.ts";
import { Refusal } from "../../answers.ts";
import type { ExportCall } from "./begin.ts";
import { cocoFiles } from "./coco.ts";
import { exportedOf, type Exported, type ExportedTask } from "./source.ts";
import { imagesXml, videoXml } from "./xml.ts";
import { pictureNameOf, subsetOf, ultralyticsFiles, yoloFiles } from "./yolo.ts";

type Format = (exported: Exported) => Entry[];

const xml =
  (write: (exported: Exported) => string): Format =>
  (exported) => [{ name: "annotations.xml", bytes: Buffer.from(write(exported)) }];

const FORMATS: Readonly<Record<string, Format>> = {
  "CVAT for images 1.1": xml(imagesXml),
  "CVAT for video 1.1": xml(videoXml),
  "YOLO 1.1": yoloFiles,
  "Ultralytics YOLO Detection 1.0": ultralyticsFiles,
  "COCO 1.0": cocoFiles,
};

/** Writes a data set, into a bucket or for a download; what has not changed since is the old one. (cvat-real-third-look.md, 3.2) */
export async function exportDataset(work: Work, request: StoredRequest): Promise<Partial<StoredRequest>> {
  const { state, store, config } = work;
  const call = request.parameters as unknown as ExportCall;
  const { format, images } = call;
  const task = state.tasks.find(({ id }) => id === request.task_id);
  const project = task ? undefined : state.projects.find(({ id }) => id === request.project_id);
  const job = state.jobs.find(({ id }) => id === request.job_id);
  if (!task && !project)
    throw new Failure("cvat.apps.engine.models.Project.DoesNotExist: Project matching query does not exist.");
  const write = FORMATS[format];
  if (!write) throw new Failure(`NotImplementedError: the rehearsal's stand-in for CVAT does not write ${format}`);
  const file = exportFile(store, [
    ...[request.target, job?.id ?? task?.id ?? project?.id, format, images, dateOf(state, task ?? project)],
  ]);
  if (!isKept(file)) {
    const exported = exportedOf(work, { project, task, job });
    if (exported.tasks.length === 0) throw new Failure("ValueError: There is nothing to export");
    const files = [...write(exported), ...(images ? await pictures(work, exported, format) : [])];
    writeFileSync(file, zipped(work.orders?.exports === "empty" ? [] : files));
  }
  const place = `${request.target}s/${job?.id ?? task?.id ?? project?.id ?? 0}/dataset/download`;
  return deliver({ state, config }, request, { ...call, file, place });
}

/** The newest date of a project and its tasks. */
function dateOf({ tasks }: State, one: StoredTask | StoredProject | undefined): string {
  const dates = tasks.filter(({ project_id }) => project_id === one?.id).map(({ updated_date }) => updated_date);
  const own = one?.updated_date ?? "";
  return one && "posted" in one ? own : ([own, ...dates].sort().at(-1) ?? "");
}

/**
 * Pictures below `images/`, by subset where the format has subsets or it is a project's; of CVAT's own, one of a name that is there already gets
 * a number. (cvat-real-third-look.md, 5.2)
 */
async function pictures(work: Work, exported: Exported, format: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  const taken = new Set<string>();
  for (const one of exported.tasks) {
    const { task, frames } = one;
    const folder = folderOf(exported, one, format);
    for (const { number, name } of frames) {
      const { bytes } = await picture(work, task, number).catch((error: unknown) => {
        throw error instanceof Refusal
          ? new Failure(`rest_framework.exceptions.NotFound: ${String(error.answer.text)}`)
          : error;
      });
      const whole = freeName(`${folder}${pictureNameOf(one, name)}`, taken);
      taken.add(whole);
      entries.push({ name: whole, bytes });
    }
  }
  return entries;
}

function folderOf(exported: Exported, task: ExportedTask, format: string): string {
  if (format.startsWith("YOLO")) return `obj_${subsetOf(exported, task)}_data/`;
  if (format.startsWith("Ultralytics")) return `images/${subsetOf(exported, task)}/`;
  return exported.project || format.startsWith("COCO") ? `images/${task.subset}/` : "images/";
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  const [, stem = name, ending = ""] = /^(.*)(\.[^./]*)$/.exec(name) ?? [];
  let free = name;
  for (let number = 1; taken.has(free); number++) free = `${stem}_${number}${ending}`;
  return free;
}
