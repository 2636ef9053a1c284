import type { Readable, Writable } from "node:stream";

interface Message {
  id?: number;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { message: string };
  sessionId?: string;
}

interface Waiting {
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
}

/** Chromium's own protocol for those who work it: messages as JSON, parted by zeros. (chromedevtools.github.io/devtools-protocol) */
export class DevTools {
  readonly #to: Writable;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, ((params: unknown) => void)[]>();
  #last = 0;

  constructor(to: Writable, from: Readable) {
    this.#to = to;
    let rest = "";
    from.setEncoding("utf8");
    from.on("data", (chunk: string) => {
      const messages = (rest + chunk).split("\0");
      rest = messages.pop() ?? "";
      for (const message of messages) this.#take(JSON.parse(message) as Message);
    });
    const over = () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("Chromium has ended"));
      this.#waiting.clear();
    };
    from.on("close", over);
    to.on("error", over);
  }

  /**
   * Has a command done.
   * @param session of which page. Default: the browser's own
   * @throws with the browser's words where it cannot
   */
  ask<Result = unknown>(method: string, params: object = {}, session?: string): Promise<Result> {
    const id = (this.#last += 1);
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      const message = { id, method, params, ...(session !== undefined && { sessionId: session }) };
      // Once it has ended there is no event of it any more.
      this.#to.write(`${JSON.stringify(message)}\0`, (error) => {
        if (error && this.#waiting.delete(id)) reject(error);
      });
    });
  }

  /** Tells of an event of a page from now on. */
  on(session: string, event: string, listener: (params: unknown) => void): void {
    const key = `${session} ${event}`;
    this.#listeners.set(key, [...(this.#listeners.get(key) ?? []), listener]);
  }

  #take({ id, method, params, result, error, sessionId = "" }: Message): void {
    if (id === undefined) {
      for (const listener of this.#listeners.get(`${sessionId} ${method ?? ""}`) ?? []) listener(params);
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error.message));
  }
}
