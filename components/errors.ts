/** A mistake the user can cure: shown as its message alone, without a stack trace. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly problems: readonly string[];
  /** 1: the work failed. 2: bad usage or bad configuration. */
  readonly exitCode: 1 | 2;

  constructor(problems: string | readonly string[], options: { exitCode?: 1 | 2; cause?: unknown } = {}) {
    const list = typeof problems === "string" ? [problems] : problems;
    super(list.join("\n"), { cause: options.cause });
    this.problems = list;
    this.exitCode = options.exitCode ?? 1;
  }
}
