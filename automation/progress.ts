import pc from "picocolors";

/** How the program says what it is doing. Everything goes to stderr: stdout belongs to results. */
export interface Progress {
  /** One line, once. */
  line(text: string): void;
  /** A piece of work with a title: says when it starts, what it is at, how long it took or that it failed. */
  task<T>(title: string, work: (task: ProgressTask) => Promise<T>): Promise<T>;
}

export interface ProgressTask {
  /** What the task is at. On a terminal it replaces the line; in a log it appears at most every 15 seconds. */
  update(text: string): void;
}

const LOG_INTERVAL_MS = 15_000;
const FRAME_MS = 120;
/** A live line may stand where the next text goes. */
const CLEAR_LINE = "\r\u001b[2K";
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** Seconds as a person reads them: `8.3 s`, `4 min 10 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export const silentProgress: Progress = {
  line: () => undefined,
  task: (_title, work) => work({ update: () => undefined }),
};

/** A person who hears nothing for two seconds takes a program for stuck. */
const SLOW_MS = 1_000;

/** Work that is mostly done at once, and says what it is at where it is not. */
export async function saidWhenSlow<T>(progress: Progress, text: string, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => {
    progress.line(`… ${text}`);
  }, SLOW_MS);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

/** Writes to `stream` (default stderr): a live line on a terminal, plain lines in a log. */
export function streamProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  return {
    line: (text) => stream.write(`${stream.isTTY ? CLEAR_LINE : ""}${text}\n`),
    async task(title, work) {
      const start = Date.now();
      const show = stream.isTTY ? liveLine(stream, title, start) : logLines(stream, title, start);
      try {
        const result = await work(show);
        show.end(pc.green("✓"), title);
        return result;
      } catch (error) {
        show.end(pc.red("✗"), title);
        throw error;
      }
    },
  };
}

interface Shown extends ProgressTask {
  end(mark: string, title: string): void;
}

function liveLine(stream: NodeJS.WriteStream, title: string, start: number): Shown {
  let detail = "";
  let frame = 0;
  const draw = () => {
    // Cut before it is coloured: a lost end mark would colour all that follows.
    const room = Math.max(10, (stream.columns || 80) - title.length - 4);
    const state = `${duration(Date.now() - start)} ${detail}`.slice(0, room);
    stream.write(`${CLEAR_LINE}${FRAMES[frame++ % FRAMES.length] ?? ""} ${title} ${pc.dim(state)}`);
  };
  const timer = setInterval(draw, FRAME_MS);
  draw();
  return {
    update: (text) => (detail = text),
    end(mark, title) {
      clearInterval(timer);
      stream.write(`${CLEAR_LINE}${mark} ${title} ${pc.dim(duration(Date.now() - start))}\n`);
    },
  };
}

function logLines(stream: NodeJS.WriteStream, title: string, start: number): Shown {
  let last = start;
  stream.write(`… ${title}\n`);
  return {
    update(text) {
      if (Date.now() - last < LOG_INTERVAL_MS) return;
      last = Date.now();
      stream.write(`  ${title}: ${text} (${duration(last - start)})\n`);
    },
    end: (mark, title) => stream.write(`${mark} ${title} ${duration(Date.now() - start)}\n`),
  };
}
