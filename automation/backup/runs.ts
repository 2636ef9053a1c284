import type { Watched } from "../../components/backup/plan.ts";
import type { Bucket } from "../data/store/objects.ts";
import { jsonOf } from "./kept/objects.ts";
import { dateText, momentOf } from "./kept/stamps.ts";

/** What one run of a part came to, as it wrote it down. (components/backup/script/runs.py) */
export interface RunSummary {
  stamp: string;
  startedAt: string;
  endedAt: string;
  outcome: "well" | "failed" | "incomplete";
  backups: {
    what: string;
    bytes?: number;
    /** What one was put back as. */
    project?: { id: number; name: string };
    /** What of it could not be put back. */
    lost?: string[];
  }[];
  failed: { what: string; why: string }[];
  leftOut: { what: string; why: string }[];
  notCovered: { what: string; why: string }[];
}

/** How it is with what lies in one place. */
export interface Standing extends Watched {
  /** Undefined: none has ended so far. */
  last?: RunSummary;
  /** Stamp of the last run that was well. */
  lastWell?: string;
  /** Hours since then. */
  hours?: number;
  /** What is wrong; none where all is well. */
  problems: string[];
}

const HOUR_MS = 3_600_000;

/** How it is with each place, by what its last run wrote down. */
export async function standingsOf(
  bucket: Pick<Bucket, "stat" | "range">,
  watched: readonly Watched[],
  now = Date.now(),
): Promise<Standing[]> {
  return Promise.all(
    watched.map(async (one) => {
      const last = await jsonOf<RunSummary & { lastWell?: string | null }>(bucket, `${one.place}runs/last.json`);
      return judged(one, last, now);
    }),
  );
}

function judged(
  watched: Watched,
  told: (RunSummary & { lastWell?: string | null }) | undefined,
  now: number,
): Standing {
  const { name, lateAfterHours, verb } = watched;
  if (told === undefined)
    return {
      ...watched,
      problems: [`${name}: no run has ended so far. Begin one: npm run platform -- backup ${verb}`],
    };
  const { lastWell, ...last } = told;
  const hours = lastWell ? (now - momentOf(lastWell)) / HOUR_MS : undefined;
  const failed =
    last.outcome === "well" ? [] : [`${name}: the last run, begun ${dateText(last.stamp)}, ${OUTCOMES[last.outcome]}`];
  const late =
    hours === undefined
      ? [`${name}: none was well so far`]
      : hours > lateAfterHours
        ? [`${name}: overdue, the last that was well began ${dateText(lastWell ?? "")}`]
        : [];
  return { ...watched, last, ...(lastWell && { lastWell, hours }), problems: [...failed, ...late] };
}

const OUTCOMES = { well: "was well", failed: "has failures", incomplete: "did not come to its end" };
