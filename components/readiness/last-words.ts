/** How many lines are told. */
const LINES = 5;

/** The end of what a container wrote before it ended, where its pod keeps that (`terminationMessagePolicy`), as one line. */
export function lastWordsIn(message: string | undefined): string | undefined {
  const lines = message?.trim().split("\n").slice(-LINES);
  const words = lines?.map((line) => line.trim()).join("; ");
  return words?.replace(/\.$/, "") || undefined;
}
