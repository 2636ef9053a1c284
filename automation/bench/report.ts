import type { Seen } from "../engine/run.ts";
import type { Step } from "../engine/steps.ts";
import { planMarkdown } from "../report/plan-markdown.ts";
import { planReport } from "../report/plan-report.ts";

/** How many objects change in the plan that is reported. */
export const REPORTED = 300;

/** Seconds that a report takes of a plan in which every object of the lab has another label, some twice, until there are {@link REPORTED}. */
export function measureReport({ steps, fixes }: Seen, rounds: number): number[] {
  const objects = steps.filter(({ type }) => type.startsWith("kubernetes:"));
  const changed = Array.from({ length: REPORTED }, (_, at) => labelled(objects[at % objects.length], at)).flat();
  return Array.from({ length: rounds }, () => {
    const began = performance.now();
    planMarkdown(planReport({ stack: "bench", steps: changed, fixes, warnings: [] }));
    return (performance.now() - began) / 1000;
  });
}

function labelled(step: Step | undefined, at: number): Step[] {
  if (step === undefined) return [];
  const { urn, type, kind, name, short, system, before } = step;
  const field = { path: "metadata.labels.number", before: undefined, after: String(at) };
  const metadata = { ...(before?.["metadata"] as object | undefined), labels: { number: String(at) } };
  const change = { urn, type, kind, name, short, system, operation: "update" as const, fields: [field] };
  return [{ ...step, change, after: { ...before, metadata } }];
}
