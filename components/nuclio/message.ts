/** How much of a message is shown. A build's holds its whole log, with the reason at its end. */
const LINES = 10;
const CHARACTERS = 500;

/** A place in Nuclio's code, and the state, which stands beside the message. */
const OF_NO_USE = /^((\.\.\.)?\/?[^\s:]*\.go:\d+|NuclioFunction in \w+ state:)$/;

/**
 * Why Nuclio says that a function failed, line by line. Its messages are error stacks: `Error - ` and the root cause, which may have many
 * lines; where in its code that was; and under `Call stack:` the same again with what every caller says to it. What the dashboard copies
 * from a controller's message, and what it says of pods, has a part of that or none. (nuclio-real.md, F3 and F4; nuclio/errors, PrintErrorStack)
 */
export function causeLines(message: string): string[] {
  const [untilStack = ""] = message.split(/^Call stack:$/m);
  // One that was copied into another stands in it whole.
  const cause = untilStack.split(/^Error - /m).at(-1) ?? "";
  const lines = cause
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !OF_NO_USE.test(line));
  return [...new Set(lines)].slice(-LINES).map(shortened);
}

/** The same in one line, for a list: the last, where a log stands before the reason. Empty without a message. */
export function causeLine(message: string): string {
  return causeLines(message).at(-1) ?? "";
}

function shortened(line: string): string {
  return line.length <= CHARACTERS ? line : `... ${line.slice(-CHARACTERS)}`;
}
