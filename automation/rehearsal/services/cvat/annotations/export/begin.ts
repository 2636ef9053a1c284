import { errorPage, plain, Refusal, refuse, type Answer } from "../../answers.ts";
import type { Asked, Route } from "../../asked.ts";
import { destinationOf } from "../../exports/destination.ts";
import { downloadRoute } from "../../exports/download.ts";
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
  downloadRoute(list, "dataset", /&subresource=(annotations|dataset)$/),
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
  const storage = destinationOf(asked, own);
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
