import { UserError } from "../../components/program/errors.ts";
import { bodyOf, statusOf } from "../forge/body.ts";
import { readEvent } from "../forge/event.ts";
import type { Status } from "../forge/host.ts";
import { NAME, type Marker } from "../forge/marker.ts";
import type { Settled } from "../forge/one-comment.ts";
import { publish, type Published } from "../forge/publish.ts";
import { tokenFrom, type Token } from "../forge/token.ts";
import { TITLES, whereFrom, type Place, type PlaceFlags } from "../forge/where.ts";
import { streamProgress } from "../progress.ts";
import { inText } from "../report/escaped.ts";
import { readReport, type ReadReport } from "../report/read-report.ts";
import { onStop, Stopped } from "../signals.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface CommentFlags extends StackFlags, PlaceFlags {
  report: string;
  label?: string;
  untrusted?: true;
  status: boolean;
  dryRun?: true;
}

/** Posts a report on a pull request, as the one comment of its stack. */
export async function comment(flags: CommentFlags): Promise<void> {
  const { place, token, report, untrusted } = await allOf(flags);
  const { stack, label, json } = flags;
  const marker: Marker = { stack, label, run: place.run, sha: place.sha };
  const parts = { report, marker, runUrl: place.runUrl };
  const text = bodyOf({ ...parts, untrusted });
  // A required check must not go green by a fork's own word.
  const status = flags.status && !untrusted ? statusOf(parts) : undefined;
  const { host, repository, pull, sha } = place;
  const where = { stack, label, host, repository, pull, sha, run: place.run };
  if (token === undefined) {
    print({ ...where, text, status }, dryText(place, text, status), json);
    return;
  }
  const done = await stoppable((signal) =>
    streamProgress().task(`Posting the report of ${stack} to ${repository} on ${TITLES[host]}`, () =>
      publish({ place, token, report: { marker, text }, status, signal }),
    ),
  );
  print({ ...where, ...done.shown }, doneText(marker, done), json);
}

interface All {
  place: Place;
  /** Undefined: nothing is posted. */
  token: Token | undefined;
  report: ReadReport;
  untrusted: boolean;
}

/** Everything that a comment is made of. @throws UserError with all that is wrong with it at once */
async function allOf(flags: CommentFlags, env = process.env): Promise<All> {
  const problems: string[] = [];
  const tried = async <T>(work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  for (const [flag, name] of [
    ["--stack", flags.stack],
    ["--label", flags.label],
  ] as const)
    if (name !== undefined && !NAME.test(name))
      problems.push(`${flag} ${name}: letters, digits, ".", "-" and "_", 100 of them at most.`);
  const event = await readEvent(env["GITHUB_EVENT_PATH"]);
  const place = await tried(() => whereFrom(env, flags, event));
  const token = place && !flags.dryRun ? await tried(() => tokenFrom(place.host, env)) : undefined;
  const untrusted = flags.untrusted ?? place?.isForks ?? false;
  const report = await tried(() => readReport(flags.report, { untrusted }));
  if (report && !untrusted) await tried(() => sameStack(report, flags));
  if (problems.length > 0 || !place || !report) throw new UserError(problems, { exitCode: 2 });
  return { place, token, report, untrusted };
}

/** A report under another stack's name would take that one's comment. */
function sameStack(report: ReadReport, { stack, report: file }: CommentFlags): void {
  const heading =
    report.kind === "markdown" ? /^## Preview of (\S+)$/m.exec(report.text)?.[1] : inText(report.plan.stack);
  if (heading === undefined || heading === inText(stack)) return;
  const of = report.kind === "json" ? report.plan.stack : "another stack";
  throw new UserError(`--report ${file} is of ${of}, and --stack says ${stack}: name the stack that it is of.`);
}

async function stoppable<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ends = new AbortController();
  const off = onStop((signal) => {
    ends.abort(new Stopped(signal, "Stopped. The comment may be posted or not: run it again, which settles it."));
  });
  try {
    return await work(ends.signal);
  } finally {
    off();
  }
}

function dryText({ host, repository, pull, run }: Place, text: string, status: Status | undefined): string {
  const number =
    typeof pull === "number"
      ? `${repository} #${pull}`
      : `the pull request of ${pull.owner}:${pull.branch} in ${repository}`;
  const sign = status ? ` With the status ${status.context}: ${status.state}, "${status.description}".` : "";
  return `Would be posted to ${number} on ${TITLES[host]}, as run ${run}.${sign}\n\n${text}`;
}

const DONE: Record<Settled["outcome"], string> = {
  posted: "Posted",
  updated: "Updated",
  unchanged: "Already there",
  left: "Left as it is",
};

function doneText({ stack, run }: Marker, { settled, status, pull, why }: Published): string {
  if (settled === undefined) return `${stack}: not posted. ${why ?? ""}`;
  const { outcome, comment: there, newer, removed, isNamed } = settled;
  const lines = [
    `${stack}: ${DONE[outcome]} on #${pull ?? ""}${there.url && `: ${there.url}`}`,
    ...(newer ? [`The report of run ${newer.run} is there, which is newer than run ${run}.`] : []),
    ...(removed.length > 0 ? [`Removed ${removed.length} that were too many.`] : []),
    ...(isNamed
      ? []
      : [
          "The token may not say whose it is, so an own comment is found only by posting one: give it the right to read its user.",
        ]),
    ...(status ? [`Status ${status.context}: ${status.state}, "${status.description}".`] : []),
  ];
  return lines.join("\n");
}
