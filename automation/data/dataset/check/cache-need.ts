/** What a task puts into kvrocks, in bytes, and what there is room for. Everything stays for 24 hours. (cvat-real-third-look.md, 8.2) */
export interface CacheNeed {
  pictures: number;
  /** Whoever looks at all of it: every picture again, as a JPEG of the task's quality. */
  looking: number;
  quality: number;
  /** Pictures that were made such JPEGs to know. */
  measured: number;
  /** Automatic annotation: the original bytes of every frame, whatever the quality. (cvat.md, 5) */
  annotating: number;
  /** What kvrocks takes at all, by the stack file. What is in it now is not looked at. Undefined: no lab was asked. */
  room: number | undefined;
}

export interface Measured {
  count: number;
  pixels: number;
  /** As JPEGs of the quality. */
  bytes: number;
}

/** What an encoder makes of a pixel where none could be measured: a photograph at quality 70. */
const BYTES_A_PIXEL = 0.2;
/** What is beside the pictures: keys, previews, what others look at meanwhile. */
const SHARE = 0.9;
const GI = 2 ** 30;

export function cacheNeed(
  { count, bytes, pixels }: { count: number; bytes: number; pixels: number },
  measured: Measured,
  quality: number,
  room: number | undefined,
): CacheNeed {
  const rate = measured.pixels > 0 ? measured.bytes / measured.pixels : BYTES_A_PIXEL;
  return {
    pictures: count,
    looking: Math.round(pixels * rate),
    quality,
    measured: measured.count,
    annotating: bytes,
    room,
  };
}

/** What to do, a sentence each; none where everything fits. */
export function cacheAdvice({ pictures, looking, annotating, room }: CacheNeed): string[] {
  if (room === undefined || pictures === 0 || looking + annotating <= room * SHARE) return [];
  const a = (looking + annotating) / pictures;
  const fits = Math.max(1, Math.floor((room * SHARE) / a));
  const needed = Math.ceil((looking + annotating) / SHARE / GI);
  return [
    `Look at and annotate at most ${fits} pictures a day: tasks of that many (task create --per-task ${fits}), the next one a day after the last, when what has expired was compacted away.`,
    `Or give kvrocks room for ${needed} GiB (vision-platform:cvat.kvrocks.maxDbSize ${needed}Gi, and a claim that is larger by a fifth).`,
    ...(annotating > looking ? ["A lower quality does not help: automatic annotation takes the original bytes."] : []),
  ];
}
