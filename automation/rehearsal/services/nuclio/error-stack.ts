/** A place in Nuclio's code, as its error stacks have it. */
type At = `.../${string}.go:${number}`;

export interface Wrap {
  text: string;
  at: At;
}

/** An error with what every caller said to it, innermost first. */
export class Wrapped extends Error {
  readonly at: At;
  readonly wraps: readonly Wrap[];

  constructor(cause: string, at: At, wraps: readonly Wrap[] = []) {
    super(cause);
    this.at = at;
    this.wraps = wraps;
  }
}

/** How Nuclio prints an error: the root cause, and then the whole stack. (nuclio/errors, PrintErrorStack) */
export function errorStack({ message, at, wraps }: Wrapped): string {
  const stack = [{ text: message, at }, ...wraps].map(({ text, at }) => `\n${text}\n    ${at}`);
  return `\nError - ${message}\n    ${at}\n\nCall stack:${stack.join("")}\n`;
}

/** The same of any error: one without a place has none said. */
export function stackOf(error: unknown): string {
  if (error instanceof Wrapped) return errorStack(error);
  const message = error instanceof Error ? error.message : String(error);
  return errorStack(new Wrapped(message, ".../dashboard/resource/function.go:330"));
}

/** What the dashboard makes of a controller's message. (nuclio: kube/client/deployer.go waitForFunctionReadiness, kube/platform.go clearCallStack) */
export function reported(state: string, message: string): string {
  return `NuclioFunction in ${state} state:\n${message.split("\nCall stack:")[0] ?? ""}`;
}
