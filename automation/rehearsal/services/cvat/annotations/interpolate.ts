import type { Track, TrackedShape } from "./model.ts";

/** A shape of a track on one frame. */
export interface Placed extends TrackedShape {
  keyframe: boolean;
}

/**
 * A track's shapes on every frame up to `end`, that one not included: between two key frames points go evenly from one to the other, and after
 * the last they stay. Where it is outside, it is there once. (dataset_manager/annotation.py, TrackManager)
 */
export function interpolated({ shapes }: Track, end: number): Placed[] {
  const keys = [...shapes].sort((one, other) => one.frame - other.frame);
  return keys.flatMap((key, at) => {
    if (key.frame >= end) return [];
    const next = keys[at + 1];
    const until = Math.min(next?.frame ?? end, end);
    const between = key.outside ? [] : framesFrom(key.frame + 1, until).map((frame) => place(key, next, frame));
    return [{ ...key, keyframe: true }, ...between];
  });
}

const framesFrom = (first: number, end: number) =>
  Array.from({ length: Math.max(0, end - first) }, (_, at) => first + at);

function place(key: TrackedShape, next: TrackedShape | undefined, frame: number): Placed {
  const kept = { ...key, frame, keyframe: false };
  if (!next || next.points.length !== key.points.length) return kept;
  const share = (frame - key.frame) / (next.frame - key.frame);
  const along = (from: number, to: number) => from + (to - from) * share;
  return { ...kept, points: key.points.map((value, at) => along(value, next.points[at] ?? value)) };
}
