import type { V1Job } from "@kubernetes/client-node";
import { UserError } from "../../../components/program/errors.ts";
import { until } from "../../../components/rest/until.ts";
import { duration, type ProgressTask } from "../../progress.ts";
import type { Bucket } from "../store/objects.ts";
import { wholeOf } from "../store/whole.ts";
import type { WorkCluster } from "./cluster.ts";
import { failureOf, heldUp, troubleOf } from "./troubles.ts";
import { TEMPORARY, type PodProgress, type Work } from "./work.ts";

const LOOK_MS = 1_000;
/** A Job's first pod is there within a second or two; where none comes, something refuses it. */
const NO_POD_MS = 30_000;

export interface Following {
  cluster: WorkCluster;
  name: string;
  work: Work;
  /** Where the temporary objects are. */
  temporary: Bucket;
  task: ProgressTask;
  signal: AbortSignal;
}

/**
 * Waits until a Job is done, and says how far it is.
 * @throws UserError where it has failed, cannot begin, or was removed by somebody
 */
export async function followed(following: Following): Promise<void> {
  const { cluster, name, work, signal } = following;
  const held = heldUp();
  const said = progressOf(following);
  await until(
    async (passedMs) => {
      const look = await cluster.look(name);
      if (look === undefined) return gone(following);
      const { job, pods } = look;
      const failure = failureOf(job, pods);
      if (failure !== undefined) throw new UserError(`Job ${failure}`);
      if (isDone(job)) return true;
      const refusal = pods.length === 0 && passedMs > NO_POD_MS ? await cluster.refusalOf(name) : undefined;
      if (refusal !== undefined) throw new UserError(`The cluster makes no pod of Job ${name}: ${refusal}`);
      const trouble = held.by(troubleOf(pods), passedMs);
      await said(job, work, trouble);
      return false;
    },
    { isDone: (done) => done, everyMs: LOOK_MS, signal },
  );
}

/** One that somebody, or its time, has taken away may have done all of it before. */
async function gone({ name, work, temporary }: Following): Promise<boolean> {
  for (const index of work.parts.keys())
    if ((await temporary.stat(work.temporary.folder + TEMPORARY.report(index))) === undefined)
      throw new UserError(
        `Job ${name} is gone, and has not done all of its work: it was removed, or another run of the same has taken what it did. Run this again.`,
      );
  return true;
}

const isDone = ({ status }: V1Job): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === "Complete" && is === "True") ?? false;

function progressOf({ temporary, task }: Following) {
  const start = Date.now();
  let before: number | undefined;
  return async (job: V1Job, work: Work, trouble: string | undefined) => {
    const all = await Promise.all(work.parts.map((_, index) => toldBy(temporary, work, index)));
    const done = all.reduce((sum, { objects }) => sum + objects, 0);
    const known = work.objects ?? all.reduce((sum, { of = 0 }) => sum + of, 0);
    before ??= done;
    task.update(
      trouble ?? progressText({ done, before, all: known, pods: podsText(job), passedMs: Date.now() - start }),
    );
  };
}

async function toldBy(temporary: Bucket, { temporary: { folder } }: Work, index: number): Promise<PodProgress> {
  const told = await wholeOf(temporary, folder + TEMPORARY.progress(index));
  return told === undefined ? { objects: 0 } : (JSON.parse(told.toString()) as PodProgress);
}

function podsText({ spec, status }: V1Job): string {
  const [active, succeeded, failed] = [status?.active ?? 0, status?.succeeded ?? 0, status?.failed ?? 0];
  const again = failed > 0 ? `, ${failed} begun again` : "";
  return `${succeeded} of ${spec?.completions ?? 0} pods done, ${active} at work${again}`;
}

export interface Counted {
  done: number;
  /** Done when this run began to look. */
  before: number;
  all: number;
  pods: string;
  passedMs: number;
}

/** `1200 of 5000 objects, 400 a second, 9.5 s left; 1 of 4 pods done, 3 at work`. */
export function progressText({ done, before, all, pods, passedMs }: Counted): string {
  const rate = (done - before) / Math.max(1, passedMs / 1000);
  const left =
    rate > 0 && all > done ? `, ${Math.round(rate)} a second, ${duration(((all - done) / rate) * 1000)} left` : "";
  return `${Math.min(done, all)} of ${all} objects${left}; ${pods}`;
}
