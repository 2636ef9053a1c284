import type { Seen } from "../../engine/run.ts";
import type { Step } from "../../engine/steps.ts";

/** How much a person should look at something before it is done. */
export type Severity = "careful" | "note";

/** What a row says of one object. */
export interface Found {
  /** The system of the lab it is in. */
  system: string;
  /** The object it is about: `PersistentVolumeClaim cvat-backend-data`. */
  object: string;
  /** What happens to it and what follows: a sentence that begins with the object. */
  text: string;
}

/** What a person should know of a change before it is made. */
export interface Finding extends Found {
  /** Of the row that found it. */
  id: string;
  severity: Severity;
  title: string;
}

/**
 * One kind of thing that a change can do and that a person should know of. Each row is held by the plan of a preview that has it, and by one
 * that nearly has it and does not. (test/fixtures/plans)
 */
export interface FindingRow {
  /** `claim-grows`. */
  id: string;
  severity: Severity;
  /** What it is in a few words, for a sentence that lists such: `a volume grows`. */
  title: string;
  find: (seen: Seen) => Found[];
}

/** What rows find in a preview: what is careful about it first, else in the order of the rows. */
export function findingsIn(seen: Seen, rows: readonly FindingRow[]): Finding[] {
  const found = rows.flatMap(({ id, severity, title, find }) =>
    find(seen).map((one) => ({ ...one, id, severity, title })),
  );
  const of = (wanted: Severity) => found.filter(({ severity }) => severity === wanted);
  return [...of("careful"), ...of("note")];
}

/** A row's search that looks at one changing resource after the other; it says nothing of one where it gives nothing. */
export function ofEach(say: (step: Step, seen: Seen) => string | undefined): FindingRow["find"] {
  return (seen) =>
    seen.steps.flatMap((step) => {
      const text = step.change && say(step, seen);
      return text ? [{ system: step.system, object: `${step.kind} ${step.short}`, text }] : [];
    });
}

/** Whether a preview would do one of these to a resource. */
export function becomes({ change }: Step, ...operations: NonNullable<Step["change"]>["operation"][]): boolean {
  return change !== undefined && operations.includes(change.operation);
}
