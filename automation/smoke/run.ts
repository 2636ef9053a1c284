import { limitedTo, unlessEnded } from "../../components/rest/ending.ts";
import { isLate } from "../../components/rest/errors.ts";
import { duration, type Progress, type ProgressTask } from "../progress.ts";
import { projectsOfRun, removeProject, takeBack } from "./own-projects.ts";
import type { Outcome } from "./report.ts";
import { revokeToken } from "../../components/cvat/tokens/access-tokens.ts";
import { LeftOut, type Step, type Trial, type Watch } from "./step.ts";

/** A person who has stopped the run waits for so long at most, and inDataLab no longer than a minute. */
const REMOVING_MS = 45_000;

export interface Running {
  progress: Progress;
  /** Aborted when a person stops the run. What it has made is removed all the same. */
  signal: AbortSignal;
  /** Milliseconds after which steps have failed. Default: each has its own. */
  limitsMs?: Partial<Record<Outcome["step"], number>>;
  /** Told what became of the run's own things, once they were removed or could not be. */
  left: (text: string) => void;
}

/**
 * Tries one step after the other; those that need one that failed are not tried. Then removes what the run has made, after a failure and a stop too.
 * @throws what the signal was aborted with
 */
export async function tryOut(trial: Trial, steps: readonly Step[], running: Running): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const { cvat } = trial.lab.plan.lab;
  let makes = false;
  try {
    for (const step of steps) {
      const before = outcomes.filter(({ step: name, is }) => is !== "well" && step.needs.some((one) => one === name));
      const [missing] = before;
      const why = step.leftOut?.(trial);
      if (why !== undefined) outcomes.push({ step: step.name, is: "left out", ms: 0, said: why });
      else if (missing) outcomes.push({ step: step.name, is: "not tried", ms: 0, said: `needs ${missing.step}` });
      else {
        makes ||= step.name === "task";
        outcomes.push(await tried(step, step.cure(cvat), trial, running, running.signal));
      }
    }
  } finally {
    // A call may have been done that had no answer.
    if (makes || trial.made.accessToken) outcomes.push(await removed(trial, running));
  }
  return outcomes;
}

/** What is tried: a step, or the removal. */
type Tried = Pick<Step, "title" | "limitMs" | "work"> & { name: Outcome["step"] };

async function tried(
  step: Tried,
  cure: string,
  trial: Trial,
  { progress, limitsMs = {} }: Running,
  stopped: AbortSignal | undefined,
): Promise<Outcome> {
  const limitMs = limitsMs[step.name] ?? step.limitMs;
  const began = performance.now();
  const msSince = () => Math.round(performance.now() - began);
  let last = "";
  const work = (task: ProgressTask): Promise<string> => {
    const update: Watch["update"] = (text) => {
      last = text;
      task.update(text);
    };
    return limitedTo(limitMs, stopped, (signal) => unlessEnded(signal, () => step.work(trial, { signal, update })));
  };
  try {
    const said = await progress.task(step.title, work);
    return { step: step.name, is: "well", ms: msSince(), said };
  } catch (error) {
    stopped?.throwIfAborted();
    if (error instanceof LeftOut) return { step: step.name, is: "left out", ms: msSince(), said: error.message };
    const said = isLate(error)
      ? `It did not end within ${duration(limitMs)}${last === "" ? "" : `: ${last}`}.`
      : (error as Error).message;
    return { step: step.name, is: "failed", ms: msSince(), said, cure };
  }
}

/** With calls that a stop does not break off. */
async function removed(trial: Trial, running: Running): Promise<Outcome> {
  const { name, lab, made } = trial;
  const step: Tried = {
    ...{ name: "remove", title: "Removing what the run has made", limitMs: REMOVING_MS },
    async work(_, { signal }) {
      const client = await lab.cvat({ signal });
      // First: it opens CVAT, and what may fail with the others leaves it.
      if (made.accessToken) await revokeToken(client, made.accessToken);
      const projects = await projectsOfRun(client, name);
      for (const id of made.requests ?? []) await takeBack(client, id);
      for (const project of projects) await removeProject(client, project);
      const things = [
        ...(projects.length === 0 ? [] : ["project, task, picture and annotation"]),
        ...(made.accessToken ? [`access token ${made.accessToken.id}`] : []),
      ];
      return things.join("; ") || "nothing was there";
    },
  };
  const cure = [
    `Project ${name} may be left: run smoke again with all its steps, which removes it, or delete it on CVAT's pages.`,
    ...(made.accessToken ? [`So may access token ${made.accessToken.id}, which ends within the hour.`] : []),
  ].join(" ");
  const outcome = await tried(step, cure, trial, running, undefined);
  running.left(outcome.is === "well" ? "Nothing of it is left in CVAT." : `${outcome.said} ${cure}`);
  return outcome;
}
