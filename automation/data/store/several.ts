/**
 * Does work for each of many, so many side by side. Only what is being worked on is held. When one fails no other is begun, and the failure is
 * told when those at work have come to their end.
 * @throws what the first failed with
 */
export async function severally<T>(
  items: AsyncIterable<T> | Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const source: AsyncIterator<T, unknown> =
    Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : asyncOf(items);
  let failure: { error: unknown } | undefined;
  const worker = async () => {
    try {
      while (failure === undefined) {
        const next = await source.next();
        if (next.done === true) return;
        await work(next.value);
      }
    } catch (error) {
      failure ??= { error };
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (failure === undefined) return;
  await source.return?.();
  throw failure.error;
}

function asyncOf<T>(items: Iterable<T>): AsyncIterator<T, void> {
  const source = items[Symbol.iterator]();
  return {
    next: () => {
      const next = source.next();
      return Promise.resolve(next.done === true ? { done: true, value: undefined } : next);
    },
    return: () => {
      source.return?.();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}
