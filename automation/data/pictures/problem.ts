/** What can be wrong with a picture. */
export const PICTURE_PROBLEMS = {
  empty: {
    text: "Pictures of zero bytes",
    hint: "Fetch or send them again, or remove them: CVAT cannot open them, and the whole task fails.",
  },
  notAPicture: {
    text: "No pictures, whatever their names say",
    hint: "Remove them, or fetch them again: CVAT goes by the name, cannot open them, and the whole task fails.",
  },
  noSize: {
    text: "Headers that end before width and height, or say 0",
    hint: "Fetch or send them again, or remove them: CVAT cannot open them, and the whole task fails.",
  },
  damagedHeader: {
    text: "Damaged headers",
    hint: "Fetch or send them again, or remove them: CVAT cannot open them, and the whole task fails.",
  },
  cutOff: {
    text: "Pictures cut off before their end",
    hint: "Fetch or send them again: of JPEG and PNG CVAT shows what is missing as grey or black, without a word; others it cannot open.",
  },
  wrongLength: {
    text: "Pictures longer than their headers say",
    hint: "Fetch or send them again: something was written behind them, or into them.",
  },
  undecodable: {
    text: "Pixels that cannot be decoded",
    hint: "Fetch or send them again: the header is sound, what follows is not.",
  },
  tooDeep: {
    text: "Colours that Pillow cannot read",
    hint: "Save them with 8 bits a channel: CVAT cannot open them, and the whole task fails.",
  },
} as const;

export type PictureProblemKind = keyof typeof PICTURE_PROBLEMS;

/** Why a picture is broken. */
export interface PictureProblem {
  kind: PictureProblemKind;
  /** What was seen, in a few words: `it has no end marker`. */
  detail: string;
}
