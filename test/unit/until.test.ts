import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { until, type Wait } from "../../components/rest/until.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Waits for a number of looks, and tells after how many milliseconds each was taken. */
function counting(looks: number, wait: Partial<Wait<number>> = {}) {
  const taken: number[] = [];
  const done = until(
    (passedMs) => {
      taken.push(passedMs);
      return taken.length;
    },
    { isDone: (seen) => seen === looks, everyMs: 100, ...wait },
  );
  const settled = done.catch((error: unknown) => error);
  return { taken, settled };
}

async function end<T>({ settled }: { settled: Promise<T> }): Promise<T> {
  await vi.runAllTimersAsync();
  return settled;
}

describe("a wait", () => {
  it("ends with the first look that is enough, and leaves no timer", async () => {
    const wait = counting(1);
    expect(await wait.settled).toBe(1);
    expect(wait.taken).toEqual([0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("tells its looks whole milliseconds, which a time limit must have", async () => {
    vi.useRealTimers();
    const { taken, settled } = counting(4, { everyMs: 1 });
    expect(await settled).toBe(4);
    expect(taken.every(Number.isInteger)).toBe(true);
  });

  it("looks at equal distances, without an end of its own", async () => {
    const wait = counting(50);
    expect(await end(wait)).toBe(50);
    expect(wait.taken.slice(0, 4)).toEqual([0, 100, 200, 300]);
    expect(wait.taken.at(-1)).toBe(4900);
  });

  it("looks more seldom where it is told to", async () => {
    const wait = counting(6, { slower: { factor: 2, atMostMs: 500 } });
    await end(wait);
    expect(wait.taken).toEqual([0, 100, 300, 700, 1200, 1700]);
  });

  it("takes its last look when its time is up", async () => {
    const wait = counting(9, { withinMs: 250 });
    expect(await end(wait)).toBe(4);
    expect(wait.taken).toEqual([0, 100, 200, 250]);
  });

  it("tells by its last look what it waited for in vain", async () => {
    const late = (seen: number) => Promise.resolve(new Error(`${seen} of 9`));
    expect(await end(counting(9, { withinMs: 250, late }))).toEqual(new Error("4 of 9"));
  });
});

describe("what ends a wait before its time", () => {
  it.each([new Error("refused"), new TypeError("fetch failed")])("is what a look throws: %s", async (problem) => {
    const look = vi.fn(() => Promise.reject(problem));
    await expect(until(look, { isDone: () => true, everyMs: 100 })).rejects.toBe(problem);
    expect(look).toHaveBeenCalledTimes(1);
  });

  it("is its signal, between two looks too", async () => {
    const ends = new AbortController();
    const wait = counting(9, { everyMs: 60_000, signal: ends.signal });
    await vi.advanceTimersByTimeAsync(1_000);
    ends.abort(new Error("The run was ended."));
    expect(await wait.settled).toEqual(new Error("The run was ended."));
    expect(wait.taken).toEqual([0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is its signal before the first look", async () => {
    const wait = counting(1, { signal: AbortSignal.abort(new Error("The run was ended.")) });
    expect(await wait.settled).toEqual(new Error("The run was ended."));
    expect(wait.taken).toEqual([]);
  });
});
