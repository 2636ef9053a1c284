import { execa, type ResultPromise } from "execa";
import { until } from "../../../components/rest/until.ts";

/**
 * Ends with this process, however that ends: the pipe of its standard input closes then, and the second half of the script sees it.
 * It leads a group of processes, which goes as a whole: a program may be a script that runs another beside itself.
 * The program is waited for, so that its end is this one's.
 */
const BOUND = `exec 3<&0
"$@" 3<&- </dev/null &
child=$!
( cat >/dev/null; kill -9 -$$ ) <&3 >/dev/null 2>&1 &
exec 3<&-
trap 'kill -9 -$$' TERM INT
wait $child`;

/** A program that a test started, with what it said. */
export interface Child {
  /** All it wrote so far, to both. */
  said: () => string;
  /** Resolves when it has ended, to its exit code. */
  ended: Promise<number | undefined>;
  /** Ends it, and resolves when it is gone. */
  stop: () => Promise<void>;
}

/**
 * Starts a program that cannot outlive the process that runs the test.
 * @param as numbers of the user and group that it runs as. Default: as this process
 */
export function startChild(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  as: { uid?: number; gid?: number } = {},
): Child {
  const running = execa("sh", ["-c", BOUND, "sh", ...words], {
    env,
    ...as,
    stdin: "pipe",
    all: true,
    reject: false,
    buffer: false,
    // The group of the script.
    detached: true,
  }) as ResultPromise;
  let text = "";
  running.all?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const ended = running.then(({ exitCode }) => exitCode);
  return {
    said: () => text,
    ended,
    async stop() {
      running.stdin?.end();
      await ended;
    },
  };
}

/** Resolves when a program has said something; fails with all it said when it ends before that. */
export const saying = (child: Child, words: RegExp): Promise<void> =>
  alive(child, () => words.test(child.said()), `does not say ${words.source}`);

/**
 * Looks until something is there.
 * @throws with all a program said, when it has ended before, or half a minute is over
 */
export async function alive(child: Child, look: () => Promise<boolean> | boolean, lack: string): Promise<void> {
  let isOver = false;
  void child.ended.then(() => (isOver = true));
  const failed = (how: string) => new Error(`it ${how}:\n${child.said()}`);
  await until(
    async () => {
      const isThere = await look();
      if (!isThere && isOver) throw failed("has ended");
      return isThere;
    },
    { isDone: (isThere) => isThere, everyMs: 50, withinMs: 30_000, late: () => failed(lack) },
  );
}
