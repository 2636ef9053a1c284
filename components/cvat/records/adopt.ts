import { patiently } from "../../rest/patience.ts";
import { CvatError } from "../client/errors.ts";

interface Found {
  id: number;
}

export interface Creation<T extends Found> {
  /** Every record of the natural key, each answer compared with it. */
  find: () => Promise<T[]>;
  /** The same as it was when the run began, where that costs less. Default: {@link find}. */
  before?: () => Promise<T[]>;
  post: () => Promise<T>;
  /** Ends the attempts to make one. Default: nothing does. */
  signal?: AbortSignal;
  /** Removes one that this run made too many. */
  remove: (record: T) => Promise<void>;
}

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 1_000;

/**
 * The record of a natural key, made if there is none. CVAT knows no unique names but an organization's, so two runs at once may both make one:
 * each looks again afterwards, the oldest stays, and a younger one is removed by the run that made it. A POST without a sound answer may have
 * been done, so it is looked for before it is sent again.
 */
export async function adoptOrCreate<T extends Found>(creation: Creation<T>): Promise<{ record: T; adopted: boolean }> {
  const there = oldest(await (creation.before ?? creation.find)());
  if (there) return { record: there, adopted: true };
  const made = await patiently(() => posted(creation), {
    attempts: ATTEMPTS,
    firstPauseMs: FIRST_PAUSE_MS,
    signal: creation.signal,
    mayPass: (error) => error instanceof CvatError && error.maybeDone,
  });
  // One that was made is noted, whatever comes of the second look: the state would never hear of it, and taking it out would leave it.
  const others = await creation.find().catch(() => []);
  const kept = oldest([...others, made]) ?? made;
  if (kept.id !== made.id) await creation.remove(made);
  return { record: kept, adopted: kept.id !== made.id };
}

async function posted<T extends Found>({ find, post }: Creation<T>): Promise<T> {
  try {
    return await post();
  } catch (error) {
    const done = error instanceof CvatError ? oldest(await find()) : undefined;
    if (done) return done;
    throw error;
  }
}

function oldest<T extends Found>(records: readonly T[]): T | undefined {
  return records.reduce<T | undefined>((first, one) => (first && first.id <= one.id ? first : one), undefined);
}
