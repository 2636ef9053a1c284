export const SORTINGS = ["lexicographical", "natural", "predefined"] as const;

/** What tasks are asked for. */
export interface TaskWish {
  /** Of the first; the others are NAME 2, NAME 3, … */
  name: string;
  /** "" for none. */
  subset: string;
  /** Pictures of one task at most. */
  perTask: number;
  /** Frames of one job. */
  segmentSize: number;
  /** JPEG quality, 0 to 100, of what people are shown. The pictures themselves stay as they are. */
  quality: number;
  sorting: (typeof SORTINGS)[number];
  /** Of each film: its first frame, its last, and of how many one is taken. Default: all. */
  film: { start?: number; stop?: number; step?: number };
  /** What is taken of a place that has more kinds. Default: one kind, and everything else is refused. */
  take?: "pictures" | "films" | "both";
}

const NAME_MAX = 256;
const SUBSET_MAX = 64;

/**
 * What CVAT would refuse, or take and do something else with, as lines.
 * @param tasks how many there will be
 */
export function wishProblems(wish: TaskWish, tasks = 1): string[] {
  const { name, subset, segmentSize, quality, film, take } = wish;
  const { start = 0, stop, step = 1 } = film;
  const filmFlags = Object.keys(film).length > 0;
  const longest = numbered(name, tasks, "film");
  return [
    ...(name.trim() === "" ? ["A task needs a name."] : []),
    ...(longest.length > NAME_MAX
      ? [`The name of a task has at most ${NAME_MAX} characters, and ${longest.slice(0, 40)}… has ${longest.length}.`]
      : []),
    ...(subset.length > SUBSET_MAX
      ? [`--subset has at most ${SUBSET_MAX} characters, and this one has ${subset.length}.`]
      : []),
    ...(/\0/.test(name + subset) ? ["Neither a task's name nor its subset may have a null character."] : []),
    ...(segmentSize < 1 ? ["--segment-size must be at least 1."] : []),
    ...(quality < 0 || quality > 100 || !Number.isInteger(quality)
      ? ["--quality is a whole number from 0 to 100."]
      : []),
    ...(stop !== undefined && stop < start ? [`--stop ${stop} lies before --start ${start}.`] : []),
    ...(step < 1 ? ["--step must be at least 1."] : []),
    ...(filmFlags && take === "pictures"
      ? ["--start, --stop and --step are for films, and --only pictures takes none."]
      : []),
  ];
}

/**
 * The name of the n-th task, which the same pictures always come to.
 * @param kind films beside pictures are counted by themselves, so that more pictures do not rename them
 */
export function numbered(name: string, number: number, kind: "picture" | "film", besidePictures = false): string {
  const base = kind === "film" && besidePictures ? `${name.trim()} film` : name.trim();
  return number === 1 ? base : `${base} ${number}`;
}

/** Jobs that CVAT makes of a task at most. (cvat/settings/base.py: MAX_JOBS_PER_TASK) */
const MOST_JOBS = 1000;
/** By how many frames the jobs of a film overlap. (cvat-real-third-look.md 4.2) */
const FILM_OVERLAP = 5;

/** Why CVAT would fail at a task of so many frames, as a line; undefined where it would not. */
export function jobsProblem(
  name: string,
  kind: "picture" | "film",
  frames: number,
  segmentSize: number,
): string | undefined {
  const overlap = kind === "film" ? Math.min(FILM_OVERLAP, Math.floor(segmentSize / 2)) : 0;
  const jobs = Math.ceil((frames - overlap) / (segmentSize - overlap));
  if (jobs <= MOST_JOBS) return undefined;
  return `Task ${name} would have ${jobs} jobs, and CVAT makes ${MOST_JOBS} at most: a larger --segment-size, or a smaller --per-task.`;
}
