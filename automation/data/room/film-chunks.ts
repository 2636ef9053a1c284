/** A film as CVAT takes it: so many frames of such a size. */
export interface TakenFilm {
  frames: number;
  width: number;
  height: number;
}

/**
 * Bytes that a pixel of a film takes in CVAT's cache, by the quality of the task: short films in H.264 by OpenH264, as CVAT writes them, whatever
 * the film itself is written in. At most: the noisiest of four films with a camera's noise or without (0.04 to 0.12 at 70), written by PyAV
 * 15.1 with the settings of cvat/apps/engine/media_extractors.py: Mpeg4ChunkWriter.
 */
const BYTES_A_PIXEL = [
  { quality: 30, bytes: 0.007 },
  { quality: 50, bytes: 0.03 },
  { quality: 70, bytes: 0.12 },
  { quality: 90, bytes: 0.17 },
] as const;
/** What automatic annotation asks for, whatever the quality of the task. (cvat/apps/engine/cache.py: prepare_chunk) */
const ORIGINAL = 100;
/** From that height on, and as long as it is more, both sides are halved for looking. (media_extractors.py: Mpeg4CompressedChunkWriter) */
const HALVED_FROM = 1080;
/** Pixels of a frame that CVAT's encoder takes at most; it fails at more. (media_extractors.py: MAX_MBS_PER_FRAME) */
export const MOST_FILM_PIXELS = 36_864 * 256;

/** Pixels of all frames as people are shown them. */
export function shownPixels({ frames, width, height }: TakenFilm): number {
  let halved = 1;
  while (height / halved >= HALVED_FROM) halved *= 2;
  return frames * Math.floor(width / halved) * Math.floor(height / halved);
}

/** What people put into the cache who look at so many pixels of films. */
export const lookingAtFilms = (pixels: number, quality: number): number => Math.round(pixels * bytesAPixel(quality));

/** What a function puts into the cache that annotates so many pixels of films, unhalved. */
export const annotatingFilms = (pixels: number): number => Math.round(pixels * bytesAPixel(ORIGINAL));

function bytesAPixel(quality: number): number {
  const at = BYTES_A_PIXEL.findIndex((one) => one.quality >= quality);
  const [lower, upper] = [BYTES_A_PIXEL[at - 1], BYTES_A_PIXEL[at]];
  if (upper === undefined) return BYTES_A_PIXEL.at(-1)?.bytes ?? 0;
  if (lower === undefined) return upper.bytes;
  const share = (quality - lower.quality) / (upper.quality - lower.quality);
  return lower.bytes + (upper.bytes - lower.bytes) * share;
}
