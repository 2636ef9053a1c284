import type { Found } from "./section-rules.ts";

/** Environment variables that a container has already, and what to do instead of setting them once more. */
export interface TakenVariables {
  names: readonly string[];
  /** `set cvat.smokescreen`. */
  cure: string;
}

/**
 * Variables of a free map that the chart or this program sets too. Kubernetes takes no name twice in one container: the API server refuses
 * it as duplicate entries, in the middle of `up`.
 * @param path the map's, below its section
 * @param sameName whether two names are one to the program that reads them. Default: letter by letter.
 */
export function takenVariables(
  path: readonly (string | number)[],
  environment: Readonly<Record<string, string>>,
  taken: readonly TakenVariables[],
  sameName: (one: string, other: string) => boolean = (one, other) => one === other,
): Found[] {
  return Object.keys(environment).flatMap((name) => {
    const row = taken.find(({ names }) => names.some((other) => sameName(name, other)));
    return row
      ? [{ path: [...path, name], message: `is set already, and a container takes no name twice; ${row.cure}` }]
      : [];
  });
}
