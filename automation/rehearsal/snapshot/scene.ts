import { isDeepStrictEqual } from "node:util";
import { UserError } from "../../../components/program/errors.ts";
import type { Progress } from "../../progress.ts";
import { endProcessesOf } from "../../runs/belonging.ts";
import { cleanUpStale, createHome, freshName, removeHome, type Home } from "../cluster/homes.ts";
import { forgetRunning } from "../cluster/cluster.ts";
import { areFree, portsOf } from "../ports.ts";
import { dropSnapshot, findSnapshot, putSnapshot, takeSnapshot } from "./shelf.ts";

/** A rehearsal that others begin from. */
export interface Scene<T> {
  /** Begins the name of its home. */
  name: string;
  /** Digest of what makes it. (key.ts) */
  key: string;
  /** Makes it in a new home. */
  make: (home: Home) => Promise<T>;
  /** Starts what is in a home and does not run, and changes nothing else there. */
  open: (home: Home) => Promise<T>;
  /** What must be the same whenever it is opened, as JSON: charts that were found, addresses, stand-ins. */
  shape: (opened: T) => unknown;
}

export interface OpenedScene<T> {
  /** The caller's own, to be removed by it. */
  home: Home;
  opened: T;
  /** Whether it is a snapshot's copy. */
  restored: boolean;
}

export interface OpenOptions {
  progress: Progress;
  /** Makes it also where a snapshot fits, which the new one then takes the place of. Default: no. */
  anew?: boolean;
}

/**
 * How many of a scene may be open at once from a snapshot. Paths and ports stand in the engine's state, so a copy works only in the folder and
 * on the ports that its scene was made with: each of these places has a snapshot of its own.
 */
const PLACES = 3;

/**
 * A rehearsal with a scene set: a copy of its snapshot where one fits, else made, kept as a snapshot, and opened from that, so that the first
 * use meets what all others meet. One that does not fit is never used: made of something else, a port taken, broken, or not the same when it
 * is opened.
 */
export async function openScene<T>(scene: Scene<T>, options: OpenOptions): Promise<OpenedScene<T>> {
  await cleanUpStale();
  for (let place = 0; place < PLACES; place++) {
    const found = await openAt(scene, `${scene.name}-${scene.key.slice(0, 10)}-${place}`, options);
    if (found === UNFIT) break;
    if (found) return found;
  }
  const home = await createHome(freshName(scene.name), { kept: false });
  return { home, opened: await orRemoved(home, () => scene.make(home)), restored: false };
}

/** A snapshot that does not fit as soon as it is made: those of other places would not either. */
const UNFIT = Symbol("unfit");

/** Undefined where another run has that place. */
async function openAt<T>(
  scene: Scene<T>,
  name: string,
  { progress, anew = false }: OpenOptions,
): Promise<OpenedScene<T> | typeof UNFIT | undefined> {
  const old = await claim(name);
  if (!old) return undefined;
  const found = await (anew ? Promise.resolve(undefined) : restore(scene, old)).catch((error: unknown) => {
    progress.line(`The kept scene ${name} cannot be opened, and is made anew: ${messageOf(error)}`);
    return undefined;
  });
  if (found) return { home: old, opened: found.opened, restored: true };
  await removeHome(old.folder);
  await dropSnapshot(name);

  const place = await claim(name);
  if (!place) return undefined;
  await orRemoved(place, async () => keep(scene, place, await scene.make(place)));
  const home = await claim(name);
  if (!home) return undefined;
  const made = await orRemoved(home, () => restore(scene, home));
  if (made) return { home, opened: made.opened, restored: false };
  // A port that somebody took meanwhile, for one: it is made once more, and kept for nobody.
  progress.line(`The scene ${name} is not the same when it is opened again, and is made without a snapshot.`);
  await removeHome(home.folder);
  await dropSnapshot(name);
  return UNFIT;
}

/** What the snapshot of this home's name has, opened in it; undefined where there is none that fits. */
async function restore<T>(scene: Scene<T>, home: Home): Promise<{ opened: T } | undefined> {
  const record = await findSnapshot(home.name);
  if (record?.key !== scene.key || record.folder !== home.folder) return undefined;
  if (!(await areFree(record.ports))) return undefined;
  await takeSnapshot(home.name, home.folder);
  const opened = await scene.open(home);
  return isDeepStrictEqual(asJson(scene.shape(opened)), record.shape) ? { opened } : undefined;
}

/** Makes a snapshot of a home, which ends with that. */
async function keep<T>(scene: Scene<T>, home: Home, made: T): Promise<void> {
  const { folder } = home;
  const ports = Object.values(await portsOf(folder));
  await endProcessesOf(folder);
  await forgetRunning(folder);
  await putSnapshot(home, { key: scene.key, folder, ports, shape: asJson(scene.shape(made)) });
}

/** The home of that name, or undefined where another run has it. */
async function claim(name: string): Promise<Home | undefined> {
  try {
    return await createHome(name, { kept: false });
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

async function orRemoved<T>({ folder }: Home, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await removeHome(folder);
    throw error;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
