import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { keepAnnotations } from "../annotations/model.ts";
import { bytesOf } from "../bucket.ts";
import { notFound } from "../data/choose.ts";
import { filmFile, framesName, manifestName } from "../data/create.ts";
import { labelsAsGiven } from "../labels.ts";
import type { Store, StoredGuide, StoredLabel, StoredProject, StoredRequest } from "../store.ts";
import { ownFile } from "../tus.ts";
import { Failure, type Work } from "../workers.ts";
import { archiveIn, type Archive } from "./archive.ts";
import { GUIDE_FILE, PROJECT_FILE, type ProjectInBackup } from "./model.ts";
import type { RestoreCall } from "./restore.ts";
import { checkVersion, restoredTask, type Place, type RestoredTask } from "./restored-task.ts";

/** All that comes out of a backup, not yet put in. */
interface Restored {
  project?: StoredProject;
  guide?: string | undefined;
  labels: readonly StoredLabel[];
  tasks: readonly RestoredTask[];
}

/**
 * Restores from the bytes of a backup, and from nothing else: all of it, or nothing. (import_project and import_task in engine/backup.py;
 * cvat-real-third-look.md 3.4, 3.6)
 */
export async function restore(work: Work, request: StoredRequest): Promise<Partial<StoredRequest>> {
  const { sent, organization } = request.parameters as unknown as RestoreCall;
  const place: Place = { owner: request.owner, organization, project_id: null };
  const bytes = await bytesIn(work, request.parameters as unknown as RestoreCall);
  if (sent !== undefined) rmSync(sent, { force: true });
  const archive = await archiveIn(bytes);
  const made: Restored =
    request.target === "project"
      ? restoredProject(work, archive, place)
      : { labels: [], tasks: [restoredTask(work, archive, place, undefined)] };
  putIn(work, made);
  return { result_id: made.project?.id ?? made.tasks[0]?.task.id ?? null };
}

async function bytesIn({ state, config }: Work, { sent, storage: id, filename = "" }: RestoreCall): Promise<Buffer> {
  if (sent !== undefined && existsSync(sent)) return readFileSync(sent);
  const storage = state.storages.find((one) => one.id === id);
  if (!storage) throw new Failure("cvat.apps.engine.models.CloudStorage.DoesNotExist");
  const bytes = await bytesOf(config, storage, filename);
  if (!bytes) throw notFound(filename, storage);
  return bytes;
}

function restoredProject(work: Work, archive: Archive, place: Place): Restored {
  const given = archive.json(PROJECT_FILE) as ProjectInBackup;
  checkVersion(given);
  const now = new Date().toISOString();
  const project: StoredProject = {
    id: work.store.next("projects"),
    ...{ name: given.name, bug_tracker: given.bug_tracker, owner: place.owner, organization: place.organization },
    ...{ source_storage: null, target_storage: null, created_date: now, updated_date: now },
  };
  const labels = labelsAsGiven(work, given.labels, { project_id: project.id, task_id: null });
  const tasks = archive.tasks.map((one) => restoredTask(work, one, { ...place, project_id: project.id }, labels));
  return { project, guide: archive.find(GUIDE_FILE)?.toString("utf8"), labels, tasks };
}

function putIn({ store, state }: Work, { project, guide, labels, tasks }: Restored): void {
  if (project) state.projects.push(project);
  if (project) state.guides.push(...guideIn(store, { project_id: project.id, task_id: null }, guide));
  state.labels.push(...labels);
  for (const { task, jobs, media, annotations, ...own } of tasks) {
    state.labels.push(...own.labels);
    state.guides.push(...guideIn(store, { project_id: null, task_id: task.id }, own.guide));
    store.keep(framesName(task.id), media.frames);
    store.keep(manifestName(task.id), media.manifest);
    keepAnnotations(store, task.id, annotations);
    for (const { name, bytes } of media.own)
      writeFileSync(media.data.film ? store.fileFor(filmFile(task.id)) : ownFile(store, task.id, name), bytes);
    state.jobs.push(...jobs);
    state.tasks.push(task);
  }
}

function guideIn(store: Store, of: Pick<StoredGuide, "project_id" | "task_id">, markdown: string | undefined) {
  if (markdown === undefined || markdown === "") return [];
  const now = new Date().toISOString();
  return [{ id: store.next("guides"), ...of, markdown, created_date: now, updated_date: now }];
}
