import { detail, errorPage, json, nothing, Refusal, refuse } from "./answers.ts";
import { filtered, FORBIDDEN, page, single, visible, type Asked, type Route } from "./asked.ts";
import { hasObject, picturesBelow } from "./bucket.ts";
import { textField } from "./fields.ts";
import { jobsOf } from "./jobs.ts";
import { labelsIn } from "./labels.ts";
import { change, mayMake, placed } from "./projects.ts";
import { requestOf } from "./requests.ts";
import { basicUser } from "./users.ts";
import type { StoredJob, StoredRequest, StoredStorage, StoredTask } from "./store.ts";

const SUBSET = { max: 64, optional: true, blank: true };
const CHANGEABLE = [
  ...["owner_id", "assignee_id", "project_id", "name", "labels", "bug_tracker", "subset"],
  ...["organization_id", "source_storage", "target_storage"],
];

export const TASK_ROUTES: readonly Route[] = [
  {
    path: /^tasks$/,
    methods: {
      GET: (asked) => {
        const found = filtered(asked, visible(asked, asked.state.tasks, "maintainer"), {
          name: (one) => one.name,
          project_id: (one) => one.project_id,
          id: (one) => one.id,
        });
        return page(asked, "tasks", found, shown);
      },
      POST: (asked) => {
        const { body, state, store, host } = asked;
        if (!mayMake(asked)) throw detail(403, FORBIDDEN);
        const project_id = (body["project_id"] ?? null) as number | null;
        const labels = (body["labels"] ?? []) as unknown[];
        if (project_id !== null && labels.length > 0)
          throw refuse(400, ["Task must have only one of Label set or project_id"]);
        if (project_id !== null && !state.projects.some(({ id }) => id === project_id))
          throw refuse(400, ["Project matching query does not exist."]);
        const made: StoredTask = {
          id: store.next("tasks"),
          ...placed(asked),
          project_id,
          segment_size: Number(body["segment_size"] ?? 0),
          frames: [],
          posted: [],
          image_quality: null,
          data_cloud_storage_id: null,
          subset: textField(body, "subset", SUBSET) ?? "",
        };
        state.labels.push(...labelsIn(asked, labels, { project_id: null, task_id: made.id }));
        state.tasks.push(made);
        return json(201, shown(asked, made), { Location: `http://${host}/api/tasks/${made.id}` });
      },
    },
  },
  {
    path: /^tasks\/(\d+)$/,
    methods: {
      GET: (asked) => json(200, shown(asked, one(asked))),
      PATCH: (asked) => {
        const task = one(asked);
        change(asked, task, CHANGEABLE);
        task.subset = textField(asked.body, "subset", SUBSET) ?? task.subset ?? "";
        // A project's date moves with its tasks'. (cvat-real-third-look.md 3.2)
        const project = asked.state.projects.find(({ id }) => id === task.project_id);
        if (project) project.updated_date = task.updated_date;
        return json(200, shown(asked, task));
      },
      DELETE: (asked) => {
        const { state } = asked;
        const { id } = one(asked);
        state.jobs = state.jobs.filter((job) => job.task_id !== id);
        state.tasks = state.tasks.filter((task) => task.id !== id);
        return nothing(204);
      },
    },
  },
  // The one path that a slash at the end does no harm to. (0.3)
  { path: /^tasks\/(\d+)\/data\/?$/, methods: { POST: postData } },
];

const one = (asked: Asked): StoredTask => single(asked, asked.state.tasks, "Task", "maintainer");

/** Data is taken in afterwards; here at once, and its request says how it went. (4.5 to 4.13) */
async function postData(asked: Asked) {
  const { body, state } = asked;
  const task = one(asked);
  const quality = body["image_quality"];
  if (quality === undefined) throw refuse(400, { image_quality: ["This field is required."] });
  if (Number(quality) > 100) throw refuse(400, { image_quality: ["Ensure this value is less than or equal to 100."] });
  const storageId = (body["cloud_storage_id"] ?? null) as number | null;
  if (storageId !== null && !state.storages.some(({ id }) => id === storageId))
    throw refuse(400, ["CloudStorage matching query does not exist."]);
  if (task.frames.length > 0) throw refuse(400, "Adding more data is not supported");
  const files = (body["server_files"] ?? []) as string[];
  const all = [...task.posted, ...files];
  if (new Set(all).size < all.length) throw new Refusal(errorPage(500, "Server Error (500)"));
  task.posted = all;
  task.image_quality = Number(quality);
  task.data_cloud_storage_id = storageId;
  const storage = state.storages.find(({ id }) => id === storageId);
  const request = requestOf(asked, "create:task", task.id, task.project_id);
  const { frames, problem } = storage
    ? await framesOf(asked, storage, all)
    : { frames: [], problem: "FileNotFoundError: [Errno 2] No such file or directory\n" };
  task.frames = problem === undefined ? frames : [];
  state.jobs.push(...jobsOf(asked, task));
  finish(request, problem);
  return json(202, { rq_id: request.id });
}

function finish(request: StoredRequest, problem: string | undefined): void {
  request.status = problem === undefined ? "finished" : "failed";
  request.message = problem ?? "";
  request.finished_date = new Date().toISOString();
}

async function framesOf({ config }: Asked, storage: StoredStorage, files: readonly string[]) {
  const frames: string[] = [];
  for (const file of files) {
    const key = file.replace(/^\//, "");
    if (key.endsWith("/")) frames.push(...(await picturesBelow(config, storage, key)));
    else if (await hasObject(config, storage, key)) frames.push(key);
    else
      return {
        frames,
        problem: `rest_framework.exceptions.NotFound: The file '${file}' not found on the cloud storage '${storage.resource}'\n`,
      };
  }
  return { frames: frames.sort(), problem: frames.length === 0 ? "ValueError: No media data found\n" : undefined };
}

function shown(asked: Asked, { frames, ...task }: StoredTask) {
  const { host, state } = asked;
  const { id, owner, organization, project_id } = task;
  const url = `http://${host}/api`;
  const size = frames.length;
  const taken = task.image_quality !== null;
  const jobs = state.jobs.filter(({ task_id }) => task_id === id);
  return {
    ...task,
    // What was posted is not shown, and nothing of data is while there is none.
    posted: undefined,
    image_quality: task.image_quality ?? undefined,
    data_cloud_storage_id: taken ? task.data_cloud_storage_id : undefined,
    data: taken ? id : null,
    ...(taken && {
      size,
      data_chunk_size: 36,
      data_compressed_chunk_type: "imageset",
      data_original_chunk_type: "imageset",
    }),
    url: `${url}/tasks/${id}`,
    project_name: state.projects.find((project) => project.id === project_id)?.name ?? null,
    owner: basicUser(asked, owner),
    assignee: basicUser(asked, task.assignee ?? null),
    assignee_updated_date: null,
    guide_id: null,
    status: jobs.length > 0 && jobs.every(isDone) ? "completed" : "annotation",
    mode: size > 0 ? "annotation" : "",
    dimension: "2d",
    overlap: null,
    subset: task.subset ?? "",
    organization,
    organization_id: organization,
    consensus_enabled: false,
    validation_mode: null,
    jobs: {
      count: jobs.length,
      completed: jobs.filter(isDone).length,
      validation: jobs.filter(({ stage }) => stage === "validation").length,
      url: `${url}/jobs?task_id=${id}`,
    },
    labels: { url: `${url}/labels?task_id=${id}` },
  };
}

/** (cvat-real-third-look.md 6.2) */
const isDone = ({ state, stage }: StoredJob) => state === "completed" && stage === "acceptance";
