import { cacheFolder as usersCacheFolder } from "../cache.ts";
import type { Progress } from "../progress.ts";
import { build } from "./build.ts";
import {
  buildKey,
  cachedPath,
  findBuilt,
  findFetched,
  toolsFolder,
  type Fetched,
  type ReleaseRecord,
} from "./cached.ts";
import { expectedSeconds, roughly, secondsLeft, type Build } from "./estimate.ts";
import { findInstalled } from "./found.ts";
import { findGo } from "./go.ts";
import { whileAlone, workFolder } from "./lock.ts";
import { notFetched, notOnPath, nothingToBuildWith, notToBeHad, unknownPrograms, type Missing } from "./problems.ts";
import { isBuilt, PROGRAMS, type BuiltProgram, type Program } from "./programs.ts";
import { fetchAll, publishedBy, PUBLISHERS, type Publishers } from "./publishers.ts";
import { WAYS, type Way } from "./ways.ts";

/** A program that can be run. */
export interface Tool {
  name: string;
  version: string;
  /** Absolute path of the executable file. */
  path: string;
  /** On this machine's PATH (or in Pulumi's plugin folder), in the cache since an earlier run, or fetched or built just now. */
  origin: "path" | "cache" | "release" | "built";
  /** Of one that its publisher released; absent for what was built with Go, and for what is on PATH. */
  release?: Omit<ReleaseRecord, "version">;
}

export interface ObtainOptions {
  progress: Progress;
  /** Default: the user's cache folder (`automation/cache.ts`). */
  cacheFolder?: string;
  /** The one way to go, where it is not the first that leads to the program. What is in the cache by another way is passed over. */
  from?: Way;
  /** Whether what cannot be had otherwise is built, which takes minutes. Default: yes. */
  build?: boolean;
  /** Default: the publishers themselves. */
  publishers?: Publishers;
}

/**
 * Every named program, ready to run: from PATH at a fitting version, else from the cache, else its publisher's release, else built with Go.
 * @param names which programs; none: all but the optional ones
 * @throws UserError for an unknown name, for what is missing when there is no Go or nothing is to be built (every program at once), for a failed build
 */
export async function obtainTools(names: readonly string[], options: ObtainOptions): Promise<Tool[]> {
  const { from, build: builds = true, progress, publishers = PUBLISHERS, cacheFolder = usersCacheFolder() } = options;
  const programs = namedPrograms(names);
  const looked = await Promise.all(programs.map((program) => lookFor(program, { from, publishers, cacheFolder })));
  const ready = looked.filter((result): result is Tool => "path" in result);
  let missing = looked.filter((result): result is Missing => "program" in result);
  if (missing.length > 0 && from === "path") throw notOnPath(missing);
  if (missing.length > 0 && from !== "go") {
    const tried = await fetched(missing, publishers, cacheFolder, progress);
    ready.push(...tried.tools);
    missing = tried.missing;
    if (missing.length > 0 && from === "release") throw notFetched(missing);
  }
  const unbuilt = missing.filter(({ program }) => !builds || !isBuilt(program));
  if (unbuilt.length > 0) throw notToBeHad(unbuilt);
  if (missing.length > 0) ready.push(...(await buildAll(missing, cacheFolder, progress)));
  const order = programs.map((program) => program.name);
  return ready.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

function namedPrograms(names: readonly string[]): Program[] {
  if (names.length === 0) return PROGRAMS.filter((program) => !program.optional);
  const unknown = names.filter((name) => !PROGRAMS.some((program) => program.name === name));
  if (unknown.length > 0) throw unknownPrograms(unknown);
  return PROGRAMS.filter((program) => names.includes(program.name));
}

async function lookFor(
  program: Program,
  { from, publishers, cacheFolder }: { from?: Way; publishers: Publishers; cacheFolder: string },
): Promise<Tool | Missing> {
  const ways = from ? [from] : WAYS;
  const { fitting, unfit } = ways.includes("path") ? await findInstalled(program) : {};
  if (fitting) return { name: program.name, ...fitting, origin: "path" };
  // What was built comes first: there was no release to be had then, or Go was asked for.
  const built = ways.includes("go") && isBuilt(program) ? await builtBefore(program, cacheFolder) : undefined;
  if (built) return built;
  const release = ways.includes("release") ? publishedBy(publishers, program) : undefined;
  const kept = release && (await findFetched(cacheFolder, release));
  return kept ? toolOf(program, kept, "cache") : { program, unfit };
}

async function builtBefore(program: BuiltProgram, cacheFolder: string): Promise<Tool | undefined> {
  const cached = await findBuilt(cacheFolder, program);
  return cached === undefined
    ? undefined
    : { name: program.name, version: program.version, path: cached, origin: "cache" };
}

function toolOf(program: Program, { path: place, record }: Fetched, origin: "cache" | "release"): Tool {
  const { version, ...release } = record;
  return { name: program.name, version, path: place, origin, release };
}

/** What publishers have of it, and the rest, with a line for each reason why. */
async function fetched(
  missing: readonly Missing[],
  publishers: Publishers,
  cacheFolder: string,
  progress: Progress,
): Promise<{ tools: Tool[]; missing: Missing[] }> {
  const programs = missing.map(({ program }) => program);
  const tools: Tool[] = [];
  const why = new Map<Program, string>();
  for (const outcome of await fetchAll(programs, publishers, cacheFolder, progress)) {
    if ("why" in outcome) why.set(outcome.program, outcome.why);
    else tools.push(toolOf(outcome.program, outcome, "release"));
  }
  for (const reason of new Set(why.values())) {
    const names = programs.filter((program) => why.get(program) === reason).map(({ name }) => name);
    progress.line(`Not fetched: ${names.join(", ")} (${reason})`);
  }
  return {
    tools,
    missing: missing
      .filter(({ program }) => why.has(program))
      .map((one) => ({ ...one, unfetched: why.get(one.program) })),
  };
}

async function buildAll(missing: readonly Missing[], cacheFolder: string, progress: Progress): Promise<Tool[]> {
  const go = await findGo();
  if ("problem" in go) throw nothingToBuildWith(missing, go.problem);
  const queue = queueOf(missing.map(({ program }) => program).filter(isBuilt));
  const tools: Tool[] = [];
  const what = queue.length === 1 ? (queue[0]?.program.name ?? "") : `${queue.length} programs`;
  await progress.task(`Building ${what} with Go, once`, (task) =>
    whileAlone(
      toolsFolder(cacheFolder),
      (holder) => task.update(`waiting for ${holder}`),
      async (lock) => {
        for (const [index, item] of queue.entries()) {
          await lock.announce(`builds ${item.program.name}`);
          const start = performance.now();
          const elapsed = () => (performance.now() - start) / 1000;
          const say = () => {
            const left = roughly(secondsLeft(queue, elapsed()));
            task.update(`${item.program.name} (${index + 1} of ${queue.length}), ${left} left`);
          };
          say();
          const ticking = setInterval(say, 1000);
          try {
            tools.push(await builtOnce(item.program, go.file, cacheFolder));
          } finally {
            clearInterval(ticking);
          }
          item.took = elapsed();
        }
      },
    ),
  );
  return tools;
}

function queueOf(programs: readonly BuiltProgram[]): (Build & { program: BuiltProgram })[] {
  const expected = expectedSeconds(programs);
  return programs.map((program, index) => ({ program, expected: expected[index] ?? program.seconds }));
}

/** Another process may have built it while this one waited for the lock. */
async function builtOnce(program: BuiltProgram, go: string, cacheFolder: string): Promise<Tool> {
  const cached = await builtBefore(program, cacheFolder);
  if (cached) return cached;
  const target = cachedPath(cacheFolder, program, await buildKey(program));
  await build(program, go, workFolder(toolsFolder(cacheFolder)), target);
  return { name: program.name, version: program.version, path: target, origin: "built" };
}
