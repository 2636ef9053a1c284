import { UserError } from "../../components/program/errors.ts";
import { bodyOf } from "../forge/body.ts";
import { readEvent } from "../forge/event.ts";
import { NAME, type Marker } from "../forge/marker.ts";
import { closeIssue, openIssue } from "../forge/one-issue.ts";
import { tokenFrom } from "../forge/token.ts";
import { TITLES, whereFrom, type PlaceFlags } from "../forge/where.ts";
import { streamProgress } from "../progress.ts";
import { readReport } from "../report/read-report.ts";
import { onStop, Stopped } from "../signals.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface IssueFlags extends StackFlags, Omit<PlaceFlags, "pull"> {
  title: string;
  report: string;
  close?: true;
  dryRun?: true;
}

/** GitHub takes no more. */
const TITLE_CHARACTERS = 256;

/** Makes a report the one open issue of its title and stack, or closes that. */
export async function issue(flags: IssueFlags): Promise<void> {
  const { stack, title, json } = flags;
  checkNames(flags);
  // An issue is of no pull request.
  const place = whereFrom(process.env, { ...flags, pull: 0 }, await readEvent(process.env["GITHUB_EVENT_PATH"]));
  const report = await readReport(flags.report, { untrusted: false });
  const marker: Marker = { stack, label: labelOf(title), run: place.run, sha: place.sha };
  const text = bodyOf({ report, marker, runUrl: place.runUrl, untrusted: false });
  const { host, repository } = place;
  const shown = { stack, title, host, repository };
  if (flags.dryRun) {
    const what = flags.close ? "Would close" : "Would be";
    const said = `${what} the issue "${title}" of ${repository} on ${TITLES[host]}.\n\n${text}`;
    print({ ...shown, text }, said, json);
    return;
  }
  const token = tokenFrom(host, process.env);
  const ends = new AbortController();
  const off = onStop((signal) => {
    ends.abort(new Stopped(signal, "Stopped. The issue may be there or not: run it again, which settles it."));
  });
  try {
    const where = { place, token, title, signal: ends.signal };
    await streamProgress().task(`The issue "${title}" of ${repository} on ${TITLES[host]}`, async () => {
      if (flags.close) {
        const closed = await closeIssue(where, { marker, text });
        const said = closed.length > 0 ? `closed ${closed.map((id) => `#${id}`).join(", ")}` : "none is open";
        print({ ...shown, closed }, `${title}: ${said}.`, json);
        return;
      }
      const { outcome, comment, removed } = await openIssue(where, { marker, text });
      const url = comment.url && `: ${comment.url}`;
      print(
        { ...shown, outcome, issue: { id: comment.id, url: comment.url }, removed },
        `${title}: ${outcome}, #${comment.id}${url}`,
        json,
      );
    });
  } finally {
    off();
  }
}

function checkNames({ stack, title }: IssueFlags): void {
  const problems = [
    ...(NAME.test(stack) ? [] : [`--stack ${stack}: letters, digits, ".", "-" and "_", 100 of them at most.`]),
    ...(title.trim() !== "" && title.length <= TITLE_CHARACTERS && !/[\p{Cc}]/u.test(title)
      ? []
      : [`--title: one line of ${TITLE_CHARACTERS} characters at most.`]),
  ];
  if (problems.length > 0) throw new UserError(problems, { exitCode: 2 });
}

/** By which the issue is found again, whatever else has its title. */
const labelOf = (title: string) =>
  `issue-${title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 90)}`;
