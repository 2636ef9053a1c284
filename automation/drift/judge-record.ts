import { isMap } from "../../components/program/maps.ts";
import { isBlank } from "../engine/changes.ts";
import type { Observed } from "../engine/observed.ts";
import { departuresOf, pathText, type Departure } from "./departures.ts";
import type { DriftedField, Judged } from "./finding.ts";

/**
 * What of a record is not as the last `up` left it. Our own provider puts what is there in the place of the inputs that departed, and of a
 * function says which; the plugin for MinIO gives what is there as outputs.
 */
export function judgeRecord({ type, before, after }: Pick<Observed, "type" | "before" | "after">): Judged {
  const isStore = type.startsWith("minio:");
  const [was, is] = isStore ? [before.outputs, after?.outputs ?? {}] : [before.inputs, after?.inputs ?? {}];
  const departures = departuresOf(withoutKept(was), withoutKept(is)).map((one) => ({ one, row: noiseOf(one) }));
  return {
    fields: [
      ...departures.flatMap(({ one, row }) => (row ? [] : [fieldOf(one)])),
      ...(isStore ? [] : departedIn(after?.outputs)),
    ],
    noise: departures.flatMap(({ row }) => (row ? [row.id] : [])),
  };
}

interface RecordNoise {
  id: string;
  matches: (departure: Departure) => boolean;
  why: string;
  source: string;
}

/** What differs in a record and means nothing. */
export const RECORD_NOISE: readonly RecordNoise[] = [
  {
    id: "blank",
    matches: ({ before, after }) => isBlank(before) && isBlank(after),
    why: "nothing, written in another way",
    source: "pulumi-terraform-bridge: what has no value",
  },
  {
    id: "rewritten",
    matches: ({ before, after }) => isSameDocument(before, after),
    why: "a policy whose actions the store keeps in an order of its own",
    source: "plugins.md, 2.3",
  },
  {
    id: "way",
    matches: ({ parts: [first] }) => first === "connection" || first === "seen" || first === "after",
    why: "how the record is reached, which is nothing of the record",
    source: "components: records of CVAT, Nuclio and ClearML",
  },
];

const noiseOf = (departure: Departure) => RECORD_NOISE.find(({ matches }) => matches(departure));

const withoutKept = (values: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(values).filter(([key]) => !key.startsWith("__")));

/** What of a function is not as it was deployed. (components/nuclio/records/function.ts) */
function departedIn(outputs: Readonly<Record<string, unknown>> = {}): DriftedField[] {
  const { drift } = outputs;
  return Array.isArray(drift)
    ? drift.map((path) => ({ path: String(path), how: "changed", parts: [String(path)] }))
    : [];
}

function fieldOf({ parts, before, after }: Departure): DriftedField {
  return {
    path: pathText(parts),
    how: before === undefined ? "added" : after === undefined ? "removed" : "changed",
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    parts,
  };
}

function isSameDocument(one: unknown, other: unknown): boolean {
  const [first, second] = [parsed(one), parsed(other)];
  return first !== undefined && second !== undefined && canonical(first) === canonical(second);
}

function parsed(text: unknown): unknown {
  if (typeof text !== "string" || !/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** As text in which the order of keys and of lists is always the same. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`;
  if (!isMap(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`;
}
