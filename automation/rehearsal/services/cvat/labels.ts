import { createHash } from "node:crypto";
import { detail, json, nothing, refuse } from "./answers.ts";
import { byId, filtered, FORBIDDEN, mayTouch, page, type Asked, type Route } from "./asked.ts";
import { touch } from "./dates.ts";
import { stripped } from "./django.ts";
import { labelsOf, taskOf } from "./owned.ts";
import type { StoredAttribute, StoredLabel } from "./store.ts";

const TYPES = ["any", "rectangle", "polygon", "mask", "tag", "skeleton", "ellipse", "points", "polyline", "cuboid"];
const INPUTS = ["checkbox", "radio", "number", "text", "select"];
const NOT_UNIQUE = "All label names must be unique";
const LONGEST_NAME = 64;

/** A label as a body has it. */
export interface Given {
  id?: number;
  name?: string;
  type?: string;
  color?: string;
  deleted?: boolean;
  attributes?: readonly Partial<StoredAttribute>[];
  sublabels?: readonly Given[];
  svg?: string;
}

type Kept = Pick<Asked, "store" | "state">;
type Owner = Pick<StoredLabel, "project_id" | "task_id">;

export const LABEL_ROUTES: readonly Route[] = [
  {
    path: /^labels$/,
    methods: {
      GET: (asked) => {
        const found = filtered(asked, wanted(asked), { project_id: (one) => one.project_id, name: (one) => one.name });
        return page(asked, "labels", found, (_, label) => shownLabel(asked, label));
      },
    },
  },
  {
    path: /^labels\/(\d+)$/,
    methods: {
      GET: (asked) => json(200, shownLabel(asked, one(asked))),
      PATCH: (asked) => {
        const label = one(asked);
        if (label.parent_id !== null) throw refuse(400, ["Sublabels cannot be modified this way."]);
        changeLabel(asked, label, asked.body);
        touchOwners(asked, label);
        return json(200, shownLabel(asked, label));
      },
      DELETE: (asked) => {
        const label = one(asked);
        if (label.parent_id !== null) throw refuse(400, ["Sublabels cannot be deleted this way."]);
        remove(asked, label);
        touchOwners(asked, label);
        return nothing(204);
      },
    },
  },
];

/** Labels asked for by project, by task (its project's, where it has one) or by job; without any all. */
function wanted(asked: Asked): StoredLabel[] {
  const { state, query } = asked;
  const job = state.jobs.find(({ id }) => String(id) === query.get("job_id"));
  const id = job ? String(taskOf(asked, job).id) : query.get("task_id");
  const task = state.tasks.find((one) => String(one.id) === id);
  const labels = task ? labelsOf(asked, task) : id === null ? state.labels : [];
  return labels.filter(({ parent_id }) => parent_id === null);
}

/** (engine/views.py, LabelViewSet) */
function touchOwners({ state }: Asked, { project_id, task_id }: StoredLabel): void {
  for (const one of [
    ...state.projects.filter(({ id }) => id === project_id),
    ...state.tasks.filter(({ id }) => id === task_id),
  ])
    touch(one);
}

function one(asked: Asked): StoredLabel {
  const label = byId(asked, asked.state.labels, "Label");
  const { projects, tasks } = asked.state;
  const owner = [
    ...projects.filter(({ id }) => id === label.project_id),
    ...tasks.filter(({ id }) => id === label.task_id),
  ];
  if (!owner.some((record) => mayTouch(asked, record, "maintainer"))) throw detail(403, FORBIDDEN);
  return label;
}

/** The labels of a new project or task. (4.1, 4.2) */
export function labelsIn(asked: Asked, given: unknown, owner: Owner): StoredLabel[] {
  const labels = (given ?? []) as Given[];
  check(labels);
  return labelsAsGiven(asked, labels, owner);
}

/** The same, nothing asked of them. */
export const labelsAsGiven = (kept: Kept, given: readonly Given[], owner: Owner): StoredLabel[] =>
  given.flatMap((label) => made(kept, label, owner, null));

/**
 * What a change does to labels: one with an id is renamed, coloured or taken away, one without is added, and what is not named stays.
 * (4.3; cvat-real-third-look.md, 6)
 */
export function patchLabels(asked: Asked, given: unknown, owner: Owner): void {
  const { state } = asked;
  const labels = (given ?? []) as Given[];
  const own = state.labels.filter(
    (label) => label.project_id === owner.project_id && label.task_id === owner.task_id && label.parent_id === null,
  );
  const unknown = labels.find(({ id }) => id !== undefined && !own.some((label) => label.id === id));
  if (unknown) throw refuse(404, { detail: `Not found label with id #${unknown.id ?? 0} to change` });
  if (labels.some(({ id, deleted }) => deleted && id === undefined))
    throw refuse(400, { labels: [{ non_field_errors: ["Deleted label must have an ID"] }] });
  const kept = own.filter(({ id }) => !labels.some((label) => label.id === id));
  const after = labels.filter(({ deleted }) => !deleted);
  check([...kept, ...after.map((label) => ({ ...own.find(({ id }) => id === label.id), ...label }))]);
  for (const label of labels) {
    const stored = own.find(({ id }) => id === label.id);
    if (!stored) state.labels.push(...made(asked, label, owner, null));
    else if (label.deleted) remove(asked, stored);
    else changeLabel(asked, stored, label);
  }
}

/**
 * A label is renamed with another colour unless the old one is sent along. (4.3) The type of a skeleton, and to one, stays in silence.
 * (engine/serializers.py: LabelSerializer.update_label)
 */
function changeLabel(asked: Asked, label: StoredLabel, { name, color, attributes, type }: Given): void {
  const others = asked.state.labels.filter(
    (one) => one !== label && one.project_id === label.project_id && one.task_id === label.task_id,
  );
  if (name !== undefined) {
    if (others.some((one) => one.name === name && one.parent_id === label.parent_id)) throw refuse(400, [NOT_UNIQUE]);
    label.name = stripped(name) || label.name;
  }
  if (type !== undefined && type !== "skeleton" && label.type !== "skeleton") label.type = type;
  label.color = color || colorFor(label.name, others);
  for (const attribute of attributes ?? []) {
    const stored = label.attributes.find((one) => one.id === attribute.id || one.name === attribute.name);
    if (stored) Object.assign(stored, attribute, { id: stored.id, values: asLines(attribute.values ?? stored.values) });
    else label.attributes.push(attributeOf(asked, attribute));
  }
}

/** Its annotations go with it. */
function remove({ state }: Asked, { id }: StoredLabel): void {
  state.labels = state.labels.filter((label) => label.id !== id && label.parent_id !== id);
}

function made(asked: Kept, given: Given, owner: Owner, parent_id: number | null): StoredLabel[] {
  const { store, state } = asked;
  const { type = "any", color, attributes = [], sublabels = [], svg } = given;
  const name = stripped(given.name ?? "");
  const label: StoredLabel = {
    id: store.next("labels"),
    ...{ name, type, parent_id, ...owner },
    color: color || colorFor(name, state.labels),
    attributes: attributes.map((attribute) => attributeOf(asked, attribute)),
  };
  const points = sublabels.flatMap((one) => made(asked, { type: "points", ...one }, owner, label.id));
  // Points are named in what is sent, and numbered in what is kept.
  if (svg !== undefined)
    label.svg = points.reduce(
      (text, point) => text.replaceAll(`data-label-name="${point.name}"`, `data-label-id="${point.id}"`),
      svg,
    );
  return [label, ...points];
}

function attributeOf({ store }: Kept, given: Partial<StoredAttribute>): StoredAttribute {
  const { name = "", mutable = false, input_type = "text", default_value = "", values = [] } = given;
  return { id: store.next("attributes"), name, mutable, input_type, default_value, values: asLines(values) };
}

/** Values are kept as the lines of one text: none at all come back as one that is empty. (engine/serializers.py, AttributeSerializer; measured) */
const asLines = (values: readonly string[]): string[] => values.join("\n").split("\n");

/** By the name, and another than those that are there. */
function colorFor(name: string, others: readonly StoredLabel[]): string {
  for (let turn = 0; ; turn++) {
    const color = `#${createHash("sha1").update(`${name}${turn}`).digest("hex").slice(0, 6)}`;
    if (!others.some((one) => one.color === color)) return color;
  }
}

function check(labels: readonly Given[]): void {
  for (const { name, type = "any", attributes = [], sublabels = [] } of labels) {
    const wrong = (field: string, problem: string) => refuse(400, { labels: [{ [field]: [problem] }] });
    if (name === undefined) throw wrong("non_field_errors", "Label name is required");
    if (name.length > LONGEST_NAME)
      throw wrong("name", `Ensure this field has no more than ${LONGEST_NAME} characters.`);
    if (!TYPES.includes(type)) throw wrong("type", `"${type}" is not a valid choice.`);
    const repeated = attributes.find((one, at) => attributes.findIndex((other) => other.name === one.name) < at);
    if (repeated) throw refuse(400, [`Duplicate attribute with name '${repeated.name ?? ""}' exists`]);
    for (const { name: attribute, input_type } of attributes) {
      if (attribute === undefined)
        throw refuse(400, { labels: [{ attributes: [{ name: ["This field is required."] }] }] });
      if (!INPUTS.includes(input_type ?? ""))
        throw refuse(400, {
          labels: [
            {
              attributes: [
                {
                  input_type: [
                    input_type === undefined ? "This field is required." : `"${input_type}" is not a valid choice.`,
                  ],
                },
              ],
            },
          ],
        });
    }
    check(sublabels);
  }
  if (new Set(labels.map(({ name }) => name)).size < labels.length) throw refuse(400, [NOT_UNIQUE]);
}

export function shownLabel(asked: Asked, label: StoredLabel): Record<string, unknown> {
  const { id, name, color, type, attributes, project_id, task_id, parent_id, svg } = label;
  const points = asked.state.labels.filter((one) => one.parent_id === id);
  return {
    ...{ id, name, color, type, attributes },
    sublabels: points.map((point) => shownLabel(asked, point)),
    ...(type === "skeleton" && { svg: svg ?? "" }),
    ...{ has_parent: parent_id !== null, parent_id },
    ...(project_id === null ? { task_id } : { project_id }),
  };
}
