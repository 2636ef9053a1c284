/** Writes a result: JSON or text, on stdout. */
export function print(result: unknown, text: string, json: boolean | undefined): void {
  process.stdout.write(
    json ? `${JSON.stringify(result, null, 2)}\n` : text.endsWith("\n") || text === "" ? text : `${text}\n`,
  );
}
