import path from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take minutes and are short to read: begun last, one of them would run on alone, with the other core idle. */
const LONG = ["test/rehearsal/kills.test.ts"];

/** Vitest's own order, the largest file first where no run before tells how long each took, but for files that take longer than they look. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONG.includes(path.relative(this.ctx.config.root, moduleId));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
