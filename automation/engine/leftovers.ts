import type { Progress } from "../progress.ts";
import { backendFolder } from "../recovery/backend-folder.ts";
import { cutNotesIn, lockFilesIn, removeLockFile, removeNotes } from "../recovery/lock-files.ts";
import { clearAway, leftRuns, runsFolder } from "../runs/engine-run.ts";
import { endProcesses, orphansOf, orphanText } from "../runs/orphans.ts";
import { PROJECT } from "../../components/lab/sections.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a stack is at work. */
export interface Place {
  stack: string;
  /** Folder of Pulumi.yaml. */
  workDir: string;
  /** The engine's environment, whole. */
  env: Environment;
}

/** Something that killed runs left, and what is done with it. */
export interface Leftover {
  kind: "run" | "plugins" | "notes";
  /** What it is, for a sentence that begins with what is done with it. */
  what: string;
  verb: "remove" | "end";
  clear: () => Promise<unknown>;
}

/**
 * What killed runs left on this machine that works on, or keeps the state from being read: to be cleared away before anything is read of the
 * lab. Plugins go on writing to it for seconds.
 */
export async function leftoversAt({ stack, workDir, env }: Place): Promise<Leftover[]> {
  const runs = runsFolder(env);
  const left = await leftRuns(runs);
  const orphans = await orphansOf({ project: PROJECT, backend: env["PULUMI_BACKEND_URL"] });
  const backend = await backendFolder(workDir, env);
  const notes = backend ? await cutNotesIn(backend, stack) : [];
  // A stack that is new is not even made past one.
  const scrap = backend ? (await lockFilesIn(backend, stack)).filter(({ isScrap }) => isScrap) : [];
  return [
    ...(left.length > 0
      ? [
          {
            kind: "run",
            what: `what a killed run left: ${left.join(", ")}`,
            verb: "remove",
            clear: () => clearAway(runs),
          } as const,
        ]
      : []),
    ...(orphans.length > 0
      ? [
          {
            kind: "plugins",
            what: `plugins that outlived their engine: ${orphans.map(orphanText).join(", ")}`,
            verb: "end",
            clear: () => endProcesses(orphans),
          } as const,
        ]
      : []),
    ...(notes.length > 0
      ? [
          {
            kind: "notes",
            what: "the engine's notes beside the state, which it was killed writing; the state itself is whole",
            verb: "remove",
            clear: () => removeNotes(notes),
          } as const,
        ]
      : []),
    ...(scrap.length > 0
      ? [
          {
            kind: "notes",
            what: "a lock that no engine took, for it could not finish writing it",
            verb: "remove",
            clear: () => Promise.all(scrap.map((lock) => removeLockFile(lock.path))),
          } as const,
        ]
      : []),
  ];
}

/** What was done with a leftover, or would be. */
export function leftoverText({ verb, what }: Pick<Leftover, "verb" | "what">, dryRun = false): string {
  if (dryRun) return `Would ${verb} ${what}`;
  return `${verb === "end" ? "Ended" : "Removed"} ${what}`;
}

/** Clears away what killed runs left on this machine, and says so. */
export async function clearLeftovers(place: Place, progress: Pick<Progress, "line">): Promise<void> {
  for (const leftover of await leftoversAt(place)) {
    await leftover.clear();
    progress.line(leftoverText(leftover));
  }
}
