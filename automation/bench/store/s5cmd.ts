import path from "node:path";
import { pinnedProgram } from "../../tools/pinned.ts";

/**
 * The program s5cmd, which the data verbs are measured beside (40 s to build on two cores).
 * @throws UserError where there is no Go, or it does not build
 */
export const s5cmd = (): Promise<string> =>
  pinnedProgram({
    name: "s5cmd",
    module: path.join(import.meta.dirname, "s5cmd"),
    package: "github.com/peak/s5cmd/v2",
    shelf: "bench",
  });
