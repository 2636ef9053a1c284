import { Refusal } from "../answers.ts";
import { add, take } from "../annotations/change.ts";
import { posted } from "../annotations/posted.ts";
import { labelsOf } from "../owned.ts";
import type { StoredRequest } from "../store.ts";
import { Failure, type Work } from "../workers.ts";
import { look, type Found } from "./invoke.ts";
import { mappingOf, type ModelLabel } from "./mapping.ts";

/** What a run is told. */
export interface RunCall {
  function: string;
  labels: readonly ModelLabel[];
  threshold: unknown;
  mapping: unknown;
  cleanup: boolean;
  conv_mask_to_poly: boolean;
  /** Set by a cancel: stops after its frame. */
  cancelled?: boolean;
  exc_info?: string | null;
}

/** Frames after which results are stored. (cvat-real-third-look.md, 7.5) */
const STORED_EVERY = 100;

/** Has a function look at a task's frames, one after another. (cvat-real-third-look.md, 7.3 to 7.6) */
export async function annotate(work: Work, request: StoredRequest): Promise<undefined> {
  const { state, store } = work;
  const call = request.parameters as unknown as RunCall;
  const task = state.tasks.find(({ id }) => id === request.task_id);
  const job = state.jobs.find(({ id }) => id === request.job_id);
  if (!task) throw failed("cvat.apps.engine.models.Task.DoesNotExist: Task matching query does not exist.");
  const scope = { task, job };
  try {
    if (call.cleanup) take(work, scope);
    const { data } = task;
    if (!data) throw failed("AttributeError: 'NoneType' object has no attribute 'size'");
    const labels = labelsOf(work, task);
    const mapping = mappingOf(call.mapping, call.labels, labels);
    let found: Found = { tags: [], shapes: [] };
    const submit = () => {
      add(work, scope, posted(store, labels, { ...found }));
      found = { tags: [], shapes: [] };
    };
    for (let frame = job?.start_frame ?? 0; frame <= (job?.stop_frame ?? data.size - 1); frame++) {
      if (data.deleted_frames.includes(frame)) continue;
      const seen = await look(work, task, frame, {
        id: call.function,
        threshold: call.threshold,
        mapping,
        masksToPolygons: call.conv_mask_to_poly,
      });
      request.progress = Math.floor(((frame + 1) / data.size) * 100);
      if (call.cancelled) break;
      found = { tags: [...found.tags, ...seen.tags], shapes: [...found.shapes, ...seen.shapes] };
      if (frame > 0 && frame % STORED_EVERY === 0) submit();
    }
    submit();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) throw failed(reasonOf(error));
    throw error;
  }
}

/** The reason stands in the last line. */
const failed = (reason: string): Failure =>
  new Failure(
    `Traceback (most recent call last):\n  File "/opt/venv/lib/python3.10/site-packages/rq/worker.py", line 1430, in perform_job\n    rv = job.perform()\n${reason}`,
  );

function reasonOf({ answer }: Refusal): string {
  const text = String(answer.text);
  if (answer.status === 400) {
    const [problem] = JSON.parse(text) as string[];
    return `rest_framework.exceptions.ValidationError: [ErrorDetail(string='${problem ?? ""}', code='invalid')]`;
  }
  if (answer.type.startsWith("text/html")) return "TypeError: 'NoneType' object is not iterable";
  return `requests.exceptions.HTTPError: ${String(JSON.parse(text))}`;
}
