import { CvatError } from "../../../components/cvat/client/errors.ts";
import { UserError } from "../../../components/program/errors.ts";
import { until } from "../../../components/rest/until.ts";
import { rawCall } from "../../data/cvat/raw.ts";
import { unzipped } from "../../data/zip/unzipped.ts";
import { whyNotDrawn } from "../picture.ts";
import { clientOf, madeBy, type Step } from "../step.ts";
import { logOf } from "../store-log.ts";

/** So CVAT answers when it has waited in vain for its worker of chunks, 50 s each time. (recorded of 2.64.0) */
const NOT_YET = 429;
const EVERY_MS = 1_000;

/** What a browser is shown of the frame: an archive, made by the worker of chunks and kept in the media cache. */
export const frame: Step = {
  name: "frame",
  title: "Waiting for the frame's chunk",
  limitMs: 120_000,
  needs: ["import"],
  async work(trial, watch) {
    const { signal } = watch;
    const client = await clientOf(trial, watch);
    const place = `/api/tasks/${madeBy(trial.made.task, "task").id}/data?type=chunk&number=0&quality=compressed`;
    watch.update("CVAT has not answered yet, which it does once the chunk is made");
    const look = () =>
      rawCall(client, { method: "GET", place, signal }).catch((error: unknown) => {
        if (!(error instanceof CvatError) || error.status !== NOT_YET) throw error;
        watch.update("CVAT answers 429: nobody makes the chunk");
        return undefined;
      });
    const answer = await until(look, { isDone: (found) => found !== undefined, everyMs: EVERY_MS, signal });
    const entries = await unzipped(madeBy(answer, "chunk").bytes);
    const [picture, ...more] = entries ?? [];
    if (picture === undefined || more.length > 0)
      throw new UserError(
        `The chunk of one frame is ${entries ? `an archive of ${entries.length} files` : "no archive"}.`,
      );
    const problem = await whyNotDrawn(picture.bytes);
    if (problem !== undefined) throw new UserError(`What CVAT shows of the frame (${picture.name}) ${problem}.`);
    return `${picture.name}, ${picture.bytes.length} bytes, shows what was drawn`;
  },
  cure: ({ namespace, kvrocks }) =>
    `Its worker and the cache it puts chunks into: kubectl -n ${namespace} get pods -l component=worker-chunks; kubectl -n ${namespace} logs deployment/cvat-backend-worker-chunks; ${logOf(namespace, "cvat-kvrocks", "cvat.kvrocks", kvrocks.external)} (docs/day-two.md, "The cache of pictures is full").`,
};
