import { Refusal } from "../answers.ts";
import { ownOf, shownAnnotations } from "../annotations/change.ts";
import { KINDS, those, type Annotations } from "../annotations/model.ts";
import { posted } from "../annotations/posted.ts";
import { labelsOf } from "../owned.ts";
import type { State, Store, StoredJob, StoredLabel, StoredTask } from "../store.ts";
import { Failure } from "../workers.ts";

type Json = Record<string, unknown>;

/** What a backup keeps of an annotation. (_prepare_annotations in engine/backup.py) */
const FIELDS = [
  ...["type", "occluded", "outside", "z_order", "rotation", "points", "frame", "group", "source"],
  ...["attributes", "score", "shapes", "elements", "label"],
];

/** A job's annotations as a backup has them: labels and attributes by name. */
export function namedAnnotations(kept: { state: State; store: Store }, task: StoredTask, job: StoredJob): Json {
  const labels = labelsOf(kept, task);
  const attributes = new Map(labels.flatMap((label) => label.attributes.map(({ id, name }) => [id, name] as const)));
  const named = (one: Json): Json => {
    const label = labels.find(({ id }) => id === one["label_id"])?.name;
    const values = one["attributes"] as { spec_id: number; value: string }[];
    const all: Json = {
      ...one,
      ...(label !== undefined && { label }),
      attributes: values.map(({ spec_id, value }) => ({ value, name: attributes.get(spec_id) })),
    };
    for (const parts of ["shapes", "elements"]) if (all[parts]) all[parts] = (all[parts] as Json[]).map(named);
    return Object.fromEntries(FIELDS.filter((field) => all[field] !== undefined).map((field) => [field, all[field]]));
  };
  const shown = shownAnnotations(kept, { task, job }, ownOf(kept, { task, job }));
  return { version: 0, tags: shown.tags.map(named), shapes: shown.shapes.map(named), tracks: shown.tracks.map(named) };
}

/**
 * The same back again, as those of a job; what lies on none of its frames is dropped.
 * @throws Failure in Python's words for a label or an attribute that is not there
 */
export function numberedAnnotations(
  store: Store,
  labels: readonly StoredLabel[],
  job: StoredJob,
  given: Json,
): Annotations {
  const numbered = (one: Json, parent?: StoredLabel): Json => {
    const name = String(one["label"]);
    const label = labels.find((other) => other.name === name && other.parent_id === (parent?.id ?? null));
    if (!label) throw new Failure(`KeyError: '${parent?.name ?? ""}${name}'`);
    const values = (given: Json) =>
      ((given["attributes"] ?? []) as { name: string; value: string }[]).map(({ name, value }) => {
        const spec = label.attributes.find((attribute) => attribute.name === name);
        if (!spec) throw new Failure(`KeyError: '${name}'`);
        return { spec_id: spec.id, value };
      });
    const parts = (kind: string, part: (one: Json) => Json): Json =>
      one[kind] === undefined ? {} : { [kind]: (one[kind] as Json[]).map(part) };
    return {
      ...one,
      label_id: label.id,
      attributes: values(one),
      ...parts("shapes", (shape) => ({ ...shape, attributes: values(shape) })),
      ...parts("elements", (element) => numbered(element, label)),
    };
  };
  const body = Object.fromEntries(
    KINDS.map((kind) => [kind, ((given[kind] ?? []) as Json[]).map((one) => numbered(one))]),
  );
  const inJob = ({ frame }: { frame: number }) => job.start_frame <= frame && frame <= job.stop_frame;
  const own = those(postedOrFailure(store, labels, body), (one) => inJob(one));
  const ofJob = <T extends { job: number }>(list: readonly T[]) => list.map((one) => ({ ...one, job: job.id }));
  return { tags: ofJob(own.tags), shapes: ofJob(own.shapes), tracks: ofJob(own.tracks) };
}

function postedOrFailure(store: Store, labels: readonly StoredLabel[], body: Json): Annotations {
  try {
    return posted(store, labels, body);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Failure(`rest_framework.exceptions.ValidationError: ${String(error.answer.text)}`);
  }
}
