import { writeFileSync } from "node:fs";
import { deliver } from "../exports/deliver.ts";
import { exportFile, isKept } from "../exports/file.ts";
import { guideOf } from "../guides.ts";
import type { StoredProject, StoredRequest, StoredTask } from "../store.ts";
import { Failure, type Work } from "../workers.ts";
import { zipped, type Entry } from "../zip.ts";
import { namedLabels } from "./labels.ts";
import { GUIDE_FILE, PROJECT_FILE, VERSION, type ProjectInBackup } from "./model.ts";
import { taskEntries } from "./task.ts";

/** What the worker of a backup is told. */
export interface BackupCall {
  lightweight: boolean;
  /** Undefined: it is downloaded. */
  storage?: number;
  filename: string;
  /** Name the caller has for CVAT. */
  host: string;
}

/**
 * Makes a backup, or gives the one out again that was made when the project or task had the date it has now: nothing is asked of a project's
 * tasks. (create_backup in engine/backup.py; cvat-real-third-look.md 3.2)
 */
export async function writeBackup(work: Work, request: StoredRequest): Promise<Partial<StoredRequest>> {
  const { state, store } = work;
  const call = request.parameters as unknown as BackupCall;
  const list = request.target === "project" ? state.projects : state.tasks;
  const id = request.target === "project" ? request.project_id : request.task_id;
  const found = list.find((one) => one.id === id);
  if (!found)
    throw new Failure(
      `rest_framework.exceptions.ValidationError: [ErrorDetail(string='Such a ${request.target} does not exist', code='invalid')]`,
    );
  const file = exportFile(store, ["backup", request.target, found.id, found.updated_date, call.lightweight]);
  if (!isKept(file)) {
    const entries =
      "posted" in found
        ? await entriesOf(work, found as StoredTask, call.lightweight)
        : await projectEntries(work, found, call.lightweight);
    writeFileSync(file, zipped(work.orders?.exports === "empty" ? [] : entries));
  }
  return deliver(work, request, { ...call, file, place: `${request.target}s/${found.id}/backup/download` });
}

/** A task that never got data is left out. (cvat-rest-measured.md 6.9) */
async function entriesOf(work: Work, task: StoredTask, lightweight: boolean): Promise<Entry[]> {
  return task.data ? await taskEntries(work, { task, data: task.data, lightweight }) : [];
}

/** Tasks are numbered as they come, those that are left out too. (ProjectExporter in engine/backup.py) */
async function projectEntries(work: Work, project: StoredProject, lightweight: boolean): Promise<Entry[]> {
  const { state } = work;
  const guide = guideOf(work, { project_id: project.id, task_id: null });
  const described: ProjectInBackup = {
    ...{ name: project.name, bug_tracker: project.bug_tracker, status: "annotation" },
    labels: namedLabels(state.labels.filter(({ project_id }) => project_id === project.id)),
    version: VERSION,
  };
  const entries: Entry[] = [
    ...(guide ? [{ name: GUIDE_FILE, bytes: Buffer.from(guide.markdown) }] : []),
    { name: PROJECT_FILE, bytes: Buffer.from(JSON.stringify(described)) },
  ];
  const tasks = state.tasks
    .filter(({ project_id }) => project_id === project.id)
    .sort((one, other) => one.id - other.id);
  for (const [number, task] of tasks.entries())
    for (const { name, bytes } of await entriesOf(work, task, lightweight))
      entries.push({ name: `task_${number}/${name}`, bytes });
  return entries;
}
