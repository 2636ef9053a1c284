import { escaped, quoted } from "../../xml.ts";
import type { StoredLabel, StoredUser } from "../../store.ts";
import { interpolated, type Placed } from "../interpolate.ts";
import type { Shape, Tag, Track, Value } from "../model.ts";
import { absolute, byFrame, frameStep, type Exported, type ExportedTask } from "./source.ts";

/** `{ name: text }`, or a list of such with one name again and again. */
type Pairs = readonly (readonly [name: string, value: string | Pairs])[];
type Attributes = Readonly<Record<string, string>>;

/** Lines of XML, each deeper by two blanks. */
class Writer {
  readonly #lines: string[] = ['<?xml version="1.0" encoding="utf-8"?>', "<annotations>", "  <version>1.1</version>"];
  #level = 1;

  pairs(pairs: Pairs): void {
    for (const [name, value] of pairs) {
      if (typeof value === "string") this.#line(`<${name}>${escaped(value)}</${name}>`);
      else this.inside(name, {}, () => this.pairs(value));
    }
  }

  inside(name: string, attributes: Attributes, content: () => void): void {
    this.#line(`<${name}${attributesText(attributes)}>`);
    this.#level += 1;
    content();
    this.#level -= 1;
    this.#line(`</${name}>`);
  }

  text(name: string, attributes: Attributes, text: string): void {
    this.#line(`<${name}${attributesText(attributes)}>${escaped(text)}</${name}>`);
  }

  toString(): string {
    return `${this.#lines.join("\n")}\n</annotations>\n`;
  }

  #line(text: string): void {
    this.#lines.push(`${"  ".repeat(this.#level)}${text}`);
  }
}

const attributesText = (attributes: Attributes): string =>
  Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${quoted(value)}"`)
    .join("");

/** `CVAT for images 1.1`. (cvat-real-third-look.md, 5.2; dataset_manager/formats/cvat.py, dump_as_cvat_annotation) */
export function imagesXml(exported: Exported): string {
  const writer = new Writer();
  writer.inside("meta", {}, () => writer.pairs(metaOf(exported)));
  for (const one of exported.tasks) {
    const found = byFrame(one);
    const labels = new Map(one.labels.map((label) => [label.id, label]));
    for (const { name, width, height, number } of one.frames) {
      const own: Attributes = exported.project ? { subset: one.subset, task_id: String(one.task.id) } : {};
      const size = { width: String(width), height: String(height) };
      writer.inside("image", { id: String(absolute(one.task, number)), name, ...own, ...size }, () => {
        for (const shape of found.get(number)?.shapes ?? []) writeShape(writer, shape, labels);
        for (const tag of found.get(number)?.tags ?? []) writeTag(writer, tag, labels);
      });
    }
  }
  return writer.toString();
}

/** `CVAT for video 1.1`: every shape is a track. (dump_as_cvat_interpolation) */
export function videoXml(exported: Exported): string {
  const writer = new Writer();
  writer.inside("meta", {}, () => writer.pairs(metaOf(exported)));
  let id = 0;
  for (const one of exported.tasks) {
    const labels = new Map(one.labels.map((label) => [label.id, label]));
    const own: Attributes = exported.project ? { task_id: String(one.task.id), subset: one.subset } : {};
    const size = one.task.data?.size ?? 0;
    for (const track of one.annotations.tracks)
      writeTrack(writer, id++, one, { ...track, placed: interpolated(track, size) }, labels, own);
    for (const shape of one.annotations.shapes) {
      const step = frameStep(one.task.data?.frame_filter ?? "");
      const placed: Placed[] = [{ ...shape, keyframe: true, outside: false }];
      // It ends on the next frame, unless that is the last.
      if (shape.frame + step < (one.task.data?.stop_frame ?? 0))
        placed.push({ ...shape, keyframe: true, outside: true, frame: shape.frame + 1 });
      writeTrack(writer, id++, one, { ...shape, placed }, labels, own);
    }
  }
  return writer.toString();
}

type Labels = ReadonlyMap<number, StoredLabel>;

function writeTrack(
  writer: Writer,
  id: number,
  { task }: ExportedTask,
  track: Pick<Track, "label_id" | "source" | "group" | "attributes"> & { placed: readonly Placed[] },
  labels: Labels,
  own: Attributes,
): void {
  const label = labels.get(track.label_id);
  const group: Attributes = track.group ? { group_id: String(track.group) } : {};
  writer.inside("track", { id: String(id), label: label?.name ?? "", source: track.source, ...own, ...group }, () => {
    for (const shape of track.placed) {
      const flags = { keyframe: yes(shape.keyframe), outside: yes(shape.outside), occluded: yes(shape.occluded) };
      const head = { frame: String(absolute(task, shape.frame)), ...flags, ...coordinates(shape) };
      writer.inside(elementOf(shape.type), { ...head, z_order: String(shape.z_order) }, () =>
        writeValues(writer, [...track.attributes, ...shape.attributes], label),
      );
    }
  });
}

function writeShape(writer: Writer, shape: Shape, labels: Labels, inSkeleton = false): void {
  const label = labels.get(shape.label_id);
  if (!label) return;
  const attributes: Attributes = {
    ...{ label: label.name, source: shape.source },
    ...(inSkeleton && { outside: yes(shape.outside) }),
    ...(shape.type !== "skeleton" && { occluded: yes(shape.occluded) }),
    ...coordinates(shape),
    ...(!inSkeleton && { z_order: String(shape.z_order) }),
    ...(shape.group && { group_id: String(shape.group) }),
  };
  writer.inside(elementOf(shape.type), attributes, () => {
    for (const element of shape.elements) writeShape(writer, element, labels, true);
    writeValues(writer, shape.attributes, label);
  });
}

function writeTag(writer: Writer, tag: Tag, labels: Labels): void {
  const label = labels.get(tag.label_id);
  if (!label) return;
  const group: Attributes = tag.group ? { group_id: String(tag.group) } : {};
  writer.inside("tag", { label: label.name, source: tag.source, ...group }, () =>
    writeValues(writer, tag.attributes, label),
  );
}

function writeValues(writer: Writer, values: readonly Value[], label: StoredLabel | undefined): void {
  for (const { id, name, default_value } of label?.attributes ?? [])
    writer.text("attribute", { name }, values.find(({ spec_id }) => spec_id === id)?.value ?? default_value);
}

const yes = (value: boolean) => (value ? "1" : "0");
const elementOf = (type: string) => (type === "rectangle" ? "box" : type);
const fixed = (value: number | undefined) => (value ?? 0).toFixed(2);

function coordinates({ type, points, rotation }: Pick<Shape, "type" | "points" | "rotation">): Attributes {
  const [a = 0, b = 0, c = 0, d = 0] = points;
  const turned: Attributes = rotation === 0 ? {} : { rotation: fixed(rotation) };
  switch (type) {
    case "rectangle":
      return { xtl: fixed(a), ytl: fixed(b), xbr: fixed(c), ybr: fixed(d), ...turned };
    case "ellipse":
      return { cx: fixed(a), cy: fixed(b), rx: fixed(c - a), ry: fixed(b - d), ...turned };
    case "mask": {
      const [left = 0, top = 0, right = 0, bottom = 0] = points.slice(-4);
      const size = { width: String(right - left + 1), height: String(bottom - top + 1) };
      return { rle: points.slice(0, -4).join(", "), left: String(left), top: String(top), ...size };
    }
    case "skeleton":
      return {};
    default:
      return {
        points: points.flatMap((x, at) => (at % 2 === 0 ? [`${fixed(x)},${fixed(points[at + 1])}`] : [])).join(";"),
      };
  }
}

function metaOf({ project, projectOwner, tasks, labels }: Exported): Pairs {
  const labelPairs: Pairs = labels.map(
    ({ name, color, type, attributes, svg, parent_id }) =>
      [
        "label",
        [
          ["name", name],
          ["color", color],
          ["type", type],
          ["attributes", attributes.map((one) => ["attribute", attributePairs(one)] as const)],
          ...(svg === undefined ? [] : [["svg", svg] as const]),
          ...(parent_id === null ? [] : [["parent", labels.find(({ id }) => id === parent_id)?.name ?? ""] as const]),
        ],
      ] as const,
  );
  const dumped = ["dumped", new Date().toISOString()] as const;
  const [only] = tasks;
  if (!project) return [["task", [...(only ? taskPairs(only) : []), ["labels", labelPairs]]], dumped];
  const subsets = [...new Set(tasks.map(({ subset }) => subset))];
  return [
    [
      "project",
      [
        ["id", String(project.id)],
        ["name", project.name],
        ["bugtracker", project.bug_tracker],
        ["created", project.created_date],
        ["updated", project.updated_date],
        ["labels", labelPairs],
        ["subsets", subsets.join("\n")],
        ["owner", person(projectOwner)],
        ["assignee", ""],
        ["tasks", tasks.map((task) => ["task", taskPairs(task)] as const)],
      ],
    ],
    dumped,
  ];
}

const attributePairs = ({
  name,
  mutable,
  input_type,
  default_value,
  values,
}: StoredLabel["attributes"][number]): Pairs => [
  ["name", name],
  ["mutable", mutable ? "True" : "False"],
  ["input_type", input_type],
  ["default_value", default_value],
  ["values", values.join("\n")],
];

const person = (user: StoredUser | undefined): string | Pairs =>
  user
    ? [
        ["username", user.username],
        ["email", user.email],
      ]
    : "";

function taskPairs({ task, subset, jobs, owner, assignee }: ExportedTask): Pairs {
  const { data } = task;
  const segments = jobs.map(
    ({ id, start_frame, stop_frame }) =>
      [
        "segment",
        [
          ["id", String(id)],
          ["start", String(start_frame)],
          ["stop", String(stop_frame)],
          ["url", `/api/jobs/${id}`],
        ],
      ] as const,
  );
  return [
    ["id", String(task.id)],
    ["name", task.name],
    ["size", String(data?.size ?? 0)],
    ["mode", data?.mode ?? ""],
    ["overlap", String(task.overlap ?? 0)],
    ["bugtracker", task.bug_tracker],
    ["created", task.created_date],
    ["updated", task.updated_date],
    ["subset", subset],
    ["start_frame", String(data?.start_frame ?? 0)],
    ["stop_frame", String(data?.stop_frame ?? 0)],
    ["frame_filter", data?.frame_filter ?? ""],
    ["segments", segments],
    ["owner", person(owner)],
    ["assignee", person(assignee)],
  ];
}
