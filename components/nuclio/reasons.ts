import type { FunctionObjects } from "./client/function-objects.ts";
import type { LiveFunction } from "./client/types.ts";

const LINES_OF_LOG = 10;

/** Why a function failed: Nuclio's message, the end of its log, and what holds its pods up. */
export async function failure(objects: FunctionObjects, live: LiveFunction): Promise<string[]> {
  const { name } = live.metadata;
  return [
    `Function ${name} is ${live.status?.state ?? "in no state"}.`,
    ...(await reasons(objects, live)),
    `Cure that and run up again: it is then deployed once more. Its log: npm run platform -- function logs ${name}`,
  ];
}

/** What Nuclio says of a function that does not run, and what the API server says of its pods; one indented line each. */
export async function reasons(objects: FunctionObjects, { metadata, status }: LiveFunction): Promise<string[]> {
  const log = (status?.logs ?? []).map(({ message }) => message ?? "").filter((line) => line !== "");
  const found = await objects.obstacles(metadata.name);
  return [
    ...brief(status?.message ?? "").map((line) => `  Nuclio: ${line}`),
    ...log.slice(-LINES_OF_LOG).map((line) => `  log: ${line.trimEnd()}`),
    ...found.map(({ object, reason, cure }) => `  ${object}: ${reason.replace(/[.;]?$/, ".")} ${cure}`),
  ];
}

/** Nuclio's messages are error stacks: a line for each error, then where in its code that was. */
function brief(message: string): string[] {
  const lines = message.split("\n").map((line) => line.trim());
  const told = lines.filter((line) => line !== "" && !/^(Error - |Call stack:|\.\.\.|\/.*\.go:\d+|at )/.test(line));
  return [...new Set(told)].slice(0, LINES_OF_LOG);
}
