/** What the stand-in answers with. */
export interface Answer {
  status: number;
  type: string;
  /** Undefined: nothing at all. */
  text: string | Buffer | undefined;
  headers?: Readonly<Record<string, string | string[]>>;
}

const JSON_TYPE = "application/vnd.cvat+json";

export const json = (status: number, body: unknown, headers: Answer["headers"] = {}): Answer => ({
  status,
  type: JSON_TYPE,
  text: JSON.stringify(body),
  headers,
});

export const nothing = (status: number): Answer => ({ status, type: JSON_TYPE, text: undefined });

/** Plain text that calls itself HTML. */
export const plain = (status: number, text: string): Answer => ({ status, type: "text/html; charset=utf-8", text });

/** What Django answers where CVAT's code does not come to a word. */
export const errorPage = (status: number, title: string): Answer =>
  plain(
    status,
    `<!doctype html>\n<html lang="en"><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  );

/** An answer that ends the work at once. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(String(answer.status));
    this.answer = answer;
  }
}

export const refuse = (status: number, body: unknown, headers?: Answer["headers"]): Refusal =>
  new Refusal(json(status, body, headers));
export const detail = (status: number, text: string): Refusal => refuse(status, { detail: text });
