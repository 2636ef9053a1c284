import { readFile } from "node:fs/promises";
import path from "node:path";
import { streamProgress, type Progress } from "../progress.ts";
import { NoBase, openBase, stackFileOf } from "../rehearsal/base/base.ts";
import { clearCheckouts, removeOwnCheckouts } from "../rehearsal/base/checkout.ts";
import { chartNotes, secretNotes, unlike, untriedNotes } from "../rehearsal/base/notes.ts";
import { pairOf, type Pair } from "../rehearsal/base/pair.ts";
import type { BaseRecord } from "../rehearsal/base/told.ts";
import { cleanUpStale, createHome, freshName, removeOwnHomes, type Home } from "../rehearsal/cluster/homes.ts";
import { prepare, REHEARSAL_PROGRAMS, type Rehearsal } from "../rehearsal/rehearse.ts";
import { reportPlace } from "../report/file.ts";
import { untilStopped } from "../signals.ts";
import { planWithUntried } from "../stackfile/sound-plan.ts";
import { readStackFile, stackFilePath } from "../stackfile/stack-file.ts";
import { together } from "../together.ts";
import { obtainTools } from "../tools/obtain.ts";
import type { StackFlags } from "./flags.ts";
import { showPreview, type ShowFlags } from "./shown-preview.ts";

export interface RehearsedPreviewFlags extends StackFlags, ShowFlags {
  /** The commit to compare with. Default: where the change begins from. */
  base?: string;
  /** Charts of the head by name, in place of the locked ones: path. */
  chart: Record<string, string>;
}

/**
 * What the files as they are would change in a lab that their base has made, with no access to one: on the state that the base leaves on a
 * rehearsal cluster.
 */
export async function previewRehearsed(flags: RehearsedPreviewFlags): Promise<void> {
  const { stack, folder, base, report } = flags;
  const progress = streamProgress();
  if (report) await reportPlace(report);
  // A head that is broken is told before anything is made.
  await planWithUntried(await readStackFile(stackFilePath(folder, stack)));
  const pair = await pairOf(stack, folder, base);
  for (const name of await cleanUpStale()) progress.line(`Removed what a killed rehearsal left: ${name}`);
  await clearCheckouts();
  const stop = new AbortController();
  // On Ctrl-C as well; a kill leaves it to the next run.
  try {
    await untilStopped(() => run(flags, pair, { progress, signal: stop.signal }));
  } catch (error) {
    stop.abort(error);
    throw error;
  } finally {
    await progress.task("Tearing down", () => together([removeOwnHomes(), removeOwnCheckouts()]));
  }
}

interface At {
  progress: Progress;
  signal: AbortSignal;
}

async function run(flags: RehearsedPreviewFlags, pair: Pair, at: At): Promise<void> {
  const { stack: name, folder } = flags;
  const { rehearsal, record, alone } = await onBase(flags, pair, at);
  const { home, stack, plan, charts, untried } = rehearsal;
  const before = record && pair.base && (await stackFileOf(pair.base));
  const notes = [
    ...chartNotes(record, charts),
    ...untriedNotes(untried),
    ...secretNotes(before, await readFile(stackFilePath(folder, name), "utf8")),
  ];
  const { head, base } = pair;
  const compared = { base: base && { ...base.revision }, head, alone, notes };
  const file = await readStackFile(stackFilePath(path.join(home.folder, "stack"), name));
  await showPreview({ name, stack, plan, file, progress: at.progress, compared }, flags);
}

interface Opened {
  rehearsal: Rehearsal;
  /** Undefined: the head is alone. */
  record?: BaseRecord;
  alone?: string | undefined;
}

/** The head's stack on what the base left, or in a home of its own where there is no base. */
async function onBase(flags: RehearsedPreviewFlags, { base, alone }: Pair, at: At): Promise<Opened> {
  const { stack, folder: project, chart: overrides } = flags;
  const { progress, signal } = at;
  const head = (home: Home) => {
    signal.throwIfAborted();
    return prepare({ stack, project, overrides, home, progress, untried: true });
  };
  const byItself = async (why: string | undefined): Promise<Opened> => ({
    rehearsal: await head(await createHome(freshName(stack), { kept: false })),
    alone: why,
  });
  if (base === undefined || alone !== undefined) return byItself(alone);
  const tools = await obtainTools(REHEARSAL_PROGRAMS, { progress });
  const open = async (anew: boolean) => {
    const { home, opened: record, restored } = await openBase(base, { tools, anew, ...at });
    return { rehearsal: await head(home), record, restored };
  };
  try {
    const first = await open(false);
    if (!first.restored || unlike(first.record, first.rehearsal.charts).length === 0) return first;
    progress.line("The base was rehearsed with other charts than there are now, and is rehearsed again.");
    await removeOwnHomes();
    return await open(true);
  } catch (error) {
    if (!(error instanceof NoBase)) throw error;
    return byItself(error.message);
  }
}
