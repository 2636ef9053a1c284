/** A part of a text that stands or falls as a whole, so that nothing it opens stays open. */
export interface Block {
  text: string;
  /** What a person calls it, for the list of what is left out. */
  what?: string;
  /** How much it is worth: what is worth least goes first. `must` stays. */
  worth: number | "must";
}

export interface Room {
  /** How many characters there may be. */
  characters: number;
  /** Where what is left out can be found. */
  whole: string;
}

const BETWEEN = "\n\n";
const NAMED = 5;
/** Room for the sentence that says what is left out. */
const SENTENCE = 1_000;

/** The blocks in their order, without those that find no room: what is worth less goes first, of the same worth what is longer. It says which. */
export function fitting(blocks: readonly Block[], { characters, whole }: Room): string {
  const length = (some: readonly Block[]) => some.reduce((sum, { text }) => sum + text.length + BETWEEN.length, 0);
  if (length(blocks) <= characters) return joined(blocks);
  const spared = new Set<Block>();
  let left = length(blocks);
  for (const block of [...blocks].sort(leastFirst)) {
    if (left <= characters - SENTENCE || block.worth === "must") break;
    spared.add(block);
    left -= block.text.length + BETWEEN.length;
  }
  const out = blocks.filter((block) => spared.has(block)).map(({ what = "a part" }) => what);
  const names = out.slice(0, NAMED).map((name) => (name.length > 100 ? `${name.slice(0, 100)}…` : name));
  const more = out.length > NAMED ? ` and ${out.length - NAMED} more` : "";
  const sentence = `Left out, since a comment has no room for it: ${names.map(quoted).join(", ")}${more}. All of it: ${whole}.`;
  return joined([...blocks.filter((block) => !spared.has(block)), { text: sentence, worth: "must" }]);
}

const joined = (blocks: readonly Block[]) => blocks.map(({ text }) => text).join(BETWEEN);

const quoted = (name: string) => `\`${name.replaceAll("`", "'")}\``;

function leastFirst(one: Block, other: Block): number {
  const worth = ({ worth: value }: Block) => (value === "must" ? Infinity : value);
  return worth(one) === worth(other) ? other.text.length - one.text.length : worth(one) - worth(other);
}
