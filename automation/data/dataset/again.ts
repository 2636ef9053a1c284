/** More of them are gone through once more instead of being held. */
const HELD = 50_000;

/**
 * Many things that are gone through twice: as many as fit are held in between, and of more the source is asked again.
 * @param source goes through them from the beginning
 */
export async function twice<T>(
  source: () => AsyncIterable<T>,
  first: (item: T) => void,
): Promise<() => AsyncIterable<T>> {
  let held: T[] | undefined = [];
  for await (const item of source()) {
    first(item);
    held?.push(item);
    if (held !== undefined && held.length > HELD) held = undefined;
  }
  const kept = held;
  if (kept === undefined) return source;
  // eslint-disable-next-line @typescript-eslint/require-await
  return async function* () {
    yield* kept;
  };
}
