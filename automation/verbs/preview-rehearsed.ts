import { readFile, realpath } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../components/program/errors.ts";
import { PROJECT_FOLDER } from "../project.ts";
import { streamProgress, type Progress } from "../progress.ts";
import { NoBase, openBase, type Base } from "../rehearsal/base/base.ts";
import { clearCheckouts, removeOwnCheckouts } from "../rehearsal/base/checkout.ts";
import { Repository, type Revision } from "../rehearsal/base/git.ts";
import { chartNotes, secretNotes, unlike, untriedNotes } from "../rehearsal/base/notes.ts";
import type { BaseRecord } from "../rehearsal/base/told.ts";
import { cleanUpStale, createHome, freshName, removeOwnHomes, type Home } from "../rehearsal/cluster/homes.ts";
import { prepare, REHEARSAL_PROGRAMS, type Rehearsal } from "../rehearsal/rehearse.ts";
import type { Compared } from "../report/compared.ts";
import { reportPlace } from "../report/file.ts";
import { untilStopped } from "../signals.ts";
import { planWithUntried } from "../stackfile/sound-plan.ts";
import { readStackFile, stackFilePath } from "../stackfile/stack-file.ts";
import { together } from "../together.ts";
import { obtainTools } from "../tools/obtain.ts";
import type { StackFlags } from "./flags.ts";
import { showPreview, type ShowFlags } from "./shown-preview.ts";

export interface RehearsedPreviewFlags extends StackFlags, ShowFlags {
  /** Default: the merge base with the branch that the change goes into. */
  base?: string;
  chart: Record<string, string>;
}

/** What is compared with what, before anything runs. */
interface Pair {
  base: Base | undefined;
  /** Why there is none. */
  alone: string | undefined;
  head: Compared["head"];
  /** Folder of the stack file, from the checkout on. */
  project: string;
}

/** What a change of the program or of a stack file would change in a lab, with no access to one: on the state that a base leaves on a rehearsal cluster. */
export async function previewRehearsed(flags: RehearsedPreviewFlags): Promise<void> {
  const { stack, folder, report } = flags;
  const progress = streamProgress();
  if (report) await reportPlace(report);
  // Before anything is made: the head may be broken.
  await planWithUntried(await readStackFile(stackFilePath(folder, stack)));
  const pair = await pairOf(flags);
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

async function pairOf({ folder, base: wanted }: RehearsedPreviewFlags): Promise<Pair> {
  const repository = await Repository.of(PROJECT_FOLDER);
  const project = path.relative(await realpath(PROJECT_FOLDER), await realpath(folder));
  const none = (alone: string, head?: Compared["head"]) => ({ base: undefined, alone, head, project });
  if ("problem" in repository) {
    if (wanted === undefined) return none(`this program lies in no git repository (${repository.problem})`);
    throw new UserError(`--base ${wanted}: ${PROJECT_FOLDER} is in no git repository (${repository.problem}).`, {
      exitCode: 2,
    });
  }
  const [revision, head] = await Promise.all([repository.base(wanted), repository.head()]);
  if (revision === undefined) return none("nothing was committed yet");
  const base = { repository, revision, files: await repository.files(revision) };
  const isOutside = project === ".." || project.startsWith(`..${path.sep}`) || path.isAbsolute(project);
  return { base, alone: isOutside ? `${folder} is not in its checkout` : undefined, head, project };
}

interface At {
  progress: Progress;
  signal: AbortSignal;
}

async function run(flags: RehearsedPreviewFlags, pair: Pair, at: At): Promise<void> {
  const { stack, folder } = flags;
  const { rehearsal, record, alone } = await onBase(flags, pair, at);
  const own = stackFilePath(path.join(rehearsal.home.folder, "stack"), stack);
  const compared: Compared = {
    base: pair.base && named(pair.base.revision),
    head: pair.head,
    alone,
    notes: [
      ...chartNotes(record, rehearsal.charts),
      ...untriedNotes(rehearsal.untried),
      ...secretNotes(record && (await baseText(pair, stack)), await readFile(stackFilePath(folder, stack), "utf8")),
    ],
  };
  const file = await readStackFile(own);
  await showPreview(
    { name: stack, stack: rehearsal.stack, plan: rehearsal.plan, file, progress: at.progress, compared },
    flags,
  );
}

interface Opened {
  rehearsal: Rehearsal;
  /** Undefined: the head is alone. */
  record?: BaseRecord;
  alone?: string | undefined;
}

/** The head's stack on what the base left, or in a home of its own where there is no base. */
async function onBase(flags: RehearsedPreviewFlags, { base, alone, project }: Pair, at: At): Promise<Opened> {
  const { stack, folder, chart } = flags;
  const { progress, signal } = at;
  const head = (home: Home) => {
    signal.throwIfAborted();
    return prepare({ stack, project: folder, overrides: chart, home, progress, untried: true });
  };
  const by = async (why: string | undefined) => ({
    rehearsal: await head(await createHome(freshName(stack), { kept: false })),
    alone: why,
  });
  if (base === undefined || alone !== undefined) return by(alone);
  const tools = await obtainTools(REHEARSAL_PROGRAMS, { progress });
  const open = async (anew: boolean): Promise<Opened & { record: BaseRecord; restored: boolean }> => {
    const { home, opened: record, restored } = await openBase(base, { stack, project, tools, anew, ...at });
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
    return by(error.message);
  }
}

const named = ({ name, commit }: Revision) => ({ name, commit });

async function baseText({ base, project }: Pair, stack: string): Promise<string | undefined> {
  const file = path.posix.join(project.split(path.sep).join("/"), `Pulumi.${stack}.yaml`);
  const entry = base?.files.find((one) => one.path === file);
  return entry && base?.repository.read(entry);
}
