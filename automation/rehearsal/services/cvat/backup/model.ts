import type { Given } from "../labels.ts";

/** `task.json` of a backup. (TaskExporter in engine/backup.py) */
export interface TaskInBackup {
  name: string;
  bug_tracker: string;
  status: string;
  subset: string;
  labels: Given[];
  version: string;
  data: DataInBackup;
  jobs: JobInBackup[];
}

export interface DataInBackup {
  /** Null while the task was still being created. */
  chunk_size: number | null;
  image_quality: number;
  start_frame?: number;
  stop_frame?: number;
  frame_filter?: string;
  storage_method: "cache";
  sorting_method: string;
  chunk_type: "imageset" | "video";
  deleted_frames: number[];
  /** Jobs that are no even parts of the task. */
  custom_segments?: boolean;
  /** `local`: the media is in the backup. */
  storage: string;
}

export interface JobInBackup {
  status: string;
  type?: string;
  start_frame: number;
  stop_frame: number;
  /** Those of a ground-truth job. */
  frames?: number[];
}

/** `project.json`. */
export interface ProjectInBackup {
  name: string;
  bug_tracker: string;
  status: string;
  labels: Given[];
  version: string;
}

export const VERSION = "1.0";
export const PROJECT_FILE = "project.json";
export const GUIDE_FILE = "annotation_guide.md";
export const TASK_FILE = "task.json";
export const ANNOTATIONS_FILE = "annotations.json";
export const MANIFEST_FILE = "manifest.jsonl";
export const DATA_FOLDER = "data/";
