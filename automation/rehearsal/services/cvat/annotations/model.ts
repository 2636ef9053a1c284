import type { Store } from "../store.ts";

/** An attribute's value. */
export interface Value {
  spec_id: number;
  value: string;
}

interface Labelled {
  id: number;
  /** The job it belongs to. Not shown. */
  job: number;
  frame: number;
  label_id: number;
  group: number | null;
  source: string;
  attributes: Value[];
}

export type Tag = Labelled;

export interface Points {
  type: string;
  occluded: boolean;
  outside: boolean;
  z_order: number;
  rotation: number;
  points: number[];
}

export interface Shape extends Labelled, Points {
  score: number;
  elements: Shape[];
}

export interface TrackedShape extends Points {
  id: number;
  frame: number;
  attributes: Value[];
}

export interface Track extends Labelled {
  shapes: TrackedShape[];
  elements: Track[];
}

/** All that is drawn in a task, of every job. */
export interface Annotations {
  tags: Tag[];
  shapes: Shape[];
  tracks: Track[];
}

export const KINDS = ["tags", "shapes", "tracks"] as const;
export const NONE: Annotations = { tags: [], shapes: [], tracks: [] };

const nameOf = (task: number) => `annotations-${task}`;

export const annotationsOf = (store: Store, task: number): Annotations =>
  (store.document(nameOf(task)) as Annotations | undefined) ?? NONE;

export function keepAnnotations(store: Store, task: number, annotations: Annotations): void {
  store.keep(nameOf(task), annotations);
}

/** Those that pass, of all kinds. */
export function those(annotations: Annotations, passes: (one: Labelled) => boolean): Annotations {
  return {
    tags: annotations.tags.filter(passes),
    shapes: annotations.shapes.filter(passes),
    tracks: annotations.tracks.filter(passes),
  };
}

/** What both have. */
export function together(one: Annotations, other: Annotations): Annotations {
  return {
    tags: [...one.tags, ...other.tags],
    shapes: [...one.shapes, ...other.shapes],
    tracks: [...one.tracks, ...other.tracks],
  };
}
