import { binaryText } from "../../room/binary-text.ts";
import { counted } from "../amounts.ts";
import { roomText } from "../../room/room.ts";
import { FINDINGS, type Finding } from "./findings.ts";
import type { CheckReport } from "./report.ts";
import type { Tally } from "./tally.ts";

const WIDTH = 80;
const BARS = 30;
const SIZES = 5;
const CLASSES = 30;

/** The report as text of at most 80 columns. */
export function checkText({ source, deep, counts, findings, cache }: CheckReport): string {
  const breaks = findings.filter(({ breaks }) => breaks);
  const careful = findings.filter(({ breaks }) => !breaks);
  const lines = [
    ...folded(`${source}: ${verdict(counts, breaks)}`, 0),
    "",
    ...numbers(counts, deep),
    ...classLines(counts.labels),
    ...(breaks.length > 0 ? ["", "What CVAT fails on, or gets wrong:"] : []),
    ...breaks.flatMap(findingLines),
    ...(careful.length > 0 ? ["", "To know:"] : []),
    ...careful.flatMap(findingLines),
    ...(cache.pictures + cache.films > 0 ? ["", ...cacheLines(cache)] : []),
  ];
  return lines.join("\n");
}

function verdict({ files, pictures, films }: Tally, breaks: readonly Finding[]): string {
  if (files === 0) return "there is nothing.";
  if (breaks.length > 0) {
    const kinds = breaks.length === 1 ? "one kind of fault" : `${breaks.length} kinds of faults`;
    return `not yet for CVAT: ${kinds}.`;
  }
  return pictures.count + films.count === 0 ? "no picture and no film is in it." : "CVAT takes it as it is.";
}

function numbers(counts: Tally, deep: boolean): string[] {
  const { pictures, films, labels } = counts;
  const formats = sorted(pictures.formats).map(
    ([format, count]) => `${count} ${format === "none" ? "unknown" : format}`,
  );
  const sizes = sorted(pictures.sizes);
  const more = sizes.length - SIZES + (pictures.otherSizes > 0 ? 1 : 0);
  const shown = sizes.slice(0, SIZES).map(([size, count]) => `${size} (${count})`);
  return [
    ...row("files", `${counts.files}, ${binaryText(counts.bytes)}`),
    ...row(
      "pictures",
      pictures.count > 0 ? `${pictures.count}, ${binaryText(pictures.bytes)}: ${formats.join(", ")}` : "",
    ),
    ...row("sizes", [...shown, ...(more > 0 ? [`and ${more} other sizes`] : [])].join(", ")),
    ...row("shown", orientation(pictures)),
    ...row("films", films.count > 0 ? `${films.count}, ${binaryText(films.bytes)}` : ""),
    ...films.first.flatMap(({ name, container, codec, width, height, frames, framesAbout, seconds }) =>
      row(
        "",
        `${shortened(name, 30)}: ${container}, ${codec}, ${width}x${height}, ${framesAbout ? "about " : ""}${frames ?? "?"} frames, ${seconds ?? "?"} s`,
      ),
    ),
    ...row(
      "labels",
      labels.files > 0 ? `${labels.files} files, ${labels.boxes} boxes, ${labels.empty} files empty` : "",
    ),
    ...row("read", deep ? "every pixel" : "headers and ends; every pixel: --deep"),
  ];
}

function orientation({ wide, high, square, turned }: Tally["pictures"]): string {
  if (wide + high + square === 0) return "";
  return `${wide} wide, ${high} high, ${square} square; ${turned} turned by EXIF`;
}

function classLines({ classes, names = [] }: Tally["labels"]): string[] {
  const counts = Object.entries(classes).sort(([one], [other]) => Number(one) - Number(other));
  if (counts.length === 0) return [];
  const most = Math.max(...counts.map(([, { count }]) => count));
  const lines = counts.slice(0, CLASSES).map(([number, { count }]) => {
    const name = shortened(printable(names[Number(number)] ?? ""), 20).padEnd(20);
    return `  ${number.padStart(3)} ${name} ${String(count).padStart(9)} ${"#".repeat(Math.ceil((count / most) * BARS))}`;
  });
  const more = counts.length - CLASSES;
  return ["", "Boxes by class:", ...lines, ...(more > 0 ? [`  and ${more} classes more`] : [])];
}

function findingLines({ kind, count, first, hint }: Finding): string[] {
  const shown = first.filter(({ name }) => name !== "");
  return [
    ...folded(`- ${FINDINGS[kind].text}: ${count}`, 2),
    ...shown.flatMap(({ name, detail }) => entry(name, detail)),
    ...(count > shown.length ? [`    and ${count - shown.length} more`] : []),
    ...folded(`  -> ${hint}`, 5),
  ];
}

/** What was seen stands whole: behind the name, or below it where both are too long for a line. */
function entry(name: string, detail: string | undefined): string[] {
  const shown = shortened(printable(name), WIDTH - 5);
  if (detail === undefined) return [`    ${shown}`];
  const words = printable(detail).split(" ");
  const said = words.map((word) => shortened(word, WIDTH - 6)).join(" ");
  const line = `    ${shown}: ${said}`;
  return line.length <= WIDTH ? [line] : [`    ${shown}:`, ...folded(`      ${said}`, 6)];
}

function cacheLines({
  pictures,
  films,
  looking,
  quality,
  measured,
  annotating,
  room,
  advice,
}: CheckReport["cache"]): string[] {
  const what = [
    ...(pictures > 0 ? [counted(pictures, "picture")] : []),
    ...(films > 0 ? [counted(films, "film")] : []),
  ].join(" and ");
  const how = [
    ...(pictures > 0
      ? [measured > 0 ? `measured on ${measured} of the pictures` : "a guess: no picture could be measured"]
      : []),
    ...(films > 0 ? ["of films a guess, at most"] : []),
  ];
  const originals = pictures > 0 ? "the original bytes, whatever the quality" : "the best quality, whatever the task's";
  return [
    ...folded(`In CVAT's cache (kvrocks), for 24 hours each, tasks of ${what} take:`, 2),
    ...folded(
      `  ${binaryText(looking).padStart(9)}  to look at all of it at quality ${quality} (${how.join("; ")})`,
      13,
    ),
    ...folded(`  ${binaryText(annotating).padStart(9)}  to annotate it by a function: ${originals}`, 13),
    ...(room === undefined ? [] : folded(`  ${roomText(room)}`, 2)),
    ...(room !== undefined && advice.length === 0 ? ["  Both fit."] : []),
    ...advice.flatMap((sentence) => folded(`  -> ${sentence}`, 5)),
  ];
}

function row(title: string, text: string): string[] {
  return text === "" ? [] : folded(`  ${title.padEnd(9)} ${text}`, 12);
}

function sorted(counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts).sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1));
}

/** A line in lines of at most 80 columns, all but the first moved in. */
export function folded(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = /^ */.exec(text)?.[0] ?? "";
  let isFresh = true;
  for (const word of text.trim().split(" ")) {
    if (!isFresh && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = " ".repeat(indent) + word;
    } else line += isFresh ? word : ` ${word}`;
    isFresh = false;
  }
  return [...lines, line];
}

/** A name in so many columns, without its middle where it is longer. */
export function shortened(name: string, columns: number): string {
  if (name.length <= columns) return name;
  const end = Math.floor((columns - 1) * 0.6);
  return `${name.slice(0, columns - 1 - end)}…${name.slice(name.length - end)}`;
}

/** Control signs in a name are no commands to a terminal. */
function printable(name: string): string {
  return name.replaceAll(/\p{Cc}/gu, (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
