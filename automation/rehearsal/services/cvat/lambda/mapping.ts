import { refuse, type Refusal } from "../answers.ts";
import type { StoredLabel } from "../store.ts";

/** A label of a model. */
export interface ModelLabel {
  name: string;
  type: string;
  attributes: readonly { name: string }[];
  sublabels?: readonly ModelLabel[];
}

/** Which label of the task a model's label becomes, and which attributes. */
export interface Mapped {
  label: StoredLabel;
  attributes: ReadonlyMap<string, number>;
}
export type Mapping = ReadonlyMap<string, Mapped>;

const invalid = (text: string): Refusal => refuse(400, [`Invalid mapping. ${text}`]);
const MASKS = ["mask", "polygon"];

function areCompatible(model: string, label: string): boolean {
  if (model === label || (MASKS.includes(model) && MASKS.includes(label))) return true;
  return (label === "any" && model !== "skeleton") || (model === "any" && label !== "skeleton");
}

/**
 * What a call's mapping comes to; without one, labels of equal names with their attributes of equal names.
 * (cvat-real-third-look.md, 7.2; lambda_manager/views.py, LambdaFunction.invoke)
 */
export function mappingOf(given: unknown, model: readonly ModelLabel[], labels: readonly StoredLabel[]): Mapping {
  const wanted = (given ?? {}) as Record<string, { name: string; attributes?: Record<string, string> }>;
  if (Object.keys(wanted).length === 0) return byName(model, labels);
  return new Map(
    Object.entries(wanted).map(([name, { name: own, attributes = {} }]) => {
      const from = model.find((one) => one.name === name);
      if (!from) throw invalid(`Unknown model label "${name}"`);
      const label = labels.find((one) => one.name === own);
      if (!label) throw invalid(`Unknown db label "${own}"`);
      if (!areCompatible(from.type, label.type))
        throw invalid(`Model label "${name}" and database label "${own}" are not compatible`);
      const pairs = Object.entries(attributes).map(([theirs, ours]) => {
        if (!from.attributes.some((one) => one.name === theirs)) throw invalid(`Unknown model attribute "${theirs}"`);
        const attribute = label.attributes.find((one) => one.name === ours);
        if (!attribute) throw invalid(`Unknown db attribute "${ours}"`);
        return [theirs, attribute.id] as const;
      });
      return [name, { label, attributes: new Map(pairs) }];
    }),
  );
}

function byName(model: readonly ModelLabel[], labels: readonly StoredLabel[]): Mapping {
  return new Map(
    model.flatMap(({ name, type, attributes }) => {
      const label = labels.find((one) => one.name === name && areCompatible(type, one.type));
      if (!label) return [];
      const pairs = attributes.flatMap((one) => {
        const own = label.attributes.find((attribute) => attribute.name === one.name);
        return own ? [[one.name, own.id] as const] : [];
      });
      return [[name, { label, attributes: new Map(pairs) }] as const];
    }),
  );
}

/** Whether a shape of this type may have the label. */
export const fits = (type: string, label: StoredLabel): boolean =>
  type === "tag" ? ["any", "tag"].includes(label.type) : areCompatible(type, label.type);
