/**
 * Does work for each of many, so many side by side, and hands the results on in the order of the items. Only what is being worked on is held.
 * When one fails, or nobody wants more, what is at work comes to its end first.
 * @throws what the first in the order failed with
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<T>,
  atOnce: number,
  work: (item: T) => Promise<R> | R,
): AsyncGenerator<R, void> {
  const source = items[Symbol.asyncIterator]();
  const atWork: (Promise<R> | R)[] = [];
  let isMore = true;
  try {
    for (;;) {
      while (isMore && atWork.length < atOnce) {
        const next = await source.next();
        if (next.done === true) isMore = false;
        else atWork.push(begun(work, next.value));
      }
      if (atWork.length === 0) return;
      yield await (atWork.shift() as Promise<R> | R);
    }
  } finally {
    await Promise.allSettled(atWork);
    await source.return?.();
  }
}

function begun<T, R>(work: (item: T) => Promise<R> | R, item: T): Promise<R> | R {
  const result = work(item);
  // It may fail long before its turn comes.
  if (result instanceof Promise) result.catch(() => undefined);
  return result;
}
