import type { FunctionObjects } from "./client/function-objects.ts";
import type { LiveFunction } from "./client/types.ts";
import { causeLines } from "./message.ts";

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
  const found = await objects.obstacles(metadata.name);
  const causes = causeLines(status?.message ?? "");
  const log = (status?.logs ?? [])
    .slice(-LINES_OF_LOG)
    .flatMap(({ message = "", err = "" }) => [message.trim(), ...causeLines(err)])
    .filter((line) => line !== "" && !causes.includes(line));
  return [
    ...causes.map((line) => `  Nuclio: ${line}`),
    ...[...new Set(log)].map((line) => `  log: ${line}`),
    ...found.map(({ object, reason, cure }) => `  ${object}: ${reason.replace(/[.;]?$/, ".")} ${cure}`),
  ];
}
