import { randomInt } from "node:crypto";
import { IN_STATE_ALONE } from "../../records/in-state.ts";
import type { ResourceKind } from "../../records/kind.ts";

export interface GeneratedTextInputs {
  /** Number of characters. */
  length: number;
  /** Characters to draw from. */
  alphabet: string;
  /** Characters the first one is drawn from. */
  first: string;
  /** Another number, another text. */
  rotation: number;
}

interface Outs extends GeneratedTextInputs {
  value: string;
}

/** A text that is drawn once. What was made stays: a changed rule is for new stacks, or for the next rotation. */
export const kind: ResourceKind<GeneratedTextInputs, Outs> = {
  secrets: ["value"],
  // What the program says of the state beside these is for who guards the text, and is kept nowhere. (provider/kept-texts.ts)
  complete: ({ length, alphabet, first, rotation }) => ({ length, alphabet, first, rotation }),
  create(inputs) {
    const draw = (from: string) => from.charAt(randomInt(from.length));
    const rest = Array.from({ length: inputs.length - 1 }, () => draw(inputs.alphabet));
    return Promise.resolve({ id: "generated", outs: { ...inputs, value: draw(inputs.first) + rest.join("") } });
  },
  ...IN_STATE_ALONE,
  update: (_id, { value }, news) => Promise.resolve({ ...news, value }),
  diff(olds: Partial<Outs>, news) {
    // One of a stack that knew no rotation was never rotated.
    const { rotation = 0 } = olds;
    const rotated = rotation === news.rotation ? [] : ["rotation"];
    return { changed: rotated, replaces: rotated };
  },
};
