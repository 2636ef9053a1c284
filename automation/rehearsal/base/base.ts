import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { createHash } from "node:crypto";
import { execa } from "execa";
import { UserError } from "../../../components/program/errors.ts";
import type { Progress, ProgressTask } from "../../progress.ts";
import { endProcessesOf, markOf } from "../../runs/belonging.ts";
import type { Tool } from "../../tools/obtain.ts";
import { forgetRunning, startCluster } from "../cluster/cluster.ts";
import type { Home } from "../cluster/homes.ts";
import { isLeftOut } from "../snapshot/key.ts";
import { openScene, type OpenedScene } from "../snapshot/scene.ts";
import { inCheckout } from "./checkout.ts";
import type { Repository, Revision, TreeEntry } from "./git.ts";
import type { Answer, BaseRecord, Order } from "./told.ts";
import { BRING_UP, REPLACEMENTS_VERSION, VERSION_FILE, versionIn } from "./version.ts";

/** Why there is nothing to compare with: that is said, and the head is shown alone. */
export class NoBase extends Error {}

export interface BaseOptions {
  tools: readonly Tool[];
  progress: Progress;
  signal: AbortSignal;
  /** Makes it also where a snapshot fits. Default: no. */
  anew?: boolean;
}

/** A commit of the program with a stack, as far as it must be known before it is checked out. */
export interface Base {
  repository: Repository;
  revision: Revision;
  files: readonly TreeEntry[];
  stack: string;
  /** Folder of Pulumi.yaml and the stack file, from the checkout on. */
  project: string;
}

/** The stack file of a base as it is there; undefined where it has none. */
export async function stackFileOf(base: Base): Promise<string | undefined> {
  const entry = base.files.find((one) => one.path === stackFileIn(base));
  return entry && base.repository.read(entry);
}

const stackFileIn = ({ stack, project }: Base) =>
  path.posix.join(project.split(path.sep).join("/"), `Pulumi.${stack}.yaml`);

/**
 * A rehearsal's home with the engine's state and the cluster as a base's own program has left them: from a snapshot where the same was
 * rehearsed before. Its cluster and its services need not run. The caller removes the home.
 * @throws NoBase where the base cannot be rehearsed
 */
export async function openBase(base: Base, options: BaseOptions): Promise<OpenedScene<BaseRecord>> {
  const { tools, progress, anew = false } = options;
  await checkBase(base);
  return openScene(
    {
      name: "base",
      key: keyOf(base, options),
      make: (home) => make(base, home, options),
      async open(home) {
        await progress.task("Starting the base's cluster again", (task) =>
          startCluster({ home: home.folder, tools, progress: task }),
        );
        return recordIn(home);
      },
      shape: (record) => record,
    },
    { progress, anew },
  );
}

/** Finds what needs no checkout to be known. */
async function checkBase(base: Base): Promise<void> {
  const { repository, files } = base;
  if ((await stackFileOf(base)) === undefined) throw new NoBase(`it has no ${stackFileIn(base)}`);
  const entry = files.find((one) => one.path === VERSION_FILE);
  const version = entry && versionIn(await repository.read(entry));
  if (version === undefined) throw new NoBase("its program is older than rehearsed previews");
  if (version !== REPLACEMENTS_VERSION)
    throw new NoBase(
      `what its rehearsal puts in the place of a real lab has version ${version}, and here it is ${REPLACEMENTS_VERSION}`,
    );
}

/** The same for the same sources, programs and Node, wherever the checkout lies: what the base was made in is gone by then. */
function keyOf({ files, stack, project }: Base, { tools }: BaseOptions): string {
  const sources = files
    .filter(({ path: file }) => !isLeftOut(file))
    .map(({ path: file, mode, blob }) => [file, mode, blob]);
  const programs = tools.map(({ name, version, path: place }) => [name, version, place]);
  const node = [process.execPath, process.version, process.arch];
  const all = JSON.stringify([REPLACEMENTS_VERSION, stack, project, node, programs, sources]);
  return createHash("sha256").update(all).digest("hex");
}

async function make(base: Base, home: Home, { progress, signal }: BaseOptions): Promise<BaseRecord> {
  const { repository, revision, stack, project } = base;
  try {
    await inCheckout(repository, revision, { progress, signal }, (checkout) => {
      const order = { stack, project: path.join(checkout, project), home, answer: answerFile(home) };
      return progress.task("Bringing up the base", (task) => bringUp(checkout, order, { signal, task }));
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UserError) throw new NoBase(error.problems[0] ?? error.message);
    throw error;
  }
  // Its services run the base's sources, which are gone: who opens the home starts its own.
  await endProcessesOf(home.folder);
  await forgetRunning(home.folder);
  return recordIn(home);
}

/** Runs the base's own code. */
async function bringUp(
  checkout: string,
  order: Order,
  { signal, task }: { signal: AbortSignal; task: ProgressTask },
): Promise<void> {
  const file = path.join(order.home.folder, "order.json");
  await writeFile(file, JSON.stringify(order));
  const words = [path.join(checkout, "loader/run.mjs"), path.join(checkout, BRING_UP), file];
  const running = execa(process.execPath, words, {
    cwd: checkout,
    // By this all that it starts is known as the home's, its own scripts too.
    env: markOf(order.home.folder),
    stdin: "ignore",
    stdout: "ignore",
    reject: false,
    cancelSignal: signal,
  });
  running.stderr.on("data", (data: Buffer) => task.update(lastLine(data.toString())));
  const { stderr, exitCode } = await running;
  signal.throwIfAborted();
  const answer = await readAnswer(order.answer);
  if (answer === undefined)
    throw new UserError(`its program ended with ${exitCode ?? "a signal"}: ${reasonIn(stderr)}`);
  if ("problems" in answer) throw new UserError(answer.problems);
}

/** Why a program ended, out of what Node and the loader say of it: an error that nobody caught, or a source that does not compile. */
export function reasonIn(stderr: string): string {
  return /^\w*Error\b.*|^.*\bERROR: .*/m.exec(stderr)?.[0].replace(/\]$/, "") ?? lastLine(stderr);
}

const lastLine = (text: string) => text.trimEnd().split("\n").at(-1) ?? "";
const answerFile = (home: Home) => path.join(home.folder, "base.json");

async function readAnswer(file: string): Promise<Answer | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Answer);
}

async function recordIn(home: Home): Promise<BaseRecord> {
  const answer = await readAnswer(answerFile(home));
  if (answer === undefined || "problems" in answer) throw new Error(`${home.folder} has no base`);
  return answer;
}
