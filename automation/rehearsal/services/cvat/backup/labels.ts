import type { Given } from "../labels.ts";
import type { StoredAttribute, StoredLabel } from "../store.ts";

/** Labels as a backup has them: by name, without numbers. (_prepare_label_meta in engine/backup.py) */
export function namedLabels(labels: readonly StoredLabel[]): Given[] {
  const whole = labels.filter(({ parent_id }) => parent_id === null);
  return whole.map((label) => {
    const points = labels.filter(({ parent_id }) => parent_id === label.id);
    return {
      ...named(label),
      sublabels: points.map(named),
      ...(label.type === "skeleton" && { svg: drawing(label.svg ?? "", points) }),
    };
  });
}

const named = ({ name, color, attributes, type }: StoredLabel): Given => ({
  ...{ name, color },
  attributes: attributes.map(({ name, mutable, input_type, default_value, values }): Omit<StoredAttribute, "id"> => ({
    ...{ name, mutable, input_type, default_value, values },
  })),
  type,
});

/** Its points are numbered in what is kept, and named in a backup. */
const drawing = (svg: string, points: readonly StoredLabel[]): string =>
  points.reduce((text, { id, name }) => text.replaceAll(`data-label-id="${id}"`, `data-label-name="${name}"`), svg);
