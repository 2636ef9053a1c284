/**
 * Compares two names by their code points, as Python sorts texts and an object store its keys. JavaScript's own order differs where a name has
 * signs beyond U+FFFF: it compares halves of them.
 */
export function byCodePoint(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at += 1) {
    const a = one.charCodeAt(at);
    const b = other.charCodeAt(at);
    if (a === b) continue;
    const isHalf = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;
    return isHalf(a) === isHalf(b) ? a - b : isHalf(a) ? 1 : -1;
  }
  return one.length - other.length;
}
