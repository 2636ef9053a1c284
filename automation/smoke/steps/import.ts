import type { Task } from "../../../components/cvat/client/types.ts";
import { UserError } from "../../../components/program/errors.ts";
import { jobsOf } from "../../data/cvat/find.ts";
import { framesOf } from "../../data/cvat/frames.ts";
import { finished } from "../../data/cvat/requests.ts";
import { PICTURE } from "../picture.ts";
import { following, madeBy, spaceOf, type Step } from "../step.ts";

/** What was uploaded becomes the task's data, by the worker of CVAT that imports. */
export const takeIn: Step = {
  name: "import",
  title: "Having the picture taken in",
  limitMs: 180_000,
  needs: ["upload"],
  async work(trial, watch) {
    const space = await spaceOf(trial, watch);
    const { client, organization } = space;
    const { id } = madeBy(trial.made.task, "task");
    const body = { image_quality: 70, use_cache: true, use_zip_chunks: true, client_files: [] };
    const { rq_id } = await client.post<{ rq_id: string }>(`tasks/${id}/data`, body, { organization });
    const size = async () => (await client.find<Task>(`tasks/${id}`))?.size ?? 0;
    const wasDone = async () => (await size()) > 0;
    await finished(client, rq_id, following(trial, watch, "taking the picture in", wasDone));
    const frames = await framesOf(client, { id, size: await size(), mode: "annotation" });
    const [frame] = frames?.frames ?? [];
    if (frame?.name !== PICTURE.name || frame.width !== PICTURE.width || frame.height !== PICTURE.height)
      throw new UserError(
        `The task was to have ${PICTURE.name} of ${PICTURE.width} x ${PICTURE.height}, and has ${frame ? `${frame.name} of ${frame.width} x ${frame.height}` : "nothing"}.`,
      );
    [trial.made.job] = await jobsOf(space, { task_id: id });
    return `a frame of ${frame.width} x ${frame.height}, job #${madeBy(trial.made.job, "job").id}`;
  },
  cure: ({ namespace }) =>
    `Its worker: kubectl -n ${namespace} get pods -l component=worker-import; kubectl -n ${namespace} logs deployment/cvat-backend-worker-import. One that works on something long lets others wait: vision-platform:cvat.workers.import.replicas.`,
};
