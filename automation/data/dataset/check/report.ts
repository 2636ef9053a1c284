import { counted } from "../amounts.ts";
import type { DataSource } from "../source.ts";
import { cacheAdvice, cacheNeed, type CacheNeed } from "./cache-need.ts";
import { collect, isLabelName, type CheckOptions } from "./check.ts";
import { tellClasses } from "./classes.ts";
import type { Collected } from "./collected.ts";
import { measure } from "./measure.ts";
import type { Room } from "../../room/room.ts";
import { mediaOf } from "../../pictures/media.ts";
import { Findings, type Finding } from "./findings.ts";
import { Names } from "./names.ts";
import { Sample } from "./sample.ts";
import { emptyTally, type Tally } from "./tally.ts";

/** What a look at a data set came to. */
export interface CheckReport {
  /** The folder, or the bucket and the prefix. */
  source: string;
  /** breaks: CVAT fails on some of it, or shows or keeps something wrong. careful: there is something to know. */
  verdict: "sound" | "careful" | "breaks";
  /** Whether every pixel was decoded. */
  deep: boolean;
  counts: Tally;
  findings: Finding[];
  cache: CacheNeed & { advice: string[] };
}

export interface JudgeOptions {
  /** Whether every pixel was decoded. */
  deep: boolean;
  /** Of the task that is to be made of it. */
  quality: number;
  /** What kvrocks takes. Undefined: no lab was asked. */
  room: Room | undefined;
}

/** Looks at a data set, and says what CVAT will make of it. */
export async function checkDataset(
  source: DataSource,
  { quality, room, ...options }: CheckOptions & Omit<JudgeOptions, "deep">,
): Promise<CheckReport> {
  const all = nothingYet();
  await collect(source, all, options);
  return judged(source, all, { deep: options.deep !== undefined, quality, room });
}

/** Where a look at a data set begins. */
export function nothingYet(): Collected<Names> {
  return { tally: emptyTally(), findings: new Findings(), names: new Names(), sample: new Sample() };
}

/** What CVAT will make of a data set, by what was gathered of all its files. */
export async function judged(
  source: DataSource,
  { tally, findings, names, sample }: Collected<Names>,
  { deep, quality, room }: JudgeOptions,
): Promise<CheckReport> {
  if (!names.isSound) await names.tell(source, kindOf, findings);
  tellMixed(tally, findings);
  tellClasses(tally, findings);
  const need = cacheNeed(
    { pictures: tally.pictures, films: tally.films.taken },
    await measure(sample.files, quality),
    quality,
    room,
  );
  const list = findings.list();
  return {
    source: source.title,
    verdict: list.some(({ breaks }) => breaks) ? "breaks" : list.length > 0 ? "careful" : "sound",
    deep,
    counts: tally,
    findings: list,
    cache: { ...need, advice: cacheAdvice(need) },
  };
}

function kindOf(name: string): "picture" | "label" | undefined {
  const media = mediaOf(name);
  if (media === "picture") return "picture";
  return media === "other" && isLabelName(name) ? "label" : undefined;
}

function tellMixed({ pictures, films, archives, pdfs }: Tally, findings: Findings): void {
  const there = [
    [pictures.count, "picture"],
    [films.count, "film"],
    [archives, "archive"],
    [pdfs, "PDF"],
  ] as const;
  const kinds = there.filter(([count]) => count > 0);
  if (kinds.length < 2) return;
  for (const [count, kind] of kinds) findings.add("mixed", counted(count, kind));
}
