import { errorPage, Refusal, refuse, type Answer } from "../../answers.ts";
import type { Asked } from "../../asked.ts";
import { begin } from "../../requests.ts";
import type { Scope } from "../change.ts";

/** What an import's worker is told. */
export interface ImportCall {
  format: string;
  /** Undefined: what was sent. */
  storage?: number;
  /** Its key, or the file that what was sent lies in. */
  filename: string;
}

/** Names of CVAT's formats that it imports. (dataset_manager/formats) */
const FORMATS = [
  ...["CVAT 1.1", "COCO 1.0", "COCO Keypoints 1.0", "Datumaro 1.0", "ImageNet 1.0", "LabelMe 3.0", "MOT 1.1"],
  ...["PASCAL VOC 1.1", "Segmentation mask 1.1", "YOLO 1.1", "Ultralytics YOLO Detection 1.0"],
  ...["Ultralytics YOLO Segmentation 1.0", "Ultralytics YOLO Pose 1.0", "Ultralytics YOLO Oriented Bounding Boxes 1.0"],
];

/**
 * Annotations from a file, in the place of those that are there. (5.7 to 5.9)
 * @param uploaded the file here, when it was sent. Default: it is in a bucket
 */
export function beginImport(asked: Asked, { task, job }: Scope, uploaded?: string): Answer {
  const { query, state } = asked;
  const format = query.get("format") ?? "";
  if (!FORMATS.includes(format)) throw refuse(400, [`Unknown input format '${format}'`]);
  // A task does not go by its project's storage. (5.8)
  const location = query.get("location") ?? task.source_storage?.location ?? "local";
  const [target, target_id] = job ? ["job", job.id] : ["task", task.id];
  return begin(asked, {
    id: `action=import&target=${target}&target_id=${target_id}&subresource=annotations`,
    ...{ type: "import:annotations", target, task_id: task.id, project_id: task.project_id, job_id: job?.id ?? null },
    parameters: { format, ...from() },
  });

  function from(): Omit<ImportCall, "format"> {
    // What was sent is looked for in the task's own source storage, unless that is here.
    if (uploaded !== undefined && location === "local") return { filename: uploaded };
    if (location === "local") throw refuse(400, ["No such file were uploaded"]);
    if (location !== "cloud_storage") throw new Refusal(errorPage(500, "Server Error (500)"));
    const own = query.has("location") ? null : task.source_storage?.cloud_storage_id;
    const id = query.get("cloud_storage_id") ?? own;
    if (id === null || id === undefined)
      throw refuse(400, ["Trying to use undefined cloud storage (cloud_storage_id was not provided)"]);
    const storage = state.storages.find((one) => one.id === Number(id));
    if (!storage) throw refuse(400, ["CloudStorage matching query does not exist."]);
    const filename = query.get("filename") ?? "";
    if (filename === "") throw refuse(400, ["The filename was not specified"]);
    return { storage: storage.id, filename };
  }
}
