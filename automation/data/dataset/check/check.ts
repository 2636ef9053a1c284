import { readLabels, type Labels } from "../../labels/text.ts";
import type { FilmReader } from "../../pictures/film.ts";
import { mediaOf, promisedFormat } from "../../pictures/media.ts";
import { lookAtPicture, type Look } from "../../pictures/picture.ts";
import { MOST_FILM_PIXELS } from "../../room/film-chunks.ts";
import { inOrder } from "../in-order.ts";
import type { DataFile, DataSource, Part } from "../source.ts";
import { classList, isClassList } from "./classes.ts";
import type { Collected, Tell } from "./collected.ts";
import type { Findings } from "./findings.ts";
import { countBoxes, countFilm, countSize, increase, type Tally } from "./tally.ts";

/** Pixels that Pillow opens by default, twice its limit for warnings. (Pillow: Image._decompression_bomb_check) */
const MOST_PIXELS = 178_956_970;
const MOST_LABEL_BYTES = 16 * 2 ** 20;
/** Pictures that are decoded whole; larger ones would take the memory of this process. */
const MOST_DECODED = 512 * 2 ** 20;
/** Text files that list others, or are for people: no label files. */
const LISTS =
  /(^|\/)(classes|names|labels|train|val|valid|validation|test|trainval|readme|license|requirements|notes?)\.txt$/i;
/** What belongs to a data set and is no picture: manifests, lists of classes and files. */
const BESIDE = /\.(jsonl|ya?ml|names|data)$|(^|\/)(classes|train|val|valid|validation|test|trainval)\.txt$/i;

export interface CheckOptions {
  part?: Part;
  /** Files looked at side by side. */
  parallel: number;
  films: Pick<FilmReader, "look">;
  /** Sizes of pictures that are counted one by one. Default: 10,000. */
  mostSizes?: number;
  /** Whether every pixel is decoded. */
  deep?: ((picture: Buffer) => Promise<Look["problem"]>) | undefined;
  seen?: (tally: Tally) => void;
}

/** Looks at every file of a data set, or of a part of it, and counts what was found. */
export async function collect(source: DataSource, into: Collected, options: CheckOptions): Promise<void> {
  const { part, parallel, seen = () => undefined } = options;
  for await (const tell of inOrder(source.files(part), parallel, (file) => looked(file, options))) {
    tell(into);
    seen(into.tally);
  }
}

/** Looks at a file. @returns what counts it, for when its turn comes */
async function looked(file: DataFile, options: CheckOptions): Promise<Tell> {
  const tell = await byMedia(file, options);
  return (into) => {
    into.tally.files += 1;
    into.tally.bytes += file.size;
    tellName(file.name, into.findings);
    tell(into);
  };
}

async function byMedia(file: DataFile, options: CheckOptions): Promise<Tell> {
  const { name } = file;
  switch (mediaOf(name)) {
    case "picture":
      return picture(file, options);
    case "film": {
      const { film, problem } = await options.films.look(file);
      return ({ tally, findings }) => {
        countFilm(tally.films, name, film, file.size);
        if (problem !== undefined) findings.add("film", name, problem);
        else if (film && film.width * film.height > MOST_FILM_PIXELS)
          findings.add("hugeFilm", name, `${film.width} x ${film.height}`);
      };
    }
    case "archive":
      return ({ tally }) => (tally.archives += 1);
    case "pdf":
      return ({ tally }) => (tally.pdfs += 1);
    case "other":
      if (isClassList(name) && file.size <= MOST_LABEL_BYTES)
        return classList(name, (await file.whole()).toString("utf8"));
      if (BESIDE.test(name)) return ({ tally }) => (tally.other += 1);
      return isLabelName(name) && file.size <= MOST_LABEL_BYTES
        ? labels(name, readLabels((await file.whole()).toString("utf8")))
        : left(name);
  }
}

async function picture(file: DataFile, { deep, mostSizes }: CheckOptions): Promise<Tell> {
  const { name, size } = file;
  const look = await lookAtPicture(file);
  const isSound = look.header && !look.problem;
  const problem =
    look.problem ?? (deep && isSound && size <= MOST_DECODED ? await deep(await file.whole()) : undefined);
  const promised = promisedFormat(name);
  return ({ tally, findings, names, sample }) => {
    const { pictures } = tally;
    names.picture(name);
    pictures.count += 1;
    pictures.bytes += size;
    increase(pictures.formats, look.format ?? "none");
    if (look.header) countSize(pictures, look.header, mostSizes);
    // What an ending promises that is not looked into here may well be what its bytes are.
    if (problem?.kind === "notAPicture" && promised === undefined && problem.detail.endsWith("not known"))
      findings.add("notLookedInto", name);
    else if (problem) findings.add(problem.kind, name, problem.detail);
    if (!look.header || problem) return;
    sample.offer(file);
    const { width, height, turn } = look.header;
    if (promised !== undefined && look.format !== promised) findings.add("otherFormat", name, `it is a ${look.format}`);
    if (turn > 4 && look.format === "TIFF") findings.add("turnedTiff", name);
    else if (turn !== 1) findings.add("turned", name, TURNS[turn]);
    if (width * height > MOST_PIXELS) findings.add("huge", name, `${width} x ${height}`);
  };
}

const TURNS: Partial<Record<number, string>> = {
  2: "mirrored",
  3: "upside down",
  4: "mirrored and upside down",
  5: "mirrored, a quarter turn",
  6: "a quarter turn to the right",
  7: "mirrored, a quarter turn",
  8: "a quarter turn to the left",
};

function labels(name: string, { boxes, problems }: Labels): Tell {
  return ({ tally, findings, names }) => {
    names.label(name);
    tally.labels.files += 1;
    if (boxes.size === 0 && problems.length === 0) tally.labels.empty += 1;
    countBoxes(tally.labels, name, boxes);
    for (const { line, problem } of problems) findings.add("label", `${name}:${line}`, problem);
  };
}

function left(name: string): Tell {
  return ({ tally, findings }) => {
    tally.other += 1;
    findings.add("left", name);
  };
}

/** Whether a text file is one of labels, by its name. */
export function isLabelName(name: string): boolean {
  return name.endsWith(".txt") && !LISTS.test(name);
}

function tellName(name: string, findings: Findings): void {
  if (name.startsWith("/") || name.includes("//") || name.split("/").includes("..")) findings.add("badPath", name);
  if (/[\p{Cc}\\]|^\s|\s$|\s\/|\/\s/u.test(name)) findings.add("oddName", name);
}
