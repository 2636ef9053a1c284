import { UserError } from "../../components/program/errors.ts";
import { RestError } from "../../components/rest/errors.ts";
import { postedOnce, type Calls, type Host } from "./host.ts";
import type { Marker } from "./marker.ts";
import { isSameText, nextStep, type Comment, type Report } from "./settle.ts";

/** What became of the one comment. */
export interface Settled {
  /** `left`: a newer run's report is there, and stays. */
  outcome: "posted" | "updated" | "unchanged" | "left";
  comment: Comment;
  newer: Marker | undefined;
  /** Comments of this report that were too many. */
  removed: number[];
  /** Whether the host said who the token belongs to. Where not, own comments are only known by posting one. */
  isNamed: boolean;
}

/** Each round changes something; more of them means that somebody else keeps changing it too. */
const ROUNDS = 8;

/**
 * Makes a report the one comment of its stack: looks, does what there is to do, and looks again until there is nothing.
 * @param assumed who the token belongs to where the host does not say; the answer to the own comment tells
 * @throws RestError; UserError when others keep changing it
 */
export async function oneComment(
  host: Host,
  report: Report,
  { assumed, ...calls }: Calls & { assumed?: string | undefined } = {},
): Promise<Settled> {
  const name = await host.whoAmI();
  let me = name ?? assumed;
  let posted: number | undefined;
  let wrote: number | undefined;
  let gone: number | undefined;
  const removed: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const step = nextStep(await host.comments(), report, me, wrote);
    if (step.kind === "settled") {
      const { comment, newer } = step;
      const outcome = comment.id === posted ? "posted" : comment.id === wrote ? "updated" : "unchanged";
      return { outcome: newer ? "left" : outcome, comment, newer, removed, isNamed: name !== undefined };
    }
    if (step.kind === "post") {
      const comment = await postedOnce(host, report.text, () => posting(host, report, me), calls);
      // Only now it is known for certain.
      me = comment.author;
      posted = comment.id;
      wrote = posted;
      continue;
    }
    const { write, remove } = step;
    if (write !== undefined) {
      try {
        await host.write(write, report.text);
        wrote = write;
      } catch (error) {
        // Removed since the look. One that is there and cannot be written is another matter.
        if (!(error instanceof RestError) || error.status !== 404 || gone === write) throw error;
        gone = write;
        continue;
      }
    }
    for (const id of remove) {
      await host.remove(id);
      removed.push(id);
    }
  }
  throw new UserError(
    `The comment of ${report.marker.stack} does not come to rest: something else keeps changing or removing it. Let one job at a time post it.`,
  );
}

/** What was posted by a call that failed. Whose it is may not be known yet; nobody else writes the very same. */
async function posting(host: Host, { text }: Report, me: string | undefined): Promise<Comment | undefined> {
  const all = await host.comments();
  return all.find(({ author, body }) => (me === undefined || author === me) && isSameText(body, text));
}
