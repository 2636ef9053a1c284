import { existsSync, readFileSync } from "node:fs";
import { detail, errorPage, json, plain, Refusal, refuse, type Answer } from "../../answers.ts";
import { FORBIDDEN, type Asked, type Route } from "../../asked.ts";
import { oneJob, oneProject, oneTask, taskOf } from "../../owned.ts";
import { noteEvent } from "../../events.ts";
import { begin } from "../../requests.ts";
import type { StoredJob, StoredProject, StoredTask } from "../../store.ts";

/** What an export's worker is told. */
export interface ExportCall {
  format: string;
  images: boolean;
  /** Undefined: for a download. */
  storage?: number;
  filename: string;
  /** Name the caller has for CVAT. */
  host: string;
}

/** Names of CVAT's formats that it exports. (dataset_manager/formats) */
const FORMATS = [
  ...["CVAT for images 1.1", "CVAT for video 1.1", "COCO 1.0", "COCO Keypoints 1.0", "Datumaro 1.0", "ImageNet 1.0"],
  ...["LabelMe 3.0", "MOT 1.1", "PASCAL VOC 1.1", "Segmentation mask 1.1", "YOLO 1.1"],
  ...["Ultralytics YOLO Detection 1.0", "Ultralytics YOLO Segmentation 1.0", "Ultralytics YOLO Pose 1.0"],
  ...["Ultralytics YOLO Oriented Bounding Boxes 1.0", "Ultralytics YOLO Detection Track 1.0"],
];

interface Target {
  target: "project" | "task" | "job";
  id: number;
  project?: StoredProject;
  task?: StoredTask;
  job?: StoredJob;
}

const targets: Readonly<Record<string, (asked: Asked) => Target>> = {
  projects: (asked) => {
    const project = oneProject(asked);
    return { target: "project", id: project.id, project };
  },
  tasks: (asked) => {
    const task = oneTask(asked);
    return { target: "task", id: task.id, task };
  },
  jobs: (asked) => {
    const job = oneJob(asked);
    return { target: "job", id: job.id, job, task: taskOf(asked, job) };
  },
};

export const EXPORT_ROUTES: readonly Route[] = Object.entries(targets).flatMap(([list, targetOf]): Route[] => [
  {
    path: new RegExp(`^${list}/(\\d+)/dataset/export$`),
    methods: { POST: (asked: Asked) => beginExport(asked, targetOf(asked)) },
  },
  {
    path: new RegExp(`^${list}/(\\d+)/dataset/download$`),
    methods: {
      GET: download,
      HEAD: () => {
        throw new Refusal(errorPage(500, "Server Error (500)"));
      },
    },
  },
]);

/** (6.6; cvat-real-second-look.md, 4) */
function beginExport(asked: Asked, { target, id, project, task, job }: Target): Answer {
  const { query, host, user } = asked;
  const format = query.get("format") ?? "";
  if (!FORMATS.includes(format)) throw refuse(400, ["Unknown format specified for the request"]);
  const images = query.get("save_images") ?? "false";
  if (!/^(true|false|1|0)$/i.test(images)) throw new Refusal(errorPage(500, "Server Error (500)"));
  if (task && !task.data)
    throw new Refusal(plain(400, "Exporting annotations from a task without data is not allowed"));
  const withImages = /^(true|1)$/i.test(images);
  const subresource = withImages ? "dataset" : "annotations";
  const own = task ?? project;
  const storage = storageOf(asked, own);
  // A token for reading writes into no bucket. (cvat-real-third-look.md 2.5, 3.1)
  if (storage !== undefined && asked.token?.read_only) throw detail(403, FORBIDDEN);
  const stamp = (own?.updated_date ?? "").slice(0, 19).replace(/[-T:]/g, "_");
  const filename = query.get("filename") ?? `${target}_${id}_${subresource}_${stamp}_${format.toLowerCase()}.zip`;
  const name = format.replaceAll(" ", "_").replaceAll(".", "~");
  const call: ExportCall = { format, images: withImages, filename, host, ...(storage !== undefined && { storage }) };
  noteEvent(asked, "export:dataset", {
    ...{ task_id: task?.id ?? null, project_id: project?.id ?? task?.project_id ?? null, job_id: job?.id ?? null },
    organization: own?.organization ?? null,
  });
  return begin(asked, {
    id: `action=export&target=${target}&target_id=${id}&user_id=${user.id}&format=${name}&subresource=${subresource}`,
    ...{ type: `export:${subresource}`, target, format, job_id: job?.id ?? null, task_id: task?.id ?? null },
    project_id: project?.id ?? task?.project_id ?? null,
    parameters: { ...call },
  });
}

/** Where it goes: the storage that is named, or the target of its own record. */
function storageOf({ query, state }: Asked, own: StoredProject | undefined): number | undefined {
  const location = query.get("location") ?? own?.target_storage?.location ?? "local";
  if (location === "local") return undefined;
  const target = query.has("location") ? null : own?.target_storage?.cloud_storage_id;
  const id = query.get("cloud_storage_id") ?? target;
  if (location !== "cloud_storage" || id === null || id === undefined)
    throw new Refusal(errorPage(500, "Server Error (500)"));
  if (!state.storages.some((one) => one.id === Number(id)))
    throw refuse(400, ["CloudStorage matching query does not exist."]);
  return Number(id);
}

/** Only for who asked for it. (6.2; cvat-real-third-look.md, 3.1) */
function download(asked: Asked): Answer {
  const { query, state, user } = asked;
  const id = query.get("rq_id");
  const request = state.requests.find((one) => one.id === id);
  if (id === null || !request) throw refuse(400, ["Unknown request id"]);
  if (request.owner !== user.id) throw detail(403, FORBIDDEN);
  const { file, filename } = request.parameters as { file?: string; filename?: string };
  if (request.status !== "finished" || file === undefined || !existsSync(file))
    return json(404, { detail: "The exported file has expired" });
  const headers = { "Content-Disposition": `attachment; filename="${filename ?? "export.zip"}"` };
  return { status: 200, type: "application/zip", text: readFileSync(file), headers };
}
