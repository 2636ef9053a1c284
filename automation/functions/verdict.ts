import { isMap } from "../../components/program/maps.ts";
import type { LiveFunction } from "../../components/nuclio/client/types.ts";
import { PROJECT, PROJECT_LABEL } from "../../components/nuclio/names.ts";

/** What CVAT makes of one function in its list of models. */
export interface Verdict {
  /** `breaks`: the whole list is an error 500. `left out`: it is missing from the list. `not seen`: it belongs to another project. */
  outcome: "listed" | "breaks" | "left out" | "not seen";
  /** Why, as a sentence; and what comes of its state, which CVAT does not look at. */
  why: string;
}

type Problem = Pick<Verdict, "why"> & { outcome: "breaks" | "left out" };
/** A part of how CVAT reads a function: gives the first thing wrong with it, if anything. */
type Reading = (live: LiveFunction) => Problem | undefined;

const breaks = (why: string): Problem => ({ outcome: "breaks", why });
const leftOut = (why: string): Problem => ({ outcome: "left out", why });

const KINDS = ["detector", "interactor", "reid", "tracker"];

/**
 * How CVAT reads a function, in its order: the first thing wrong decides, and what CVAT does not catch ends the whole list.
 * (cvat: lambda_manager/views.py, LambdaFunction; measured at 2.64.0: cvat-real-second-look.md, section 3)
 */
const READINGS: readonly Reading[] = [
  ({ metadata }) => (metadata.annotations ? undefined : breaks("It has no annotations at all.")),
  ({ metadata }) => {
    const type = metadata.annotations?.["type"];
    if (KINDS.includes(type ?? "")) return undefined;
    const is = type === undefined ? "missing" : `'${type}'`;
    return leftOut(`Its annotation type is ${is}, not one of ${KINDS.join(", ")}.`);
  },
  ({ metadata }) => readLabels(metadata.annotations?.["spec"]),
  ({ spec }) => (spec.description === undefined ? breaks("It has no description.") : undefined),
  ({ status }) => (status ? undefined : breaks("It has no status.")),
  ({ metadata }) => {
    const wrong = NUMBERS.find((key) => !WHOLE_NUMBER.test(metadata.annotations?.[key] ?? "1"));
    return wrong === undefined ? undefined : breaks(`Its annotation ${wrong} is no whole number.`);
  },
  ({ metadata }) => {
    const shapes = metadata.annotations?.["supported_shape_types"];
    return shapes?.replace(/[,\s]/g, "") === "" ? leftOut("It supports no shape type.") : undefined;
  },
];

const NUMBERS = ["min_pos_points", "min_neg_points", "version"] as const;

/** As Python's `int` reads a text. */
const WHOLE_NUMBER = /^\s*[-+]?\d+(_\d+)*\s*$/;

/** What CVAT says of a function, as the dashboard gives it. */
export function verdictOf(live: LiveFunction): Verdict {
  const project = live.metadata.labels?.[PROJECT_LABEL];
  if (project !== PROJECT)
    return { outcome: "not seen", why: `It is in project ${project ?? "(none)"}, not in ${PROJECT}.` };
  for (const reading of READINGS) {
    const problem = reading(live);
    if (problem) return problem;
  }
  return { outcome: "listed", why: consequencesOf(live).join(" ") };
}

/** What comes of a function that CVAT lists, whatever its state is, and that people therefore choose. */
function consequencesOf({ metadata: { name, annotations = {} }, status }: LiveFunction): string[] {
  const urls = [...(status?.internalInvocationUrls ?? []), ...(status?.externalInvocationUrls ?? [])];
  const works =
    urls.length === 0
      ? [`Listed, and every call fails (Invocation URL is required). Deploy it anew: function deploy ${name}`]
      : [...(status?.state === "ready" ? [] : ["Listed, though it does not run: calls fail or wait."])];
  const asTrue = SWITCHES.filter((key) => /^\s*(false|no|0)\s*$/i.test(annotations[key] ?? ""));
  return [
    ...works,
    ...asTrue.map(
      (key) => `CVAT takes any text for true, and its annotation ${key} is '${annotations[key] ?? ""}': remove it.`,
    ),
  ];
}

/** What CVAT reads with Python's `bool`, to which every text but the empty one is true. */
const SWITCHES = ["startswith_box", "startswith_box_optional"] as const;

/** What ends CVAT's whole list, if anything. */
export function listBreakers(functions: readonly LiveFunction[]): string[] {
  return functions.filter((live) => verdictOf(live).outcome === "breaks").map(({ metadata }) => metadata.name);
}

/** The labels, as CVAT goes through them. */
function readLabels(spec: string | undefined): Problem | undefined {
  const labels = parsed(spec);
  if (labels === undefined) return breaks("Its annotation spec is no JSON.");
  // Python goes through an empty map or an empty text as through an empty list.
  if (isEmpty(labels)) return undefined;
  if (!Array.isArray(labels)) return breaks("Its annotation spec is no list of labels.");
  return firstOf(labels, readLabel) ?? repeated(labels, "Its labels repeat");
}

function readLabel(label: unknown, index: number): Problem | undefined {
  if (!isMap(label)) return breaks(`Its label ${index + 1} is no map.`);
  const what = nameText("label", label, index);
  if (!("name" in label)) return breaks(`Its ${what} has no name.`);
  const attributes = readAttributes(label, what);
  if (attributes ?? label["type"] !== "skeleton") return attributes;
  const { sublabels } = label;
  if (sublabels === undefined) return breaks(`Its ${what} is a skeleton without sublabels.`);
  if (!isEmpty(sublabels)) {
    if (!Array.isArray(sublabels)) return breaks(`The sublabels of its ${what} are no list.`);
    const problem = firstOf(sublabels, readLabel) ?? repeated(sublabels, `The sublabels of its ${what} repeat`);
    if (problem) return problem;
  }
  return "svg" in label ? undefined : breaks(`Its ${what} is a skeleton without svg.`);
}

function readAttributes({ attributes = [] }: Record<string, unknown>, what: string): Problem | undefined {
  if (isEmpty(attributes)) return undefined;
  if (!Array.isArray(attributes)) return breaks(`The attributes of its ${what} are no list.`);
  const missing = firstOf(attributes, (attribute, index) => {
    const lacks = ["name", "input_type", "values"].find((key) => !isMap(attribute) || !(key in attribute));
    return lacks === undefined
      ? undefined
      : breaks(`${capital(nameText("attribute", attribute, index))} of its ${what} has no ${lacks}.`);
  });
  return missing ?? repeated(attributes, `The attributes of its ${what} repeat`);
}

function repeated(items: readonly unknown[], why: string): Problem | undefined {
  const names = items.map((item) => (isMap(item) ? item["name"] : undefined));
  // Python makes a set of the names, and a list or a map can be in none.
  if (names.some((name) => typeof name === "object" && name !== null))
    return breaks(`${why.replace(/ repeats?$/, "")} have a name that is no text.`);
  return new Set(names).size < names.length ? leftOut(`${why}.`) : undefined;
}

function firstOf(items: readonly unknown[], read: (item: unknown, index: number) => Problem | undefined) {
  for (const [index, item] of items.entries()) {
    const problem = read(item, index);
    if (problem) return problem;
  }
  return undefined;
}

function nameText(kind: string, item: unknown, index: number): string {
  const name = isMap(item) ? item["name"] : undefined;
  return typeof name === "string" ? `${kind} '${name}'` : `${kind} ${index + 1}`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const isEmpty = (value: unknown) =>
  value === "" || ((Array.isArray(value) || isMap(value)) && Object.keys(value).length === 0);

function parsed(spec: string | undefined): unknown {
  try {
    return JSON.parse(spec === undefined || spec === "" ? "[]" : spec) as unknown;
  } catch {
    return undefined;
  }
}
