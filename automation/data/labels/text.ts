/** What a label file says, and what is wrong with it. */
export interface Labels {
  /** Boxes by class number. */
  boxes: ReadonlyMap<number, number>;
  problems: readonly LineProblem[];
  /**
   * The file as CVAT can read it, where it is written otherwise: no byte order mark, no lines without anything, each ended by a line feed alone.
   */
  plain?: string;
}

export interface LineProblem {
  /** From 1 on. */
  line: number;
  /** `5 numbers are needed: class, x, y, width, height; there are 4` */
  problem: string;
}

const BYTE_ORDER_MARK = "\ufeff";
/** A file as it mostly is: nothing in it needs a closer look but the class numbers. */
const SOUND = /^(?:\d+(?: (?:0(?:\.\d+)?|1(?:\.0+)?)){4}\n)*$/;
const CLASS = /^\d+$/;
const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
const PLACES = ["x", "y", "width", "height"] as const;

/**
 * Reads a label file of YOLO: one box a line, `class x y width height`, the four as shares of the picture. An empty file says that its picture
 * has no boxes.
 * @param classes how many there are. Default: any number
 */
export function readLabels(text: string, classes = Infinity): Labels {
  const boxes = new Map<number, number>();
  const problems: LineProblem[] = [];
  const sound = SOUND.test(text);
  const lines = sound ? text.split("\n") : linesOf(text);
  for (const [at, line] of lines.entries()) {
    if (line === "") continue;
    const problem = sound ? undefined : problemIn(line);
    const number = Number.parseInt(line, 10);
    if (problem !== undefined) problems.push({ line: at + 1, problem });
    else if (number >= classes) problems.push({ line: at + 1, problem: outOfRange(number, classes) });
    else boxes.set(number, (boxes.get(number) ?? 0) + 1);
  }
  return {
    boxes,
    problems,
    ...(!sound && {
      plain: lines
        .filter((line) => line !== "")
        .map((line) => `${line}\n`)
        .join(""),
    }),
  };
}

function linesOf(text: string): string[] {
  const bare = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  return bare.split(/\r\n|\n|\r/).map((line) => line.trim());
}

function problemIn(line: string): string | undefined {
  const words = line.split(/\s+/);
  if (/\d,\d/.test(line)) return `numbers are written with a point and not with a comma: ${shown(line)}`;
  if (words.length !== 5) return wrongCount(words, line);
  const [number = "", ...shares] = words;
  if (!CLASS.test(number)) return `the class is a whole number from 0 on, and not ${shown(number)}`;
  for (const [at, share] of shares.entries()) {
    const name = PLACES[at] ?? "";
    if (!NUMBER.test(share)) return `${name} is no number: ${shown(share)}`;
    const value = Number(share);
    if (value < 0 || value > 1) return `${name} is a share of the picture, from 0 to 1, and not ${shown(share)}`;
  }
  return undefined;
}

function wrongCount(words: readonly string[], line: string): string {
  const needed = "5 numbers are needed, class x y width height";
  if (words.length < 5 || !words.every((word) => NUMBER.test(word))) return `${needed}: ${shown(line)}`;
  if (words.length === 6) return `${needed}; there are 6: the last may be a confidence, which is left out`;
  return `${needed}; there are ${words.length}: outlines and points of skeletons are no boxes`;
}

function outOfRange(number: number, classes: number): string {
  return classes === 1
    ? `class ${number} has no name: there is 1 class, 0`
    : `class ${number} has no name: there are ${classes} classes, 0 to ${classes - 1}`;
}

const LONGEST = 60;

/** What a file says, in quotation marks and without what a terminal would obey. */
function shown(text: string): string {
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}
