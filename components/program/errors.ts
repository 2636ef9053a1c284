/** 1: the work failed. 2: bad usage or bad configuration. From 129: a signal ended it, 128 and the signal's number. */
type ExitCode = 1 | 2 | 129 | 130 | 143;

/** A mistake the user can cure: shown as its message alone, without a stack trace. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly problems: readonly string[];
  readonly exitCode: ExitCode;

  constructor(problems: string | readonly string[], options: { exitCode?: ExitCode; cause?: unknown } = {}) {
    const list = typeof problems === "string" ? [problems] : problems;
    super(list.join("\n"), { cause: options.cause });
    this.problems = list;
    this.exitCode = options.exitCode ?? 1;
  }
}
