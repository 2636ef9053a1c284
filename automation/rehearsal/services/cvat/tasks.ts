import { detail, json, nothing, refuse } from "./answers.ts";
import { filtered, FORBIDDEN, page, visible, type Asked, type Route } from "./asked.ts";
import { changeMeta, metaOf } from "./data/meta.ts";
import { touch, touchProject } from "./dates.ts";
import { look, preview } from "./data/look.ts";
import { uploadData } from "./data/upload.ts";
import { noteEvent } from "./events.ts";
import { lookAtUpload, takePiece, UPLOAD_ID } from "./tus.ts";
import { textField, wrong } from "./fields.ts";
import { labelsIn, patchLabels } from "./labels.ts";
import { guideOf } from "./guides.ts";
import { taskStatus } from "./job-status.ts";
import { oneTask, removeTask } from "./owned.ts";
import { change, mayMake, placed } from "./projects.ts";
import { basicUser } from "./users.ts";
import type { StoredJob, StoredTask } from "./store.ts";

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
        const { state } = asked;
        const nameOf = (id: number | null | undefined) => state.users.find((user) => user.id === id)?.username ?? null;
        const found = filtered(
          asked,
          visible(asked, state.tasks, "maintainer"),
          {
            name: (one) => one.name,
            project_id: (one) => one.project_id,
            project_name: ({ project_id }) => state.projects.find(({ id }) => id === project_id)?.name ?? null,
            subset: (one) => one.subset,
            assignee: ({ assignee }) => nameOf(assignee),
            owner: ({ owner }) => nameOf(owner),
            mode: ({ data }) => data?.mode ?? "",
            status: (one) => statusOf(asked, one),
            id: (one) => one.id,
          },
          { updated_date: (one) => one.updated_date, organization_id: (one) => one.organization },
        );
        return page(asked, "tasks", found, shown, {
          updated_date: (one) => one.updated_date,
          name: (one) => one.name,
          subset: (one) => one.subset,
        });
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
          overlap: typeof body["overlap"] === "number" ? body["overlap"] : null,
          posted: [],
          data: null,
          subset: textField(body, "subset", SUBSET) ?? "",
          consensus_replicas: replicasIn(body),
        };
        state.labels.push(...labelsIn(asked, labels, { project_id: null, task_id: made.id }));
        state.tasks.push(made);
        touchProject(asked, made);
        noteEvent(asked, "create:task", {
          ...{ obj_name: made.name, obj_id: made.id, task_id: made.id, project_id, organization: made.organization },
        });
        return json(201, shown(asked, made), { Location: `http://${host}/api/tasks/${made.id}` });
      },
    },
  },
  {
    path: /^tasks\/(\d+)$/,
    methods: {
      GET: (asked) => json(200, shown(asked, oneTask(asked))),
      PATCH: (asked) => {
        const task = oneTask(asked);
        const before = task.subset;
        change(asked, task, CHANGEABLE);
        task.subset = textField(asked.body, "subset", SUBSET) ?? task.subset;
        if (task.subset !== before) touch(task);
        patchLabels(asked, asked.body["labels"], { project_id: null, task_id: task.id });
        // A project's date moves with its tasks'. (cvat-real-third-look.md 3.2)
        touchProject(asked, task);
        return json(200, shown(asked, task));
      },
      DELETE: (asked) => {
        removeTask(asked, oneTask(asked));
        return nothing(204);
      },
    },
  },
  // The one path that a slash at the end does no harm to. (0.3)
  {
    path: /^tasks\/(\d+)\/data\/?$/,
    methods: { GET: (asked) => look(asked, oneTask(asked)), POST: (asked) => uploadData(asked, oneTask(asked)) },
  },
  {
    path: new RegExp(`^tasks/(\\d+)/data/${UPLOAD_ID}$`),
    methods: { PATCH: takePiece, HEAD: lookAtUpload },
  },
  {
    path: /^tasks\/(\d+)\/data\/meta$/,
    methods: { GET: (asked) => metaOf(asked, oneTask(asked)), PATCH: (asked) => changeMeta(asked, oneTask(asked)) },
  },
  { path: /^tasks\/(\d+)\/preview$/, methods: { GET: (asked) => preview(asked, oneTask(asked)) } },
];

/** (cvat-real-third-look.md, 6.7) */
function replicasIn(body: Record<string, unknown>): number {
  const replicas = Number(body["consensus_replicas"] ?? 0);
  if (replicas === 1) throw wrong("consensus_replicas", "Consensus replicas cannot be equal to 1");
  if (replicas > 11) throw wrong("consensus_replicas", "Ensure this value is less than or equal to 11.");
  return replicas;
}

const statusOf = ({ state }: Asked, { id }: Pick<StoredTask, "id">): string =>
  taskStatus(state.jobs.filter(({ task_id }) => task_id === id));

function shown(asked: Asked, { data, consensus_replicas, ...task }: StoredTask) {
  const { host, state } = asked;
  const { id, owner, organization, project_id } = task;
  const url = `http://${host}/api`;
  // Those of ground truth and the replicas of consensus count too. (engine/models.py, with_job_summary)
  const jobs = state.jobs.filter(({ task_id }) => task_id === id);
  const chunkType = data?.mode === "interpolation" ? "video" : "imageset";
  return {
    ...task,
    posted: undefined,
    uploaded: undefined,
    // Nothing of data is shown while there is none.
    data: data ? id : null,
    ...(data && {
      size: data.size,
      image_quality: data.image_quality,
      data_chunk_size: data.chunk_size,
      data_cloud_storage_id: data.cloud_storage_id,
      data_compressed_chunk_type: chunkType,
      data_original_chunk_type: chunkType,
    }),
    url: `${url}/tasks/${id}`,
    project_name: state.projects.find((project) => project.id === project_id)?.name ?? null,
    owner: basicUser(asked, owner),
    assignee: basicUser(asked, task.assignee ?? null),
    assignee_updated_date: null,
    guide_id: guideOf(asked, { project_id: null, task_id: id })?.id ?? null,
    status: statusOf(asked, { id }),
    mode: data && data.size > 0 ? data.mode : "",
    dimension: "2d",
    organization,
    organization_id: organization,
    consensus_enabled: consensus_replicas > 0,
    validation_mode: state.jobs.some((job) => job.task_id === id && job.type === "ground_truth") ? "gt" : null,
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
