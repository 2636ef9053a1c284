import { duration } from "../progress.ts";
import { valueText } from "../report/changes-text.ts";
import { MARKS } from "../report/marks.ts";
import type { Departed, Judgement, Refused } from "./judge.ts";
import type { PlannedStep, SavedPlan, Source } from "./plan.ts";

const SHOWN = 10;

/** What one change departs in, a sentence for each. */
export function departedText({ about, path = "", reviewed, now }: Departed): string {
  const [was, is] = [text(reviewed), text(now)];
  switch (about) {
    case "unplanned":
      return `was not to change, and would be ${DONE[now as PlannedStep["operation"]]}`;
    case "operation":
      return `was to be ${DONE[reviewed as PlannedStep["operation"]]}, and would be ${DONE[now as PlannedStep["operation"]]}`;
    case "reason":
      return path === ""
        ? `would be made again for another reason: ${list(now)}; reviewed: ${list(reviewed)}`
        : now === true
          ? "the old one would go before the new one is made, and was to go after"
          : "the old one would go after the new one is made, and was to go before";
    case "retained":
      return now === true
        ? "would stay when it is deleted, and was to go"
        : "would go when it is deleted, and was to stay";
    case "from":
      return `${path}: was ${was} at the review, and is ${is} now`;
    case "to":
      return `${path}: would be ${is}, reviewed: ${was}`;
    case "secret":
      return `${path}: would be another secret than was reviewed`;
    case "former secret":
      return `${path}: was another secret at the review`;
  }
}

const DONE: Record<PlannedStep["operation"], string> = {
  create: "made",
  update: "updated",
  replace: "made again",
  delete: "deleted",
  keep: "let go of",
  import: "imported",
  same: "kept in another way",
};

const list = (value: unknown) => (Array.isArray(value) && value.length > 0 ? value.join(", ") : "none");
const text = (value: unknown) => (value === undefined ? "not there" : value === "" ? '""' : valueText(value));

/** Everything that was not reviewed, by system and object. */
export function refusedText(refused: readonly Refused[]): string {
  const systems = [...new Set(refused.map(({ step }) => step.system))].sort();
  return systems
    .flatMap((system) => [
      system,
      ...refused
        .filter(({ step }) => step.system === system)
        .flatMap(({ step, departed }) => [
          `  ${step.operation === "same" ? "~" : MARKS[step.operation]} ${step.object}`,
          ...departed.map((one) => `      ${departedText(one)}`),
        ]),
    ])
    .join("\n");
}

/** `saved 3 h ago by anna on runner-1, of revision 1a2b3c4d5e6f`. */
export function savedText({ saved: { at, by, revision } }: SavedPlan, now: number): string {
  const age = Math.max(0, now - Date.parse(at));
  const days = Math.floor(age / 86_400_000);
  const ago = days > 0 ? `${days} ${days === 1 ? "day" : "days"}` : duration(age);
  return `saved ${ago} ago by ${by}${revision === undefined ? "" : `, of revision ${revision.slice(0, 12)}`}`;
}

/** What was another at the review and is no reason to refuse, and what is no longer to be done. */
export function notesOf(
  plan: SavedPlan,
  now: Pick<SavedPlan, "source" | "state">,
  { settled, nowKnown }: Pick<Judgement, "settled" | "nowKnown">,
): string[] {
  const others = sourceNotes(plan.source, now.source);
  const moved = plan.state.digest !== now.state.digest;
  return [
    others.length === 0
      ? "Program, stack file, charts and programs are those of the review."
      : `Since the review: ${others.join("; ")}. Each change was held against the plan.`,
    ...(moved ? [`The lab was changed since the review${since(now.state.written)}.`] : []),
    ...(settled.length > 0 ? [`Need no change any more: ${few(settled)}.`] : []),
    ...(nowKnown.length > 0 ? [`Were not known at the review, and are now: ${few(nowKnown)}.`] : []),
  ];
}

const since = (written: string | undefined) =>
  written === undefined ? "" : `, at ${new Date(written).toISOString().replace(/\.\d+/, "")}`;

function sourceNotes(reviewed: Source, now: Source): string[] {
  const charts = (source: Source) => new Map(source.charts.map((chart) => [chart.name, chart]));
  const [before, after] = [charts(reviewed), charts(now)];
  const names = (one: object, other: object) => [...new Set([...Object.keys(one), ...Object.keys(other)])].sort();
  return [
    ...(reviewed.program === now.program ? [] : [`the program is another (${reviewed.version}, now ${now.version})`]),
    ...(reviewed.stackFile === now.stackFile ? [] : ["the stack file's values are others"]),
    ...names(reviewed.secrets, now.secrets)
      .filter((key) => reviewed.secrets[key] !== now.secrets[key])
      .map((key) => `the secret ${key} is another`),
    ...[...new Set([...before.keys(), ...after.keys()])].sort().flatMap((name) => {
      const [one, other] = [before.get(name), after.get(name)];
      if (one?.digest === other?.digest) return [];
      return [`chart ${name} is another (${one?.version ?? "none"}, now ${other?.version ?? "none"})`];
    }),
    ...names(reviewed.programs, now.programs)
      .filter((name) => reviewed.programs[name] !== now.programs[name])
      .map((name) => `${name} ${reviewed.programs[name] ?? "none"}, now ${now.programs[name] ?? "none"}`),
  ];
}

function few(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return `${names.slice(0, SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** How many of a plan's values are known only after up. */
export const openIn = (steps: readonly PlannedStep[]): number =>
  steps.reduce((sum, { knownAfterUp }) => sum + knownAfterUp.length, 0);
