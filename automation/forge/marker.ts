/**
 * The first line of a comment, which no host shows: whose report it is, and of which run. Anyone may write such a line; only comments of the own
 * author count.
 */
export interface Marker {
  stack: string;
  /** Tells two reports of one stack apart. Undefined: it has one. */
  label?: string | undefined;
  /** Number of the run in CI; a higher one is a newer report. */
  run: number;
  /** Of the commit that the report is about, whole. */
  sha: string;
}

/** What stands in a marker: letters, digits and three signs, none of which ends a comment of HTML. */
export const NAME = /^[\w.-]{1,100}$/;
/** A commit's whole name, by SHA-1 or SHA-256. */
export const SHA = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

const MARKER =
  /^<!-- vision-platform:report stack=([\w.-]{1,100}) (?:label=([\w.-]{1,100}) )?run=(\d{1,15}) sha=([0-9a-f]{40,64}) -->/;

/** The line of a marker. */
export function markerLine({ stack, label, run, sha }: Marker): string {
  const more = label === undefined ? "" : `label=${label} `;
  return `<!-- vision-platform:report stack=${stack} ${more}run=${run} sha=${sha} -->`;
}

/** The marker that a comment begins with; undefined where it begins otherwise. One further on is a text like any other. */
export function markerOf(body: string): Marker | undefined {
  const [, stack, label, run, sha] = MARKER.exec(body) ?? [];
  if (stack === undefined || run === undefined || sha === undefined) return undefined;
  return { stack, label, run: Number(run), sha };
}

/** Whether two reports have one comment between them. */
export function isSameReport(one: Marker, other: Marker): boolean {
  return one.stack === other.stack && one.label === other.label;
}
