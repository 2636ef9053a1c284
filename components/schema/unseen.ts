/** Characters nobody sees, and that turn what is printed around them: control characters, ends of lines, marks of direction, halves of pairs. */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff\ufffe\uffff]/gu;

/** Whether a text has such a character. Where it may have lines, their ends and tabs are none. */
export function hasUnseen(text: string, { lines = false }: { lines?: boolean } = {}): boolean {
  return (lines ? text.replace(/[\n\t]/g, "") : text).search(UNSEEN) >= 0;
}

/** The text as it can be shown in a terminal: what nobody would see is written out, as in `\u202e`. */
export function shown(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
