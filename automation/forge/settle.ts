import { isSameReport, markerOf, type Marker } from "./marker.ts";

/** A comment of a pull request. */
export interface Comment {
  id: number;
  author: string;
  body: string;
  /** Where a person reads it. */
  url: string;
}

/** The report that is to be the one comment. */
export interface Report {
  marker: Marker;
  /** The whole comment, which begins with the marker. */
  text: string;
}

/** What there is to do, by what a look at all comments came to. */
export type Step =
  /** There is none: post it, and look again. */
  | { kind: "post" }
  /** Write the text over one, if it is not there yet, and remove doubles; then look again. */
  | { kind: "mend"; write: number | undefined; remove: number[] }
  /** Nothing. `newer` is the marker of a later run, whose report stays. */
  | { kind: "settled"; comment: Comment; newer: Marker | undefined };

/**
 * How several runners that know nothing of each other end with one comment, and it is the newest run's. Each posts where it sees none, looks
 * again, keeps the lowest and removes the others: with "find, update, else create" two runners at once left two comments in 13 of 15 rounds. No
 * host has a conditional write, so each looks once more after it wrote. (pull-requests.md, 1)
 * @param me author of this runner's comments; undefined: not known yet, and none counts as its own
 * @param wrote the comment that this runner has written its text into
 */
export function nextStep(
  comments: readonly Comment[],
  { marker, text }: Report,
  me: string | undefined,
  wrote: number | undefined,
): Step {
  const own = comments
    .flatMap((comment) => {
      const found = comment.author === me ? markerOf(comment.body) : undefined;
      return found && isSameReport(found, marker) ? [{ comment, run: found.run, marker: found }] : [];
    })
    .sort((one, other) => one.comment.id - other.comment.id);
  const [lowest, ...others] = own;
  if (lowest === undefined) return { kind: "post" };
  const newest = own.reduce((best, one) => (one.run > best.run ? one : best));
  if (newest.run > marker.run) {
    // Whoever wrote the newest settles it; what is older and not the one that stays is in nobody's way.
    const remove = others.filter(({ run }) => run < newest.run).map(({ comment }) => comment.id);
    if (remove.length > 0) return { kind: "mend", write: undefined, remove };
    return { kind: "settled", comment: newest.comment, newer: newest.marker };
  }
  const isWritten = lowest.run === marker.run && (lowest.comment.id === wrote || isSameText(lowest.comment.body, text));
  const remove = others.map(({ comment }) => comment.id);
  if (isWritten && remove.length === 0) return { kind: "settled", comment: lowest.comment, newer: undefined };
  return { kind: "mend", write: isWritten ? undefined : lowest.comment.id, remove };
}

/** Hosts change the ends of lines, and cut blanks at the end. */
export function isSameText(one: string, other: string): boolean {
  const plain = (text: string) => text.replaceAll("\r\n", "\n").trimEnd();
  return plain(one) === plain(other);
}
