import { counted } from "../amounts.ts";
import type { DataSource } from "../source.ts";
import { cacheAdvice, cacheNeed, type CacheNeed } from "./cache-need.ts";
import { collect, isLabelName, type CheckOptions } from "./check.ts";
import { tellClasses } from "./classes.ts";
import type { Collected } from "./collected.ts";
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

export interface ReportOptions extends CheckOptions {
  /** Of the task that is to be made of it. */
  quality: number;
  /** What kvrocks takes. Undefined: no lab was asked. */
  room: Room | undefined;
}

/** Looks at a data set, and says what CVAT will make of it. */
export async function checkDataset(source: DataSource, options: ReportOptions): Promise<CheckReport> {
  const all: Collected = { tally: emptyTally(), findings: new Findings(), names: new Names(), sample: new Sample() };
  await collect(source, all, options);
  const { tally, findings, names, sample } = all;
  if (!names.isSound) await names.tell(source, kindOf, findings);
  tellMixed(tally, findings);
  tellClasses(tally, findings);
  const need = cacheNeed(
    { pictures: tally.pictures, films: tally.films.taken },
    await sample.measure(options.quality),
    options.quality,
    options.room,
  );
  const list = findings.list();
  return {
    source: source.title,
    verdict: list.some(({ breaks }) => breaks) ? "breaks" : list.length > 0 ? "careful" : "sound",
    deep: options.deep !== undefined,
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
