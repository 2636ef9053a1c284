import type { Label, LabelAttribute } from "../client/types.ts";
import type { AttributeConfig, LabelConfig } from "./project-config.ts";

/** An attribute in the one form by which what is wanted and what is there are compared. */
export interface AttributeForm {
  input: string;
  values: string[];
  default: string;
  mutable: boolean;
}

/** A label in that form. */
export interface LabelForm {
  type: string;
  /** Undefined where the wish leaves it to CVAT. */
  color: string | undefined;
  attributes: Record<string, AttributeForm>;
  /** Names of a skeleton's points, sorted. Where they stand in its drawing is not compared. */
  points: string[];
}

export function wantedForm({ type, color, attributes, points }: LabelConfig): LabelForm {
  return {
    type,
    color,
    attributes: Object.fromEntries(attributes.map((one) => [one.name, wantedAttribute(one)])),
    points: points.map(({ name }) => name).sort(),
  };
}

/** What CVAT keeps of an attribute: a box has its default among the values, and a text too. */
export function wantedAttribute({ input, values, default: chosen, mutable }: AttributeConfig): AttributeForm {
  const first = chosen ?? (input === "checkbox" ? "false" : (values[0] ?? ""));
  const own = input === "checkbox" || input === "text" ? [first].filter((text) => text !== "") : values;
  return { input, values: own, default: first, mutable };
}

export function liveForm({ type, color, attributes, sublabels }: Label): LabelForm {
  return {
    type,
    color: color.toLowerCase(),
    attributes: Object.fromEntries(attributes.map((one) => [one.name, liveAttribute(one)])),
    points: sublabels.map(({ name }) => name).sort(),
  };
}

/** An attribute without values comes back with an empty one. (cvat/apps/engine/serializers.py: AttributeSerializer.to_representation) */
function liveAttribute({ input_type, values, default_value, mutable }: LabelAttribute): AttributeForm {
  return { input: input_type, values: values.filter((text) => text !== ""), default: default_value, mutable };
}
