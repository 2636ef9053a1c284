import { billionths } from "../schema/quantity.ts";
import { isMap } from "../program/maps.ts";
import { ASKED_BY_NUCLIO } from "./names.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * The fields of a function's spec that Nuclio or the API server gives back in other words, in one form. Two specs that mean the same are
 * the same in it; it is for comparing and nothing else. (nuclio-real.md, F15)
 */
export function inOneForm(spec: Fields): Record<string, unknown> {
  const { runtime, resources, tolerations } = spec;
  const given = isMap(resources) ? resources : {};
  return {
    ...spec,
    // The version left out is 3.9. (nuclio: abstract/platform.go, EnrichFunctionConfig)
    ...(runtime === "python" && { runtime: "python:3.9" }),
    resources: {
      requests: amounts({ ...ASKED_BY_NUCLIO, ...withoutZeros(given["requests"]) }),
      limits: amounts(isMap(given["limits"]) ? given["limits"] : {}),
    },
    ...(Array.isArray(tolerations) && { tolerations: tolerations.map(toleration) }),
  };
}

/** Quantities as Kubernetes compares them: `.5Gi` comes back as `512Mi`. */
function amounts(map: Fields): Fields {
  return Object.fromEntries(Object.entries(map).map(([name, amount]) => [name, exact(amount)]));
}

function exact(amount: unknown): unknown {
  const text = typeof amount === "number" ? String(amount) : amount;
  return typeof text === "string" ? (billionths(text)?.toString() ?? text) : text;
}

function withoutZeros(requests: unknown): Fields {
  if (!isMap(requests)) return {};
  return Object.fromEntries(
    Object.entries(requests).filter(([name, amount]) => !(name in ASKED_BY_NUCLIO && exact(amount) === "0")),
  );
}

/** Go leaves out an empty text, and no operator means Equal. (k8s.io/api/core/v1, Toleration) */
function toleration(one: unknown): unknown {
  if (!isMap(one)) return one;
  return { operator: "Equal", ...Object.fromEntries(Object.entries(one).filter(([, value]) => value !== "")) };
}
