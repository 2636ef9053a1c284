import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { isMap } from "../../../../components/program/maps.ts";

/** One entry of functionAugmentedConfigs. (nuclio: platformconfig/types.go, LabelSelectorAndConfig) */
export interface AugmentedConfig {
  labelSelector?: {
    matchLabels?: Record<string, string>;
    matchExpressions?: { key: string; operator: string; values?: string[] }[];
  };
  functionConfig?: { spec?: Record<string, unknown> };
  kubernetes?: { deployment?: { spec?: Record<string, unknown> } };
}

export interface PlatformConfig {
  functionAugmentedConfigs?: AugmentedConfig[];
  functionReadinessTimeout?: string;
}

/** The platform configuration in the chart's ConfigMap; empty without one. */
export function platformConfig(data: Readonly<Record<string, string>> | undefined): PlatformConfig {
  return (parse(data?.["platform.yaml"] ?? "") ?? {}) as PlatformConfig;
}

/** Whether labels meet a selector; an empty one meets all. */
export function selects({ labelSelector = {} }: AugmentedConfig, labels: Readonly<Record<string, string>>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = labelSelector;
  const byLabels = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  const byExpressions = matchExpressions.every(({ key, operator, values = [] }) => {
    const value = labels[key];
    if (operator === "Exists") return value !== undefined;
    if (operator === "DoesNotExist") return value === undefined;
    const among = value !== undefined && values.includes(value);
    return operator === "In" ? among : !among;
  });
  return byLabels && byExpressions;
}

/**
 * A function's spec with what the entries that match write over it. The event timeout is always written, for Go's field has no omitempty:
 * one that an entry does not say is empty afterwards. (nuclio-real.md, F2; nuclio: functionres/lazy.go, CreateOrUpdate)
 */
export function augmentedSpec<T extends object>(
  spec: T,
  { functionAugmentedConfigs = [] }: PlatformConfig,
  labels: Readonly<Record<string, string>>,
): T {
  return functionAugmentedConfigs
    .filter((entry) => selects(entry, labels))
    .reduce((now, { functionConfig }) => ({ ...now, eventTimeout: "", ...functionConfig?.spec }), spec);
}

/**
 * Fills what is empty in `into` from `from`, as mergo.Merge does: maps gain the keys they lack, a list that has anything stays, and so does
 * every value that is set. (nuclio.md, 3b, run with mergo 1.0.0)
 */
export function fillEmpty<T>(into: T, from: unknown): T {
  if (!isMap(into) || !isMap(from)) return isNothing(into) ? (structuredClone(from) as T) : into;
  const result: Record<string, unknown> = { ...into };
  for (const [key, value] of Object.entries(from)) result[key] = fillEmpty(result[key], value);
  return result as T;
}

/** Go's zero value, and nothing at all. */
function isNothing(value: unknown): boolean {
  const nothing: readonly unknown[] = [undefined, null, "", 0, false];
  return nothing.includes(value) || isDeepStrictEqual(value, []) || isDeepStrictEqual(value, {});
}
