import path from "node:path";
import { cacheFolder as usersCacheFolder } from "../cache.ts";
import type { Progress } from "../progress.ts";
import { build } from "./build.ts";
import { buildKey, cachedPath, findCached } from "./cached.ts";
import { expectedSeconds, roughly, secondsLeft, type Build } from "./estimate.ts";
import { findInstalled } from "./found.ts";
import { findGo } from "./go.ts";
import { whileAlone, workFolder } from "./lock.ts";
import { nothingToBuildWith, unknownPrograms, type Missing } from "./problems.ts";
import { PROGRAMS, type Program } from "./programs.ts";

/** A program that can be run. */
export interface Tool {
  name: string;
  version: string;
  /** Absolute path of the executable file. */
  path: string;
  /** On this machine's PATH (or in Pulumi's plugin folder), in the cache since an earlier run, or built just now. */
  origin: "path" | "cache" | "built";
}

export interface ObtainOptions {
  progress: Progress;
  /** Default: the user's cache folder (`automation/cache.ts`). */
  cacheFolder?: string;
}

/**
 * Every named program, ready to run: from PATH at a fitting version, else from the cache, else built with Go.
 * @param names which programs; none: all but the optional ones
 * @throws UserError for an unknown name, for what is missing when there is no Go (every program at once), for a failed build
 */
export async function obtainTools(names: readonly string[], options: ObtainOptions): Promise<Tool[]> {
  const cacheFolder = options.cacheFolder ?? usersCacheFolder();
  const programs = namedPrograms(names);
  const looked = await Promise.all(programs.map((program) => lookFor(program, cacheFolder)));
  const missing = looked.filter((result): result is Missing => "program" in result);
  const ready = looked.filter((result): result is Tool => "path" in result);
  const built = missing.length > 0 ? await buildAll(missing, cacheFolder, options.progress) : [];
  const order = programs.map((program) => program.name);
  return [...ready, ...built].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

function namedPrograms(names: readonly string[]): Program[] {
  if (names.length === 0) return PROGRAMS.filter((program) => !program.optional);
  const unknown = names.filter((name) => !PROGRAMS.some((program) => program.name === name));
  if (unknown.length > 0) throw unknownPrograms(unknown);
  return PROGRAMS.filter((program) => names.includes(program.name));
}

async function lookFor(program: Program, cacheFolder: string): Promise<Tool | Missing> {
  const { fitting, unfit } = await findInstalled(program);
  if (fitting) return { name: program.name, ...fitting, origin: "path" };
  return (await fromCache(program, cacheFolder)) ?? { program, unfit };
}

async function fromCache(program: Program, cacheFolder: string): Promise<Tool | undefined> {
  const cached = await findCached(cacheFolder, program);
  return cached === undefined
    ? undefined
    : { name: program.name, version: program.version, path: cached, origin: "cache" };
}

async function buildAll(missing: readonly Missing[], cacheFolder: string, progress: Progress): Promise<Tool[]> {
  const go = await findGo();
  if ("problem" in go) throw nothingToBuildWith(missing, go.problem);
  const queue = queueOf(missing.map(({ program }) => program));
  const tools: Tool[] = [];
  const what = queue.length === 1 ? (queue[0]?.program.name ?? "") : `${queue.length} programs`;
  await progress.task(`Building ${what} with Go, once`, (task) =>
    whileAlone(
      path.join(cacheFolder, "tools"),
      (holder) => task.update(`waiting for ${holder}`),
      async (lock) => {
        for (const [index, item] of queue.entries()) {
          await lock.announce(item.program.name);
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

function queueOf(programs: readonly Program[]): (Build & { program: Program })[] {
  const expected = expectedSeconds(programs);
  return programs.map((program, index) => ({ program, expected: expected[index] ?? program.seconds }));
}

/** Another process may have built it while this one waited for the lock. */
async function builtOnce(program: Program, go: string, cacheFolder: string): Promise<Tool> {
  const cached = await fromCache(program, cacheFolder);
  if (cached) return cached;
  const target = cachedPath(cacheFolder, program, await buildKey(program));
  await build(program, go, workFolder(path.join(cacheFolder, "tools")), target);
  return { name: program.name, version: program.version, path: target, origin: "built" };
}
