import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { duration, saidWhenSlow, silentProgress, streamProgress } from "../../automation/progress.ts";

it.each([
  [0, "0.0 s"],
  [8349, "8.3 s"],
  [59_940, "59.9 s"],
  [59_960, "1 min 0 s"],
  [119_600, "2 min 0 s"],
  [250_000, "4 min 10 s"],
])("%d ms read %s", (milliseconds, text) => expect(duration(milliseconds)).toBe(text));

function stream(isTTY: boolean) {
  const writes: string[] = [];
  const fake = { isTTY, columns: 40, write: (text: string) => writes.push(text) > 0 };
  return { writes, progress: streamProgress(fake as unknown as NodeJS.WriteStream) };
}
// eslint-disable-next-line no-control-regex -- the colours of a terminal
const bare = (text: string) => text.replace(/\u001b\[(?!2K)[0-9;]*m/g, "");

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("in a log", () => {
  it("says start and end, and in between where it is, at most every 15 seconds", async () => {
    const { writes, progress } = stream(false);
    const result = await progress.task("Bringing up", (task) => {
      task.update("CVAT 1 objects");
      vi.advanceTimersByTime(16_000);
      task.update("CVAT 2 objects");
      vi.advanceTimersByTime(1000);
      task.update("CVAT 3 objects");
      progress.line("waiting");
      return Promise.resolve(42);
    });
    expect(result).toBe(42);
    expect(writes.map(bare)).toEqual([
      "… Bringing up\n",
      "  Bringing up: CVAT 2 objects (16.0 s)\n",
      "waiting\n",
      "✓ Bringing up 17.0 s\n",
    ]);
  });

  it("says what failed and passes the error on", async () => {
    const { writes, progress } = stream(false);
    await expect(progress.task("Building", () => Promise.reject(new Error("no Go")))).rejects.toThrow("no Go");
    expect(writes.map(bare)).toEqual(["… Building\n", "✗ Building 0.0 s\n"]);
  });
});

describe("on a terminal", () => {
  it("keeps one live line within the width, which other lines and the end replace", async () => {
    const { writes, progress } = stream(true);
    await progress.task("Bringing up", (task) => {
      task.update("a detail that is far too long for forty columns");
      vi.advanceTimersByTime(130);
      progress.line("waiting");
      return Promise.resolve();
    });
    const texts = writes.map(bare);
    expect(texts.every((text) => text.startsWith("\r\u001b[2K"))).toBe(true);
    expect(texts.map((text) => text.replace("\r\u001b[2K", ""))).toEqual([
      "⠋ Bringing up 0.0 s ",
      "⠙ Bringing up 0.1 s a detail that is fa",
      "waiting\n",
      "✓ Bringing up 0.1 s\n",
    ]);
    vi.advanceTimersByTime(1000);
    expect(writes).toHaveLength(4);
  });

  it("ends the live line of what failed", async () => {
    const { writes, progress } = stream(true);
    await expect(progress.task("Building", () => Promise.reject(new Error("no Go")))).rejects.toThrow("no Go");
    vi.advanceTimersByTime(1000);
    expect(writes.map(bare).at(-1)).toBe("\r\u001b[2K✗ Building 0.0 s\n");
    expect(vi.getTimerCount()).toBe(0);
  });
});

it("work that is slow says what it is at, and quick work says nothing", async () => {
  vi.useFakeTimers();
  const said: string[] = [];
  const progress = { ...silentProgress, line: (text: string) => void said.push(text) };
  expect(await saidWhenSlow(progress, "Quick", () => Promise.resolve(1))).toBe(1);
  vi.advanceTimersByTime(5_000);
  let end: (value: number) => void = () => undefined;
  const slow = saidWhenSlow(progress, "Opening", () => new Promise<number>((resolve) => (end = resolve)));
  vi.advanceTimersByTime(1_500);
  expect(said).toEqual(["… Opening"]);
  end(2);
  expect(await slow).toBe(2);
  vi.useRealTimers();
});

it("silent progress works all the same", async () => {
  silentProgress.line("x");
  expect(
    await silentProgress.task("x", (task) => {
      task.update("y");
      return Promise.resolve(1);
    }),
  ).toBe(1);
});
