import { readFile } from "node:fs/promises";
import path from "node:path";
import { stackFilePath } from "../../stackfile/stack-file.ts";
import { obtainTools } from "../../tools/obtain.ts";
import {
  bringUp,
  prepare,
  REHEARSAL_PROGRAMS,
  type Rehearsal,
  type RehearsalOptions,
  type RehearsalResult,
} from "../rehearse.ts";
import { sceneKey } from "./key.ts";
import { openScene, type OpenedScene } from "./scene.ts";

export interface RehearsedSceneOptions extends Omit<RehearsalOptions, "home"> {
  /** Makes it also where a snapshot fits. Default: no. */
  anew?: boolean;
}

export interface RehearsedScene extends OpenedScene<Rehearsal> {
  /** What bringing it up gave; undefined where a snapshot was there. */
  made: RehearsalResult | undefined;
}

/**
 * A rehearsal in which the stack is up, from a snapshot where one of the same stack file, charts, sources and programs is kept. The caller
 * removes its home.
 * @throws UserError as `prepare` and `bringUp` do
 */
export async function rehearsedScene(options: RehearsedSceneOptions): Promise<RehearsedScene> {
  const { stack, project, overrides, progress, anew = false } = options;
  let made: RehearsalResult | undefined;
  const text = await readFile(stackFilePath(project, stack), "utf8");
  const tools = await obtainTools(REHEARSAL_PROGRAMS, { progress });
  const outside = Object.values(overrides).map((chart) => path.resolve(chart));
  const key = sceneKey({ tools, facts: { stack, text, overrides }, outside });
  const scene = await openScene(
    {
      name: "scene",
      key,
      async make(home) {
        const rehearsal = await prepare({ ...options, home });
        made = await bringUp(rehearsal, progress);
        return rehearsal;
      },
      open: (home) => prepare({ ...options, home, asLeft: true }),
      // Charts are looked for each time, and stand-ins name their addresses.
      shape: ({ charts, standIns }) => ({ charts, standIns }),
    },
    { progress, anew },
  );
  return { ...scene, made };
}
