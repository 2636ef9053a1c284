import { readFile } from "node:fs/promises";
import { stackFilePath } from "../../stackfile/stack-file.ts";
import { obtainTools } from "../../tools/obtain.ts";
import { bringUp, prepare, REHEARSAL_PROGRAMS, type Rehearsal, type RehearsalOptions } from "../rehearse.ts";
import { sceneKey } from "./key.ts";
import { openScene, type OpenedScene } from "./scene.ts";

/**
 * A rehearsal in which the stack is up, from a snapshot where one of the same stack file, charts, sources and programs is kept. The caller
 * removes its home.
 * @throws UserError as `prepare` and `bringUp` do
 */
export async function rehearsedScene(options: Omit<RehearsalOptions, "home">): Promise<OpenedScene<Rehearsal>> {
  const { stack, project, overrides, progress } = options;
  const text = await readFile(stackFilePath(project, stack), "utf8");
  const tools = await obtainTools(REHEARSAL_PROGRAMS, { progress });
  const key = await sceneKey({ tools, facts: { stack, text, overrides } });
  return openScene(
    {
      name: "scene",
      key,
      async make(home) {
        const rehearsal = await prepare({ ...options, home });
        await bringUp(rehearsal, progress);
        return rehearsal;
      },
      open: (home) => prepare({ ...options, home }),
      // Charts are looked for each time, and stand-ins name their addresses.
      shape: ({ charts, standIns }) => ({ charts, standIns }),
    },
    progress,
  );
}
