/** No list of a lab comes near; an answer without an end would take all memory of this machine. */
const LARGEST_BYTES = 64 * 1024 * 1024;

/**
 * The text of an answer's body, whole.
 * @throws Error for one that is longer than `largest` bytes, which is then read no further
 */
export async function textOf(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  largest = LARGEST_BYTES,
): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.byteLength;
    if (bytes > largest) throw new Error(`it sends more than ${largest} bytes`);
    parts.push(part);
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}

/**
 * The title of a page, empty where it has none; undefined for what is no page of HTML. Servers of the web answer with pages, and so does what
 * stands before a system; systems themselves do not.
 */
export function pageTitle(text: string): string | undefined {
  if (!/^\s*<(!doctype|html)\b/i.test(text)) return undefined;
  return /<title>([^<]*)<\/title>/i.exec(text)?.[1]?.trim() ?? "";
}
