import type { LiveFunction } from "../../components/nuclio/client/types.ts";
import { PROJECT, PROJECT_LABEL } from "../../components/nuclio/names.ts";

/** What CVAT makes of one function in its list of models. */
export interface Verdict {
  /** `breaks`: the whole list is an error 500. `left out`: it is missing from the list. `not seen`: it belongs to another project. */
  outcome: "listed" | "breaks" | "left out" | "not seen";
  /** Why, as a sentence; and what comes of its state, which CVAT does not look at. */
  why: string;
}

/** A rule of CVAT's: gives what is wrong, if anything. */
interface Rule {
  outcome: "breaks" | "left out";
  problem: (live: LiveFunction) => string | undefined;
}

const KINDS = ["detector", "interactor", "reid", "tracker"];

/**
 * How CVAT reads a function, in its order: what it does not catch ends the whole list. (cvat: lambda_manager/views.py, LambdaFunction, read at
 * November 2025 and measured at 2.64.0: cvat-rest-measured.md, section 9)
 */
const RULES: readonly Rule[] = [
  {
    outcome: "breaks",
    problem: ({ metadata }) => (metadata.annotations ? undefined : "It has no annotations at all."),
  },
  {
    outcome: "left out",
    problem: ({ metadata }) => {
      const type = metadata.annotations?.["type"];
      return KINDS.includes(type ?? "")
        ? undefined
        : `Its annotation type is ${type === undefined ? "missing" : `'${type}'`}, not one of ${KINDS.join(", ")}.`;
    },
  },
  { outcome: "breaks", problem: ({ metadata }) => labelProblem(metadata.annotations?.["spec"]) },
  {
    outcome: "left out",
    problem: ({ metadata }) =>
      hasRepeats(labelNames(metadata.annotations?.["spec"])) ? "Its labels repeat." : undefined,
  },
  {
    outcome: "breaks",
    problem: ({ spec }) => (spec.description === undefined ? "It has no description." : undefined),
  },
  {
    outcome: "breaks",
    problem: ({ metadata }) => {
      const numbers = ["min_pos_points", "min_neg_points", "version"] as const;
      const wrong = numbers.find((key) => !/^\s*[-+]?\d+\s*$/.test(metadata.annotations?.[key] ?? "1"));
      return wrong === undefined ? undefined : `Its annotation ${wrong} is no whole number.`;
    },
  },
  {
    outcome: "left out",
    problem: ({ metadata }) => {
      const shapes = metadata.annotations?.["supported_shape_types"];
      return shapes !== undefined && shapes.replace(/[,\s]/g, "") === "" ? "It supports no shape type." : undefined;
    },
  },
];

/** What CVAT says of a function, as the dashboard gives it. */
export function verdictOf(live: LiveFunction): Verdict {
  const project = live.metadata.labels?.[PROJECT_LABEL];
  if (project !== PROJECT)
    return { outcome: "not seen", why: `It is in project ${project ?? "(none)"}, not in ${PROJECT}.` };
  for (const { outcome, problem } of RULES) {
    const why = problem(live);
    if (why !== undefined) return { outcome, why };
  }
  return { outcome: "listed", why: consequenceOf(live) };
}

/** CVAT lists a function whatever its state is, and so people choose it. */
function consequenceOf({ metadata: { name }, status }: LiveFunction): string {
  const urls = [...(status.internalInvocationUrls ?? []), ...(status.externalInvocationUrls ?? [])];
  if (urls.length === 0) {
    return `Listed, and every call fails (Invocation URL is required). Deploy it anew: function deploy ${name}`;
  }
  return status.state === "ready" ? "" : "Listed, though it does not run: calls fail or wait.";
}

/** What ends CVAT's whole list, if anything. */
export function listBreakers(functions: readonly LiveFunction[]): string[] {
  return functions.filter((live) => verdictOf(live).outcome === "breaks").map(({ metadata }) => metadata.name);
}

function labelProblem(spec: string | undefined): string | undefined {
  const labels = parsed(spec);
  if (labels === undefined) return "Its annotation spec is no JSON.";
  if (!Array.isArray(labels)) return "Its annotation spec is no list of labels.";
  const broken = labels.some((label) => typeof (label as { name?: unknown } | null)?.name !== "string");
  return broken ? "A label in its annotation spec has no name." : undefined;
}

function labelNames(spec: string | undefined): unknown[] {
  const labels = parsed(spec);
  return Array.isArray(labels) ? labels.map((label) => (label as { name?: unknown } | null)?.name) : [];
}

function parsed(spec: string | undefined): unknown {
  try {
    return JSON.parse(spec === undefined || spec === "" ? "[]" : spec) as unknown;
  } catch {
    return undefined;
  }
}

const hasRepeats = (names: readonly unknown[]) => new Set(names).size < names.length;
