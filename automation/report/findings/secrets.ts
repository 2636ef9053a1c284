import { tokenOf } from "../../../components/records/tokens.ts";
import { valueAt } from "../../engine/changes.ts";
import { HIDDEN } from "../../engine/outputs.ts";
import type { Seen } from "../../engine/run.ts";
import type { Step } from "../../engine/steps.ts";
import { becomes, ofEach, type FindingRow } from "./finding.ts";
import { readingOf, restarts } from "./pods.ts";

/** What becomes of secrets, and of who reads them. */
export const SECRET_ROWS: readonly FindingRow[] = [
  {
    id: "secret-rotates",
    severity: "careful",
    title: "a key is made anew",
    find: ofEach((step) =>
      tokenOf(step.type) === "secrets:GeneratedText" && becomes(step, "update", "replace")
        ? "is made anew: the former one is good for nothing afterwards"
        : undefined,
    ),
  },
  {
    id: "secret-changes",
    severity: "careful",
    title: "a secret changes",
    find: ofEach((step, seen) => {
      if (step.type !== "kubernetes:core/v1:Secret" || !becomes(step, "update", "replace") || !contentChanges(step))
        return undefined;
      return ["gets another content", ...readersText(step, seen)].join("; ");
    }),
  },
];

const contentChanges = ({ change, replacedFor }: Step) =>
  [...(change?.fields ?? []).map(({ path }) => path), ...replacedFor].some((path) =>
    /^(data|stringData)\b/.test(path),
  ) ||
  (change?.fields.some(({ after }) => after === HIDDEN) ?? false);

function readersText(secret: Step, { steps }: Seen): string[] {
  const place = (step: Step) => valueAt(step.after, "metadata.namespace");
  const name = valueAt(secret.after, "metadata.name");
  // A Job reads it when it runs.
  const stays = (step: Step) => step.kind !== "Job" && place(step) === place(secret);
  const inIt = typeof name === "string" ? steps.filter(stays) : [];
  const readers = inIt.flatMap((step) => {
    const reading = readingOf(step, String(name));
    return reading === undefined ? [] : [{ reading, step, anew: restarts(step) }];
  });
  const named = (wanted: (reader: (typeof readers)[number]) => boolean) =>
    readers
      .filter(wanted)
      .map(({ step }) => `${step.kind} ${step.short}`)
      .sort()
      .join(", ");
  const anew = named((reader) => reader.anew);
  const stale = named((reader) => !reader.anew && reader.reading === "at start");
  const files = named((reader) => !reader.anew && reader.reading === "as a file");
  return [
    ...(anew ? [`what reads it starts anew: ${anew}`] : []),
    ...(stale ? [`what read it when it started goes on with the old one: ${stale}`] : []),
    ...(files ? [`as a file it comes to ${files} within a minute`] : []),
  ];
}
