import { isMap } from "../../components/program/maps.ts";
import { HIDDEN } from "../engine/outputs.ts";
import type { DriftedField } from "./finding.ts";

/** Names by which people call what nobody should see. */
const SECRET = /pass(word|wd|phrase)?|secret|token|credential|private.?key|(api|access|auth).?key|\bkey\b/i;
/** A whole object as `kubectl apply` keeps it, of a Secret too. */
const AS_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** A field without what a person typed into a plain place and nobody should see: no stack knows that text, so it is told by its name. */
export function withoutTyped(field: DriftedField): DriftedField {
  const last = field.parts.at(-1);
  const isHidden = last === AS_APPLIED || (typeof last === "string" && SECRET.test(last));
  const hide = (value: unknown) => (isHidden && value !== undefined ? HIDDEN : hiddenIn(value, field));
  return {
    ...field,
    // An item of a list is all that it holds, other fields of it too.
    parts: field.parts.map((part) => (typeof part === "string" ? part : { ...part, value: {} })),
    ...("before" in field && { before: hide(field.before) }),
    ...("after" in field && { after: hide(field.after) }),
  };
}

/** A variable of a container comes and goes as one, or with all of them, and may be changed in its value alone. */
function hiddenIn(value: unknown, field: DriftedField): unknown {
  const { parts } = field;
  if (Array.isArray(value)) return value.map((item) => hiddenIn(item, field));
  const item = parts.findLast((part) => typeof part !== "string");
  const isSecretItem = item !== undefined && SECRET.test(item.label);
  if (isMap(value)) {
    const isSecret = isSecretItem || (typeof value["name"] === "string" && SECRET.test(value["name"]));
    return isSecret && typeof value["value"] === "string" ? { ...value, value: HIDDEN } : value;
  }
  return isSecretItem && parts.at(-1) === "value" && typeof value === "string" ? HIDDEN : value;
}
