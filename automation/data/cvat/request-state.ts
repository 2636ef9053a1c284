import type { Request } from "../../../components/cvat/client/types.ts";
import { duration } from "../../progress.ts";
import type { Worker } from "./workers.ts";

/** Clocks of nodes differ by so much at most. */
const SKEW_MS = 10_000;
/** A wait of that long is ordinary. */
const ORDINARY_MS = 30_000;

/**
 * Where a request is, in a line. CVAT's own `progress` stays at 0 to the end, and what a request waits behind it does not tell.
 * (cvat-rest-measured.md 4.5)
 * @param forMs since when it is so
 */
export function stateText({ status, message }: Request, forMs: number, workers?: readonly Worker[]): string {
  const pods = workers === undefined ? "" : podsText(workers);
  if (status === "queued")
    return forMs < ORDINARY_MS
      ? "waits for a worker of CVAT"
      : `has waited ${duration(forMs)} for a worker of CVAT, which does not tell what it works on before${pods}`;
  if (status !== "started") return status;
  const said = lastLine(message) || "CVAT is at work";
  return forMs < ORDINARY_MS ? said : `${said}; nothing new for ${duration(forMs)}${pods}`;
}

function podsText(workers: readonly Worker[]): string {
  const running = workers.filter(({ since }) => since !== undefined).length;
  if (running > 0) return ` (${running === 1 ? "its worker runs" : `${running} workers run`})`;
  const states = workers.map(({ pod, state }) => `${pod} ${state}`).join(", ");
  return ` (no worker runs${states === "" ? "" : `: ${states}`})`;
}

/**
 * Whether who began with a request is gone for certain: every worker that runs now began to run afterwards. CVAT says `started` of such a request
 * for minutes or for good. (cvat-real-third-look.md 3.9)
 */
export function isLost({ status, started_date }: Request, workers: readonly Worker[]): boolean {
  const began = Date.parse(started_date ?? "");
  if (status !== "started" || Number.isNaN(began)) return false;
  return workers.every(({ since }) => since === undefined || since.getTime() > began + SKEW_MS);
}

/** Why it failed: what CVAT says is often a whole traceback, and its last line the reason. (4.10) */
export function lastLine(message: string): string {
  return message.trimEnd().split("\n").at(-1)?.trim() ?? "";
}
