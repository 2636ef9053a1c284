import { errorPage, json, nothing, Refusal, refuse, type Answer } from "../answers.ts";
import { mayTouch, type Asked, type Route } from "../asked.ts";
import { posted } from "../annotations/posted.ts";
import { dashboard, modelOf, oneModel } from "../models.ts";
import { labelsOf, oneJob, oneTask } from "../owned.ts";
import { newRequest } from "../requests.ts";
import type { StoredJob, StoredRequest, StoredTask } from "../store.ts";
import { look } from "./invoke.ts";
import { mappingOf, type ModelLabel } from "./mapping.ts";
import type { RunCall } from "./work.ts";

const TYPE = "autoannotate:task";
const said = (status: number, text: string): Refusal => new Refusal(json(status, text));

export const LAMBDA_ROUTES: readonly Route[] = [
  { path: /^lambda\/functions\/([A-Za-z0-9_.-]+)$/, methods: { GET: oneModel, POST: callOnce } },
  {
    path: /^lambda\/requests$/,
    methods: {
      // As they are, no pages. (cvat-real-third-look.md, 7.3)
      GET: (asked) =>
        json(
          200,
          runs(asked)
            .filter((one) => isSeen(asked, one))
            .map(shown),
        ),
      POST: beginRun,
    },
  },
  {
    path: /^lambda\/requests\/([^/]+)$/,
    methods: {
      // Nobody asks whose it is. (cvat-real-third-look.md, 7.6)
      GET: (asked) => json(200, shown(run(asked))),
      DELETE: (asked) => {
        const one = run(asked);
        if (one.status === "started" && !one.left) (one.parameters as unknown as RunCall).cancelled = true;
        else asked.state.requests = asked.state.requests.filter((request) => request !== one);
        return nothing(204);
      },
    },
  },
];

const runs = ({ state }: Asked): StoredRequest[] => state.requests.filter(({ type }) => type === TYPE);

/** One that was cancelled is away until it has stored what it has. */
function run(asked: Asked): StoredRequest {
  const id = decodeURIComponent(asked.parts[0] ?? "");
  const found = runs(asked).find((one) => one.id === id);
  const isAway = found?.status === "started" && (found.parameters as unknown as RunCall).cancelled;
  if (!found || isAway) throw said(404, `${id} lambda job is not found`);
  return found;
}

function isSeen(asked: Asked, { task_id }: StoredRequest): boolean {
  const task = asked.state.tasks.find(({ id }) => id === task_id);
  return task !== undefined && mayTouch(asked, task, "maintainer");
}

/** A task, and a job of it, for who may open them. A task is asked for also where there is a job. (7.1, 7.3) */
function targetOf(asked: Asked, needsTask: boolean): { task: StoredTask; job: StoredJob | undefined } {
  const { body, state } = asked;
  const number = (field: string) => (typeof body[field] === "number" ? body[field] : undefined);
  const [task_id, job_id] = [number("task"), number("job")];
  if (task_id === undefined && (needsTask || job_id === undefined)) throw refuse(400, ["Task or job is required"]);
  const job = job_id === undefined ? undefined : oneJob({ ...asked, parts: [String(job_id)] });
  const task = state.tasks.find(({ id }) => id === (task_id ?? job?.task_id));
  if (!task) throw refuse(400, ["Task matching query does not exist."]);
  if (!job) oneTask({ ...asked, parts: [String(task.id)] });
  return { task, job };
}

async function functionOf({ config }: Asked, id: string): Promise<ReadonlyMap<string, unknown>> {
  const answer = await dashboard(config, `/api/functions/${id}`);
  if ("status" in answer) throw new Refusal(answer);
  return new Map(Object.entries(modelOf(answer.body)));
}

/** One frame, of which nothing is stored. (7.1) */
async function callOnce(asked: Asked): Promise<Answer> {
  const { body, parts, store } = asked;
  const id = parts[0] ?? "";
  const model = await functionOf(asked, id);
  const { task, job } = targetOf(asked, false);
  const frame = body["frame"];
  if (typeof frame !== "number")
    throw refuse(400, [`\`${id}\` lambda function was called without mandatory argument: frame`]);
  const labels = labelsOf(asked, task);
  const mapping = mappingOf(mappingIn(body), model.get("labels_v2") as ModelLabel[], labels);
  if (job && (frame < job.start_frame || frame > job.stop_frame))
    throw refuse(400, ["The frame is outside the job range"]);
  const masksToPolygons = body["conv_mask_to_poly"] === true;
  const found = await look(asked, task, frame, { id, threshold: body["threshold"], mapping, masksToPolygons });
  const { tags, shapes } = posted(store, labels, { ...found });
  const plain = (one: object) => ({ ...one, id: undefined, job: undefined });
  return json(200, { version: 0, tags: tags.map(plain), shapes: shapes.map(plain), tracks: [] });
}

/** Only a map of maps is looked at: a bare name breaks it. (7.2) */
function mappingIn({ mapping }: Record<string, unknown>): unknown {
  if (Object.values((mapping ?? {}) as Record<string, unknown>).some((one) => typeof one === "string"))
    throw new Refusal(errorPage(500, "Server Error (500)"));
  return mapping;
}

/** Under the same name for every run of a task and of its jobs: what is wrong with it is told by the run. (7.3, 7.4) */
async function beginRun(asked: Asked): Promise<Answer> {
  const { body, state, workers } = asked;
  const name = body["function"];
  if (typeof name !== "string")
    throw refuse(400, ["`function` lambda function was called without mandatory argument: function"]);
  const { task, job } = targetOf(asked, true);
  const model = await functionOf(asked, name);
  const id = `action=autoannotate&target=task&target_id=${task.id}`;
  if (workers.underWay(id)) throw said(409, `Only one running request is allowed for the same task #${task.id}`);
  const before = state.requests.find((one) => one.id === id);
  const call: RunCall = {
    function: name,
    labels: model.get("labels_v2") as ModelLabel[],
    ...{ threshold: body["threshold"] ?? null, mapping: mappingIn(body) ?? null },
    ...{ cleanup: body["cleanup"] === true, conv_mask_to_poly: body["conv_mask_to_poly"] === true },
    // Of the run before, as long as this one waits. (7.4)
    exc_info: before?.status === "failed" ? before.message : null,
  };
  const request = newRequest(asked, {
    ...{ id, type: TYPE, target: "task", task_id: task.id, job_id: job?.id ?? null, project_id: task.project_id },
    parameters: { ...call },
  });
  workers.add(request);
  return json(200, { ...shown(request), progress: null });
}

function shown({ id, status, message, task_id, job_id, parameters, progress, ...one }: StoredRequest) {
  const { function: name, threshold, exc_info = null } = parameters as unknown as RunCall;
  return {
    id,
    function: { id: name, threshold, task: task_id, ...(job_id !== null && { job: job_id }) },
    status,
    progress: status === "queued" ? null : progress,
    ...{ enqueued: one.created_date, started: one.started_date, ended: one.finished_date },
    exc_info: status === "failed" ? message : status === "queued" ? exc_info : null,
  };
}
