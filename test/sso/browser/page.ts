import { until } from "../../../components/rest/until.ts";
import type { DevTools } from "./dev-tools.ts";

const WITHIN_MS = 60_000;

interface Evaluated {
  result: { value?: unknown };
  exceptionDetails?: { text: string; exception?: { description?: string } };
}

/** An open page of a browser. */
export class Page {
  readonly #tools: DevTools;
  readonly #session: string;
  /** Status of the last answer to a page that was opened, redirects apart. */
  status = 0;

  private constructor(tools: DevTools, session: string) {
    this.#tools = tools;
    this.#session = session;
  }

  static async attached(tools: DevTools, session: string): Promise<Page> {
    const page = new Page(tools, session);
    tools.on(session, "Network.responseReceived", (params) => {
      const { type, response } = params as { type: string; response: { status: number } };
      if (type === "Document") page.status = response.status;
    });
    await Promise.all(["Page.enable", "Network.enable"].map((command) => page.#ask(command)));
    return page;
  }

  /** Goes to an address, as one types it. Resolves when the answer begins. */
  async open(address: string): Promise<void> {
    const { errorText } = await this.#ask<{ errorText?: string }>("Page.navigate", { url: address });
    if (errorText !== undefined) throw new Error(`${address}: ${errorText}`);
  }

  /** What an expression of the page's scripts comes to, once that is there; of what JSON can say. */
  async run<Value>(expression: string): Promise<Value> {
    const { result, exceptionDetails } = await this.#ask<Evaluated>("Runtime.evaluate", {
      expression: `(async () => (${expression}))()`,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as Value;
  }

  /** Resolves when a page is there in whole that has such an element, whatever the way to it. */
  async shows(selector: string): Promise<void> {
    const isThere = `document.readyState === "complete" && document.querySelector(${JSON.stringify(selector)}) !== null`;
    // Between two pages there is none to be asked.
    const look = () => this.run<boolean>(isThere).catch(() => false);
    await until(look, {
      isDone: (isShown) => isShown,
      everyMs: 50,
      withinMs: WITHIN_MS,
      late: async () => new Error(`no ${selector} at ${await this.address()}:\n${await this.text()}`),
    });
  }

  /** Types into a field. */
  async fill(selector: string, text: string): Promise<void> {
    await this.run(
      `(element => { element.focus(); element.select?.(); })(document.querySelector(${JSON.stringify(selector)}))`,
    );
    await this.#ask("Input.insertText", { text });
  }

  /** Clicks on something. */
  async press(selector: string): Promise<void> {
    await this.run(`document.querySelector(${JSON.stringify(selector)}).click()`);
  }

  address(): Promise<string> {
    return this.run("location.href");
  }

  text(): Promise<string> {
    return this.run("document.body?.innerText ?? ''");
  }

  #ask<Result>(method: string, params: object = {}): Promise<Result> {
    return this.#tools.ask<Result>(method, params, this.#session);
  }
}
