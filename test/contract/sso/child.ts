import { execa, type ResultPromise } from "execa";

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

/** Starts a program that cannot outlive the process that runs the test. */
export function startChild(words: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
  const running = execa("sh", ["-c", BOUND, "sh", ...words], {
    env,
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
