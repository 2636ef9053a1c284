import { isMap } from "../../../../components/program/maps.ts";
import { Problem, type Spec } from "./function.ts";

/** Fields of a function's spec that are whole numbers to Go. (nuclio: functionconfig/types.go) */
const INTEGERS: readonly string[] = ["replicas", "minReplicas", "maxReplicas", "readinessTimeoutSeconds", "targetCPU"];

const QUANTITY = /^[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;
const QUANTITY_WORDS = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Grammar of github.com/distribution/reference, Parse. */
const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const DOMAIN_PART = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const REFERENCE = new RegExp(
  `^(?:${DOMAIN_PART}(?:\\.${DOMAIN_PART})*(?::\\d+)?/)?${COMPONENT}(?:/${COMPONENT})*(?::\\w[\\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
);

const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const LABEL_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE_WORDS =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
  "(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const LABEL_NAME_WORDS =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
  "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

const MOST_WORKERS = 100_000;

/** Refuses what Go cannot put into its structs, in its words. (encoding/json; apimachinery, resource.Quantity) */
export function checkTypes(spec: Spec): void {
  for (const field of INTEGERS) {
    const value = spec[field];
    if (value === undefined || value === null || Number.isInteger(value)) continue;
    const kind = typeof value === "number" ? `number ${value}` : typeof value;
    throw new Problem(
      400,
      `json: cannot unmarshal ${kind} into Go struct field functionInfo.spec.${field} of type int`,
    );
  }
  for (const amounts of [spec.resources?.requests, spec.resources?.limits])
    for (const amount of Object.values(amounts ?? {}))
      if (!QUANTITY.test(String(amount))) throw new Problem(400, QUANTITY_WORDS);
}

/** Refuses what the dashboard does not let through. (nuclio: abstract/platform.go ValidateFunctionConfig; apimachinery, validation) */
export function checkNames({ image, build, nodeSelector, triggers }: Spec): void {
  const images = { "Spec.Image": image, "Spec.Build.Image": build?.image, "Spec.Build.Registry": build?.registry };
  for (const [field, reference] of Object.entries(images))
    if (reference && !REFERENCE.test(reference.replace(/\/$/, ""))) throw new Problem(400, `Invalid ${field} passed`);
  for (const [name, trigger] of Object.entries(triggers ?? {}))
    if ((trigger.numWorkers ?? 0) > MOST_WORKERS)
      throw new Problem(
        400,
        `NumWorkers value for ${name} trigger (${trigger.numWorkers ?? 0}) exceeds the limit of ${MOST_WORKERS}`,
      );
  if (!isMap(nodeSelector)) return;
  for (const [key, value] of Object.entries(nodeSelector)) {
    if (!LABEL_VALUE.test(value)) throw new Problem(400, `Invalid value: ${value}, ${LABEL_VALUE_WORDS}`);
    if (!LABEL_NAME.test(key.split("/").at(-1) ?? ""))
      throw new Problem(400, `Invalid key: ${key}, ${LABEL_NAME_WORDS}`);
  }
}
