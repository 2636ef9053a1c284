import type { Expectation } from "./expectation.ts";
import type { Obstacle } from "./explain.ts";
import { keyOf, stateOf, type Snapshot } from "./snapshot.ts";

/** What a gate waits for, and how long. */
export interface Waiting {
  /** What is waited for, by the name a person knows it by: `CVAT`. */
  title: string;
  /** How long to wait at most, in milliseconds. */
  timeoutMs: number;
  /** Where the bound is set, for the error: `vision-platform:cluster.readyTimeout`. */
  timeoutKey: string;
}

/** What went wrong where waiting changes nothing. */
export function refusalProblems(
  { title }: Waiting,
  pending: readonly Expectation[],
  snapshot: Snapshot,
  refused: readonly Obstacle[],
): string[] {
  const about = pending.filter(({ kind, name }) => refused.some(({ object }) => object === keyOf(kind, name)));
  return [
    `${title} cannot become ready, however long is waited:`,
    ...linesOf(about, snapshot, refused),
    "What is there stays; cure it and run up again.",
  ];
}

/** What is missing when the time is up. */
export function timeoutProblems(
  { title, timeoutMs, timeoutKey }: Waiting,
  pending: readonly Expectation[],
  snapshot: Snapshot,
  found: readonly Obstacle[],
): string[] {
  return [
    `${title} was not ready within ${Math.round(timeoutMs / 1000)} s. Still waited for:`,
    ...linesOf(pending, snapshot, found),
    `What is there stays; cure it and run up again, or allow more time with ${timeoutKey}.`,
  ];
}

/** What is not ready of something that was, and that this run does not change. */
export function brokenText(
  title: string,
  pending: readonly Expectation[],
  snapshot: Snapshot,
  found: readonly Obstacle[],
): string {
  return [`${title} is not ready, though nothing of it changes:`, ...linesOf(pending, snapshot, found)].join("\n");
}

function linesOf(pending: readonly Expectation[], snapshot: Snapshot, found: readonly Obstacle[]): string[] {
  return pending.map(({ kind, name, addresses, key }) => {
    const why = found.find(({ object }) => object === keyOf(kind, name));
    const nobody = kind === "Service" ? `\n    ${key === undefined ? "" : `${key}: `}${NOBODY_GIVES}` : "";
    const cause = why ? `${why.reason}\n    ${why.cure}` : nobody;
    return `  ${kind} ${name}: ${stateOf(kind, name, snapshot, addresses).detail}${cause ? `: ${cause}` : ""}`;
  });
}

const NOBODY_GIVES =
  "Nothing gives this Service an address: check that MetalLB's controller runs (kubectl get pods -n metallb-system) and that a pool has the address asked for (kubectl get ipaddresspool -A).";
