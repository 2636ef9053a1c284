import type { Label } from "../client/types.ts";
import type { LabelChange } from "./compare.ts";
import { wantedAttribute } from "./label-form.ts";
import type { AttributeConfig, LabelConfig } from "./project-config.ts";
import { skeletonSvg } from "./skeleton.ts";

/** Labels of a new project as CVAT takes them. */
export const newLabels = (labels: readonly LabelConfig[]) => labels.map(newLabel);

function newLabel(label: LabelConfig) {
  const { name, type, color, attributes, points } = label;
  return {
    ...{ name, type, attributes: attributes.map((one) => attributeBody(one)) },
    ...(color !== undefined && { color }),
    ...(type === "skeleton" && {
      svg: skeletonSvg(label),
      sublabels: points.map((point) => ({
        ...{ name: point.name, type: "points", attributes: [] },
        ...(point.color !== undefined && { color: point.color }),
      })),
    }),
  };
}

/**
 * Changes as CVAT takes them, in one call that does all of them or none: what is removed first, so that its name is free. A colour is sent
 * always: a label that is changed without one gets another. (cvat-rest-measured.md 4.3)
 */
export function changedLabels(changes: readonly LabelChange[]): Record<string, unknown>[] {
  return changes.map((change) => {
    if (change.kind === "add") return newLabel(change.wanted);
    if (change.kind === "remove") return { id: change.live.id, deleted: true };
    const { live, wanted } = change;
    return {
      ...{ id: live.id, name: wanted.name, color: wanted.color ?? live.color },
      ...(wanted.type !== "skeleton" && { type: wanted.type }),
      attributes: wanted.attributes.map((one) => attributeBody(one, live)),
    };
  });
}

function attributeBody(attribute: AttributeConfig, live?: Label) {
  const { name, was } = attribute;
  const { input, values, default: chosen, mutable } = wantedAttribute(attribute);
  const id = (live?.attributes.find((one) => one.name === name) ?? live?.attributes.find((one) => one.name === was))
    ?.id;
  return { ...(id !== undefined && { id }), name, input_type: input, values, default_value: chosen, mutable };
}
