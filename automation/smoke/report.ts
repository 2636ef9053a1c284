import { counted } from "../data/dataset/amounts.ts";
import { duration } from "../progress.ts";
import type { StepName } from "./names.ts";

/** What became of a step. */
export interface Outcome {
  step: StepName | "remove";
  is: "well" | "failed" | "left out" | "not tried";
  ms: number;
  /** What was seen, what went wrong, or why it was not tried. */
  said: string;
  /** What to look at, where it failed. */
  cure?: string;
}

/** What a smoke run came to. */
export interface Report {
  /** Whether every step that was tried went well. */
  well: boolean;
  /** The steps that failed, the first of which is most often the reason of the others. */
  failed: Outcome["step"][];
  stack: string;
  /** The account. */
  as: string;
  ms: number;
  steps: Outcome[];
}

export function reportOf(stack: string, as: string, steps: readonly Outcome[]): Report {
  const failed = steps.filter(({ is }) => is === "failed").map(({ step }) => step);
  const ms = steps.reduce((sum, one) => sum + one.ms, 0);
  return { well: failed.length === 0, failed, stack, as, ms, steps: [...steps] };
}

const MARKS: Readonly<Record<Outcome["is"], string>> = { well: "✓", failed: "✗", "left out": "-", "not tried": "-" };

/** The verdict, a line for each step, and cures. */
export function reportText(report: Report): string {
  const { steps } = report;
  const width = Math.max(...steps.map(({ step }) => step.length));
  const lines = steps.flatMap(({ step, is, ms, said, cure }) => {
    const time = is === "well" || is === "failed" ? duration(ms) : "";
    const words = is === "left out" || is === "not tried" ? `${is}: ${said}` : said;
    return [
      `  ${MARKS[is]} ${step.padEnd(width)}  ${time.padStart(10)}  ${words}`,
      ...(cure === undefined ? [] : [`    ${" ".repeat(width)}${" ".repeat(14)}Look at: ${cure}`]),
    ];
  });
  return [verdict(report), ...lines].join("\n");
}

function verdict({ well, failed, stack, as, ms, steps }: Report): string {
  const count = steps.filter(({ is }) => is === "well").length;
  if (well) return `Well: stack ${stack} did ${counted(count, "step")} in ${duration(ms)}, as ${as}.${leftOut(steps)}`;
  return `Not well: stack ${stack} fails at ${failed.join(", ")}; ${counted(count, "step")} went well, as ${as}.`;
}

function leftOut(steps: readonly Outcome[]): string {
  const names = steps.filter(({ is }) => is === "left out").map(({ step }) => step);
  return names.length === 0 ? "" : ` Left out: ${names.join(", ")}.`;
}
