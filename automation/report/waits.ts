import { UNKNOWN } from "../../components/records/kind.ts";
import type { Step } from "../engine/steps.ts";

/** By the URN of a resource and by its property: the URNs of the resources that the property is worked out from. */
export type Dependencies = Readonly<Record<string, Readonly<Record<string, readonly string[]>> | undefined>>;

/** Something of an object is known only when others are done. */
export interface Waiting {
  /** `CloudStorage cvat-storage-lab-datasets`. */
  object: string;
  /** What it waits for: `GeneratedText store-cvat-secret-key`. None where the state does not tell. */
  until: string[];
}

/**
 * What the values of a resource that are not known yet wait for: of the resources that they are worked out from those which change, and where
 * such a one only waits itself, what that waits for. The engine's events do not say it; the state of the last run does. (pull-requests.md, 4)
 */
export function waitsFor(step: Step, steps: readonly Step[], dependencies: Dependencies): string[] {
  const changing = new Map(steps.filter(({ change }) => change).map((one) => [one.urn, one]));
  const met = new Set([step.urn]);
  const behind = (one: Step): Step[] =>
    unknownIn(one)
      .flatMap((property) => dependencies[one.urn]?.[property] ?? [])
      .flatMap((urn) => changing.get(urn) ?? []);
  const roots = (one: Step): Step[] =>
    behind(one).flatMap((other) => {
      if (behind(other).length === 0) return [other];
      // More than one way leads to most of them, and some lead in a circle.
      if (met.has(other.urn)) return [];
      met.add(other.urn);
      return roots(other);
    });
  return [...new Set(roots(step).map(({ kind, short }) => `${kind} ${short}`))].sort();
}

/** Properties of which something is not known yet. */
function unknownIn({ after }: Step): string[] {
  return Object.entries(after ?? {}).flatMap(([property, value]) =>
    JSON.stringify(value).includes(UNKNOWN) ? [property] : [],
  );
}
