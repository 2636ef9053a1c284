import { ENGINES, type Engine, type Release } from "../backup/databases/database.ts";
import { WITHOUT_BACKUP } from "../charts/steps-taken.ts";
import type { Finding } from "./check.ts";
import { TABLES } from "./known-bad-jumps.ts";
import type { Move } from "./moves.ts";

/**
 * What a run does about backups before it moves a system to another release. `wanted`: an `up` without one is refused, and a preview says so.
 * `waived`: whoever began it goes on without. `unasked`: it is a rehearsal, in which there is nothing to lose.
 */
export type BackupsBeforeMoves = "wanted" | "waived" | "unasked";

/** Milliseconds that the backup before a move may be old. */
const FRESH_MS = 24 * 3_600_000;

/** A whole dump in the store, read again by the run that made it: what is not has no about.json. (components/backup/script/databases.py) */
export interface KnownDump {
  /** Begin of its keys. */
  place: string;
  /** When it was begun, in milliseconds since 1970. */
  at: number;
  /** The same for a person: `2026-12-01 00:47 UTC`. */
  when: string;
  /** Why it is of no use, where that is known. */
  bad?: string | undefined;
  /** Undefined: it was made before dumps said so. */
  release?: Release | undefined;
}

export interface MoveFacts {
  move: Move;
  /** Databases that the stack dumps. */
  engines: readonly Engine[];
  /** Dumps of the system's database. Undefined: they could not be read, and `unread` says why. */
  dumps: readonly KnownDump[] | undefined;
  unread?: string | undefined;
  /** Who goes on without, and where that is said. Undefined: nobody does. */
  waivedBy: string | undefined;
  /** Of the servers that are there. */
  servers: readonly string[];
  now: number;
}

/**
 * What is to be said before a system goes to another release, which changes its database for good: what it can be put back from. `refusal`
 * where backups are made and there is none.
 */
export function backupBeforeMove(facts: MoveFacts): Finding {
  const { move, engines, dumps, unread, waivedBy, now } = facts;
  const { system, to } = move;
  const path = `vision-platform:${system}.version`;
  const engine = ENGINES[system];
  const goes = `${moveText(move)}, and nothing but a backup of its database (${engine}) leads back.`;
  if (!engines.includes(engine))
    return {
      severity: "warning",
      path,
      message: `${goes} This stack makes none: see vision-platform:backup (docs/backups.md).`,
    };
  const found = dumps?.filter((one) => one.bad === undefined && isOfIt(one, facts)).sort((a, b) => b.at - a.at)[0];
  if (found && now - found.at < FRESH_MS)
    return {
      severity: "warning",
      path,
      message: `${goes} The newest was begun ${found.when}, and was read again by the run that made it: ${found.place}`,
    };
  const newest = found ? `the newest was begun ${found.when}` : "there is none";
  const lacks =
    dumps === undefined ? `Whether there is one is not known: ${unread ?? ""}` : `Of the last day ${newest}.`;
  if (waivedBy !== undefined)
    return { severity: "warning", path, message: `${goes} ${lacks} It goes on without: ${waivedBy}.` };
  return {
    severity: "refusal",
    path,
    message: `${goes} ${lacks} Make one: npm run platform -- backup create databases. Or go on without: up --without-backup, or for a plain pulumi up: pulumi config set --path 'vision-platform:${system}.stepsTaken[0]' ${WITHOUT_BACKUP}@${to}`,
  };
}

/** One that says of which release it is, is of that which is there. */
const isOfIt = ({ release }: KnownDump, { servers }: MoveFacts) =>
  release === undefined || servers.length === 0 || servers.includes(release.server);

/** `CVAT goes from 2.48.1 to 2.64.0`. */
export function moveText({ system, part, from, to }: Move): string {
  const { product } = TABLES[system];
  return `${part === "chart" ? `The chart of ${product}` : product} goes from ${from.join(" and ")} to ${to}`;
}
