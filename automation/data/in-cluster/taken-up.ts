import type { V1Job } from "@kubernetes/client-node";
import { duration, type Progress } from "../../progress.ts";
import { isDead } from "../store/temporary.ts";
import { folderOfJob, type WorkCluster } from "./cluster.ts";
import type { Work } from "./work.ts";

/** A Job that is there, and what it does. */
export interface Begun {
  name: string;
  work: Work;
}

/**
 * The Job that a run before has left, where it is still good. One that failed, or was never told all, is removed. Those of runs that live, or may
 * live on another machine, are theirs.
 */
export async function takenUp(cluster: WorkCluster, digest: string, progress: Progress): Promise<Begun | undefined> {
  let found: Begun | undefined;
  for (const job of (await cluster.jobs(digest)).filter(isLeft)) {
    const name = job.metadata?.name ?? "";
    const work = found === undefined && isGood(job) ? await cluster.workOf(name) : undefined;
    if (work === undefined) {
      await cluster.remove(name);
      continue;
    }
    found = { name, work };
    const age = Date.now() - (job.metadata?.creationTimestamp?.getTime() ?? Date.now());
    progress.line(`Job ${name} of a run before does this already, since ${duration(age)}: it is taken up.`);
  }
  return found;
}

function isLeft(job: V1Job): boolean {
  const run = folderOfJob(job).split("/").at(-2) ?? "";
  return isDead(run, new Date());
}

function isGood({ spec, status }: V1Job): boolean {
  const hasFailed = status?.conditions?.some(({ type, status: is }) => type === "Failed" && is === "True");
  return spec?.suspend !== true && hasFailed !== true;
}
