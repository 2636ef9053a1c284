import type { Task } from "../../../components/cvat/client/types.ts";
import { UserError } from "../../../components/program/errors.ts";
import type { Progress } from "../../progress.ts";
import { framesOf } from "../cvat/frames.ts";
import { creationOf, followed, makeTask, type Making } from "./make.ts";
import type { Batch } from "./media.ts";
import { again, type Look, type Planned } from "./plan.ts";
import { differenceOf } from "./there.ts";

/** What became of a task. */
export interface Outcome {
  name: string;
  id: number;
  /** `was-there`: it had all of its files. `finished`: a run that died had begun it. `replaced`: that one could not be finished. */
  did: "made" | "was-there" | "finished" | "replaced";
  files: number;
  frames: number;
  jobs: number;
  notes: string[];
}

/**
 * Makes the tasks of a plan that are not there, one after the other, and finishes or replaces those that a dead run has begun.
 * @param outcome told of each as it is done
 */
export async function createTasks(
  look: Look,
  tasks: readonly Planned[],
  making: Omit<Making, "following">,
  following: Making["following"],
  progress: Progress,
  outcome: (one: Outcome) => void,
): Promise<void> {
  const left = tasks.filter(({ there }) => there.is !== "whole").length;
  let number = 0;
  for await (const [planned, batch] of again(look, tasks)) {
    const { there, files } = planned;
    if (there.is === "whole") {
      outcome(outcomeOf(there.task, files, "was-there", there.notes));
      continue;
    }
    number += 1;
    const of = left > 1 ? ` (${number} of ${left})` : "";
    const title = `Making task ${batch.name}${of}: ${files} ${batch.kind}${files === 1 ? "" : "s"}`;
    outcome(
      await progress.task(title, (task) =>
        settled({ ...making, following: { ...following, update: (text) => task.update(text) } }, planned, batch),
      ),
    );
  }
}

async function settled(making: Making, { there, files }: Planned, batch: Batch): Promise<Outcome> {
  if (there.is !== "half") return outcomeOf(await makeTask(making, batch), files, "made");
  const { client } = making.space;
  const { task } = there;
  const request = await creationOf(making.space, task.id);
  if (request?.status === "queued" || request?.status === "started")
    return outcomeOf(await followed(making, batch, task, request.id), files, "finished");
  // It may have got its data since it was looked at.
  const now = await client.find<Task>(`tasks/${task.id}`);
  const frames = now && (await framesOf(client, now));
  if (now && frames) {
    const difference = differenceOf(batch, frames, making.wish);
    if (difference === undefined) return outcomeOf(now, files, "finished");
    throw new UserError(`Task ${batch.name} (#${now.id}) ${difference}.`);
  }
  await client.remove(`tasks/${task.id}`);
  return outcomeOf(await makeTask(making, batch), files, "replaced");
}

function outcomeOf(
  { name, id, size = 0, jobs }: Task,
  files: number,
  did: Outcome["did"],
  notes: string[] = [],
): Outcome {
  return { name, id, did, files, frames: size, jobs: jobs.count, notes };
}
