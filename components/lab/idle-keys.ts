import * as z from "zod";
import { PROJECT, SECTIONS } from "./sections.ts";
import { isMap } from "../program/maps.ts";
import { layersOf, type Problem } from "../schema/problems.ts";

/** Keys of a part that count while it is off. */
const STILL_READ: readonly string[] = ["cvat.nuclio.external"];

/** Keys that belong to a part, though they stand elsewhere. */
const ELSEWHERE: readonly { key: string; part: string }[] = [
  { key: "cvat.secrets.clickhouse", part: "cvat.analytics" },
  { key: "cvat.secrets.grafana", part: "cvat.analytics" },
];

/**
 * Keys that nothing reads since the part they are about is off: no mistake that holds anything up, and often a forgotten `enabled: true`.
 * @param sections values by section name, as they stand in the stack file
 */
export function idleKeys(sections: Readonly<Record<string, unknown>>): Problem[] {
  const parts = Object.entries(SECTIONS).flatMap(([name, schema]) => partsThatAreOff(name, schema, sections[name]));
  return parts.flatMap(({ path, keys, external }) => {
    const elsewhere = ELSEWHERE.filter(({ key, part }) => part === path && valueAt(sections, key) !== undefined);
    const idle = [...keys.filter((key) => !STILL_READ.includes(`${path}.${key}`)), ...elsewhere.map(({ key }) => key)];
    if (idle.length === 0) return [];
    const remove = `remove ${idle.length > 1 ? "them" : "it"}.`;
    const message = external
      ? `Is somebody else's (${path}.external), so nothing reads ${idle.join(", ")}: ${remove}`
      : `Is off, so nothing reads ${idle.join(", ")}. Set ${path}.enabled to true, or ${remove}`;
    return [{ path: `${PROJECT}:${path}`, message }];
  });
}

interface OffPart {
  path: string;
  /** What is set below it, besides the switch. */
  keys: string[];
  /** It is off since somebody else runs it. */
  external: boolean;
}

/** The outermost parts that are off: what has a switch `enabled` that is false, as it is set or by default, and what somebody else runs. */
function partsThatAreOff(path: string, schema: z.ZodType, value: unknown): OffPart[] {
  const shape = layersOf(schema).at(-1);
  if (!(shape instanceof z.ZodObject)) return [];
  const given = isMap(value) ? value : {};
  const parts = shape.shape as Record<string, z.ZodType>;
  const isOn = parts["enabled"]?.safeParse(given["enabled"]).data ?? true;
  const keysBut = (one: string) => Object.keys(given).filter((key) => key !== one);
  if (isOn === false) return [{ path, keys: keysBut("enabled"), external: false }];
  if (parts["size"] && given["external"] !== undefined) return [{ path, keys: keysBut("external"), external: true }];
  return Object.entries(parts).flatMap(([key, part]) => partsThatAreOff(`${path}.${key}`, part, given[key]));
}

function valueAt(sections: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((at, key) => (isMap(at) ? at[key] : undefined), sections);
}
