import { createHash } from "node:crypto";
import type { Project, Task } from "../../../components/cvat/client/types.ts";
import { UserError } from "../../../components/program/errors.ts";
import { tasksOf } from "../cvat/find.ts";
import type { CvatSpace } from "../cvat/space.ts";
import type { Chosen } from "./chosen.ts";
import { filmProblem, framesTaken, roomProblem, type ReadFilm } from "./films.ts";
import { batches, counted, foundProblems, nothingFound, type Batch, type Found } from "./media.ts";
import type { Room } from "../room/room.ts";
import { lookFor, type There } from "./there.ts";
import { jobsProblem, wishProblems, type TaskWish } from "./wish.ts";

/** A task to be, without its list of files: there may be a million. */
export interface Planned {
  name: string;
  kind: Batch["kind"];
  files: number;
  bytes: number;
  /** Of its list of files. */
  digest: string;
  /** Of a film: what it is written in. */
  codec?: string;
  /** Of a film: how many frames CVAT will make of it, where its headers say. */
  frames?: number | undefined;
  /** Whether that is one or two off. */
  framesAbout?: true;
  /** Of a film: pixels of all of these together. */
  pixels?: number | undefined;
  there: There;
}

export interface Look {
  space: CvatSpace;
  project: Project;
  chosen: Chosen;
  wish: TaskWish;
  /** Default: films are taken unread. */
  readFilm?: ReadFilm | undefined;
  /** Asks what CVAT's data claim takes, where there are films. Default: not known. */
  room?: () => Promise<Room>;
  /** Names that a manifest has, where one is used. */
  manifest?: ReadonlySet<string> | undefined;
  /** Told how many objects were seen. */
  update?: (text: string) => void;
  signal?: AbortSignal | undefined;
}

const SHOWN = 20;

/**
 * What a task create would make, and what of it is there. Nothing is sent.
 * @throws UserError, exit code 2, with everything that CVAT would refuse or break on
 */
export async function planTasks(look: Look): Promise<{ tasks: Planned[]; found: Found }> {
  const { space, project, chosen, wish, update = () => undefined, signal } = look;
  refuse(wishProblems(wish));
  const before = byName(await tasksOf(space, { project: project.id }));
  const found = nothingFound();
  const tasks: Planned[] = [];
  const problems: string[] = [];
  let filmBytes = 0;
  for await (const batch of batches(counted(chosen.objects(signal), found, wish), wish)) {
    update(`${found.pictures} pictures, ${found.films} films`);
    const { name, kind, keys, bytes } = batch;
    const there = await lookFor(space, batch, wish, before.get(name) ?? []);
    if (there.is === "other") problems.push(there.why);
    problems.push(...notListed(keys, look));
    const film = kind === "film" && there.is !== "whole" ? await filmOf(batch, look) : undefined;
    if (film) filmBytes += bytes;
    if (film?.problem !== undefined) problems.push(film.problem);
    const many = jobsProblem(name, kind, film?.says?.frames ?? keys.length, wish.segmentSize);
    if (many !== undefined && there.is !== "whole") problems.push(many);
    tasks.push({ name, kind, files: keys.length, bytes, digest: digestOf(batch), there, ...film?.says });
  }
  const room = filmBytes > 0 && look.room ? roomProblem(filmBytes, await look.room()) : undefined;
  refuse([
    ...foundProblems(found, wish, chosen.where),
    ...wishProblems(wish, tasks.length),
    ...(room === undefined ? [] : [room]),
    ...problems.slice(0, SHOWN),
    ...(problems.length > SHOWN ? [`and ${problems.length - SHOWN} more`] : []),
  ]);
  return { tasks, found };
}

/** The same batches again, with their files. @throws UserError where the bucket has changed since */
export async function* again(
  { chosen, wish, signal }: Look,
  tasks: readonly Planned[],
): AsyncIterable<[Planned, Batch]> {
  let index = 0;
  for await (const batch of batches(counted(chosen.objects(signal), nothingFound(), wish), wish)) {
    const planned = tasks[index++];
    if (planned?.digest !== digestOf(batch))
      throw new UserError(
        `${chosen.where} has changed since it was looked at: task ${batch.name} would be of other files. What was made so far stays; run the command again.`,
      );
    yield [planned, batch];
  }
}

/** What is wrong with a film, or what it says of itself. */
async function filmOf(
  { keys: [key = ""], bytes }: Batch,
  { readFilm, wish }: Look,
): Promise<{
  problem?: string | undefined;
  says?: Pick<Planned, "frames" | "framesAbout" | "pixels"> & { codec: string };
}> {
  const facts = await readFilm?.(key, bytes);
  if (facts === undefined) return {};
  const problem = filmProblem(key, facts, wish);
  if (typeof facts === "string" || problem !== undefined) return { problem };
  const { codec, frames, framesAbout, width, height } = facts;
  if (frames === undefined) return { says: { codec } };
  const taken = framesTaken(frames, wish);
  return { says: { codec, frames: taken, ...(framesAbout && { framesAbout }), pixels: taken * width * height } };
}

function notListed(keys: readonly string[], { manifest }: Look): string[] {
  if (!manifest) return [];
  return keys.filter((key) => !manifest.has(key)).map((key) => `${key} is not in the manifest`);
}

function byName(tasks: readonly Task[]): Map<string, Task[]> {
  const named = new Map<string, Task[]>();
  for (const task of tasks) named.set(task.name, [...(named.get(task.name) ?? []), task]);
  return named;
}

function digestOf({ kind, keys }: Batch): string {
  const hash = createHash("sha256").update(kind);
  for (const key of keys) hash.update("\n").update(key);
  return hash.digest("hex");
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new UserError(problems.join("\n"), { exitCode: 2 });
}
