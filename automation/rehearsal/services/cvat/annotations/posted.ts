import { refuse } from "../answers.ts";
import type { Store, StoredLabel } from "../store.ts";
import type { Annotations, Points, Shape, Tag, Track, TrackedShape, Value } from "./model.ts";

type Json = Record<string, unknown>;

const TYPES = ["rectangle", "polygon", "polyline", "points", "ellipse", "cuboid", "mask", "skeleton"];

/**
 * Annotations as a body has them, with ids; their job is not known yet. Labels and attributes must be the task's.
 * (dataset_manager/task.py, JobAnnotation; engine/serializers.py, LabeledDataSerializer)
 */
export function posted(store: Store, labels: readonly StoredLabel[], body: Json): Annotations {
  const list = (kind: string) => {
    const given = body[kind] ?? [];
    if (!Array.isArray(given))
      throw refuse(400, { [kind]: [`Expected a list of items but got type "${typeof given}".`] });
    return given as Json[];
  };
  const common = (kind: string, given: Json) => {
    for (const field of ["frame", "label_id"])
      if (!Number.isInteger(given[field])) throw fieldProblem(kind, field, given[field]);
    if (Number(given["frame"]) < 0)
      throw refuse(400, { [kind]: [{ frame: ["Ensure this value is greater than or equal to 0."] }] });
    const label = labels.find(({ id }) => id === given["label_id"]);
    if (!label) throw refuse(400, [`label_id \`${String(given["label_id"])}\` is invalid`]);
    return {
      ...{ id: store.next(kind), job: 0, frame: Number(given["frame"]), label_id: label.id },
      ...{ group: (given["group"] ?? null) as number | null, source: (given["source"] ?? "manual") as string },
      attributes: values(label, given["attributes"]),
    };
  };
  const tag = (given: Json): Tag => common("tags", given);
  const shape = (given: Json): Shape => ({
    ...common("shapes", given),
    ...pointsOf("shapes", given),
    score: Number(given["score"] ?? 1),
    elements: ((given["elements"] ?? []) as Json[]).map(shape),
  });
  const track = (given: Json): Track => {
    const label = labels.find(({ id }) => id === given["label_id"]);
    const tracked = (one: Json): TrackedShape => ({
      ...{ id: store.next("tracked"), frame: Number(one["frame"]), ...pointsOf("tracks", one) },
      attributes: label ? values(label, one["attributes"]) : [],
    });
    return {
      ...common("tracks", given),
      shapes: ((given["shapes"] ?? []) as Json[]).map(tracked),
      elements: ((given["elements"] ?? []) as Json[]).map(track),
    };
  };
  return { tags: list("tags").map(tag), shapes: list("shapes").map(shape), tracks: list("tracks").map(track) };
}

const fieldProblem = (kind: string, field: string, value: unknown) =>
  refuse(400, {
    [kind]: [{ [field]: [value === undefined ? "This field is required." : "A valid integer is required."] }],
  });

function pointsOf(kind: string, given: Json): Points {
  const type = given["type"];
  if (typeof type !== "string" || !TYPES.includes(type))
    throw refuse(400, {
      [kind]: [
        { type: [type === undefined ? "This field is required." : `"${JSON.stringify(type)}" is not a valid choice.`] },
      ],
    });
  return {
    type,
    occluded: given["occluded"] === true,
    outside: given["outside"] === true,
    z_order: Number(given["z_order"] ?? 0),
    rotation: Number(given["rotation"] ?? 0),
    points: (given["points"] ?? []) as number[],
  };
}

function values({ attributes }: StoredLabel, given: unknown): Value[] {
  return ((given ?? []) as Value[]).map(({ spec_id, value }) => {
    if (!attributes.some(({ id }) => id === spec_id)) throw refuse(400, [`spec_id \`${spec_id}\` is invalid`]);
    return { spec_id, value };
  });
}
