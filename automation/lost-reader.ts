import { closeSync } from "node:fs";

/** What a write comes to whose reader is gone: a terminal that was closed, a `tee` that Ctrl-C ended too. */
const LOST = ["EIO", "EPIPE", "ERR_STREAM_DESTROYED"];

/**
 * Has the work go on to its end where nobody reads any more what it says. Left alone, the next line of progress ends the process in the middle
 * of ending the engine in order, and the stack stays locked.
 */
export function outliveReaders(streams: readonly NodeJS.WriteStream[] = [process.stdout, process.stderr]): void {
  for (const stream of streams) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (!LOST.includes(error.code ?? "")) throw error;
    });
  }
}

/**
 * Lets go of a terminal that was closed, right before this process ends. Node puts a terminal back as it was when it ends, and aborts where that
 * cannot be done. (node: src/node.cc, ResetStdio; seen with 20.20: SIGABRT in the place of the exit code)
 */
export function letGoOfTerminal(): void {
  for (const descriptor of [0, 1, 2]) {
    try {
      closeSync(descriptor);
    } catch {
      // It was closed before.
    }
  }
}
