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
