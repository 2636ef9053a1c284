import { until } from "../../components/rest/until.ts";
import { kill, programOf } from "../processes.ts";
import { endProcessesOf, processesOf } from "./belonging.ts";

/** What the engine is given to finish what it has begun, and then to break it off. */
const PATIENCE_MS = [5_000, 3_000] as const;
const LOOK_AGAIN_MS = 50;

/**
 * Ends the engine of a run, where it still is there, as a person does with Ctrl-C: it finishes what it has begun; a few seconds later it is told
 * to break it off, and then it is killed, and whatever it started with it.
 * @param hurried how often somebody asked: each time more is not waited any longer
 */
export async function endEngine(folder: string, hurried: () => number = () => 0): Promise<void> {
  // The usual case, after every run: one look at the processes is all that it costs.
  if (processesOf(folder).length === 0) return;
  for (const patience of PATIENCE_MS) {
    const engines = () => processesOf(folder).filter((found) => programOf(found) === "pulumi");
    if (engines().length === 0) break;
    for (const { pid } of engines()) kill(pid, "SIGINT");
    const asked = hurried();
    await until(engines, {
      isDone: (left) => left.length === 0 || hurried() !== asked,
      everyMs: LOOK_AGAIN_MS,
      withinMs: patience,
    });
  }
  await endProcessesOf(folder);
}
