import { inText } from "../report/escaped.ts";
import { fittedMarkdown } from "../report/fitted-markdown.ts";
import { COMMENT_CHARACTERS, planMarkdown } from "../report/plan-markdown.ts";
import type { ReadReport } from "../report/read-report.ts";
import type { Status } from "./host.ts";
import { markerLine, type Marker } from "./marker.ts";

/** What a comment is made of. */
export interface BodyParts {
  report: ReadReport;
  marker: Marker;
  /** Where a person reads the run, and what it made. */
  runUrl: string | undefined;
  /** Nothing of the report is ours. */
  untrusted: boolean;
}

const FORKS_WORD =
  "> [!WARNING]\n> This report was made by the run of a fork, and is the fork's own word: nothing here was compared with the lab, and nothing of it is applied.";

/** A report as a comment: its marker, the report, and which run it is of; as much of it as a comment takes. */
export function bodyOf({ report, marker, runUrl, untrusted }: BodyParts): string {
  const head = [markerLine(marker), ...(untrusted ? [FORKS_WORD] : [])].join("\n\n");
  const run = runUrl === undefined ? `run ${marker.run}` : `[run ${marker.run}](${linkable(runUrl)})`;
  const foot = `<sub>Of ${marker.sha.slice(0, 12)}, by ${run}.</sub>`;
  const characters = COMMENT_CHARACTERS - head.length - foot.length - 4;
  const text =
    report.kind === "json"
      ? planMarkdown({ ...report.plan, stack: marker.stack }, { characters, whole: run })
      : fittedMarkdown(report.text, { characters, whole: run });
  return `${head}\n\n${text.trim()}\n\n${foot}`;
}

/** GitHub takes no more. */
const DESCRIPTION_CHARACTERS = 140;

/** The verdict of a report as the status of its commit. */
export function statusOf({ report, marker, runUrl }: Omit<BodyParts, "untrusted">): Status {
  const { verdict, failed } =
    report.kind === "json" ? { verdict: report.plan.verdict, failed: report.plan.failure !== undefined } : report;
  const line = verdict.replace(/\s+/g, " ").trim();
  return {
    state: failed ? "failure" : "success",
    context: ["vision-platform", marker.stack, ...(marker.label === undefined ? [] : [marker.label])].join("/"),
    description: line.length > DESCRIPTION_CHARACTERS ? `${line.slice(0, DESCRIPTION_CHARACTERS - 1)}…` : line,
    url: runUrl,
  };
}

/** An address of the environment's within a link, which it cannot close. */
const linkable = (url: string) =>
  URL.canParse(url)
    ? new URL(url).href.replace(/[()<>]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`)
    : inText(url);
