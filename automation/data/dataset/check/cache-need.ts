import { annotatingFilms, lookingAtFilms } from "../../room/film-chunks.ts";
import { CACHE_SHARE, type Room } from "../../room/room.ts";
import type { Tally } from "./tally.ts";

/** What a task puts into kvrocks, in bytes, and what there is room for. Everything stays for 24 hours. (cvat-real-third-look.md, 8.2) */
export interface CacheNeed {
  pictures: number;
  /** Those whose frames are known. */
  films: number;
  /** Whoever looks at all of it: every picture again, as a JPEG of the task's quality; films in H.264. */
  looking: number;
  quality: number;
  /** Pictures that were made such JPEGs to know. */
  measured: number;
  /** Automatic annotation: the original bytes of every picture, whatever the quality (cvat.md, 5); of films H.264 of the best. */
  annotating: number;
  /** What kvrocks takes. Undefined: no lab was asked. */
  room: Room | undefined;
}

export interface Measured {
  count: number;
  pixels: number;
  /** As JPEGs of the quality. */
  bytes: number;
}

/** What an encoder makes of a pixel where none could be measured: a photograph at quality 70. */
const BYTES_A_PIXEL = 0.2;
const GI = 2 ** 30;

export function cacheNeed(
  {
    pictures,
    films,
  }: { pictures: Pick<Tally["pictures"], "count" | "bytes" | "pixels">; films: Tally["films"]["taken"] },
  measured: Measured,
  quality: number,
  room: Room | undefined,
): CacheNeed {
  const rate = measured.pixels > 0 ? measured.bytes / measured.pixels : BYTES_A_PIXEL;
  return {
    pictures: pictures.count,
    films: films.count,
    looking: Math.round(pictures.pixels * rate) + lookingAtFilms(films.shownPixels, quality),
    quality,
    measured: measured.count,
    annotating: pictures.bytes + annotatingFilms(films.pixels),
    room,
  };
}

/** What to do, a sentence each; none where everything fits. */
export function cacheAdvice({ pictures, films, looking, annotating, room }: CacheNeed): string[] {
  const all = looking + annotating;
  if (room === undefined || pictures + films === 0 || all <= room.free * CACHE_SHARE) return [];
  const fitting = (bytes: number) => Math.floor((bytes * CACHE_SHARE * pictures) / all);
  const fitsEmpty = all <= room.most * CACHE_SHARE;
  const now = fitting(room.free);
  const most = Math.max(1, fitting(room.most));
  const needed = Math.ceil(all / CACHE_SHARE / GI);
  return [
    ...(fitsEmpty
      ? [
          `It fits when what is in the cache has expired and was compacted away (vision-platform:cvat.kvrocks.compactAt): within two days.${films === 0 && now > 0 ? ` Until then ${now} of the pictures fit.` : ""}`,
        ]
      : [
          films === 0
            ? `Look at and annotate at most ${most} pictures a day: tasks of that many (task create --per-task ${most}), the next one a day after the last, when what has expired was compacted away.`
            : "Look at and annotate a part of it each day, the next one a day after the last, when what has expired was compacted away: pictures in tasks of fewer (task create --per-task), of films one frame of several (--step).",
          `Or give kvrocks room for ${needed} GiB (vision-platform:cvat.kvrocks.maxDbSize ${needed}Gi, and a claim that is larger by a fifth).`,
        ]),
    ...(annotating > looking && !fitsEmpty
      ? ["A lower quality does not help: automatic annotation takes the original bytes."]
      : []),
  ];
}
