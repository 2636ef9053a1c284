import * as z from "zod";
import { listedTwice, repeats, type Found } from "../../schema/section-rules.ts";
import { trimmedName } from "../texts.ts";

/** What a shape of a label may be. (cvat/apps/engine/models.py: LabelType) */
export const LABEL_TYPES = [
  "any",
  "rectangle",
  "polygon",
  "polyline",
  "points",
  "ellipse",
  "cuboid",
  "mask",
  "tag",
  "skeleton",
] as const;

const color = z
  .string()
  .regex(/^#[0-9A-Fa-f]{6}$/, "must be a colour such as #33ddff")
  .transform((text) => text.toLowerCase())
  .meta({ examples: ["#33ddff"] });

const attribute = z.strictObject({
  name: trimmedName(64).describe("Name of the attribute."),
  was: trimmedName(64).optional().describe("Its name so far, where it is renamed."),
  input: z
    .enum(["select", "radio", "checkbox", "number", "text"])
    .default("select")
    .describe("How people set it. `number` takes three values: least, most, step."),
  values: z
    .array(z.string().regex(/^[^\n]*$/, "must be one line"))
    .default([])
    .describe("What can be chosen."),
  default: z
    .string()
    .optional()
    .describe("Value of a new shape. Default: the first one; of a checkbox false; of a text none."),
  mutable: z.boolean().default(false).describe("Whether it may change from frame to frame of a track."),
});

const point = z.strictObject({
  name: trimmedName(64)
    .regex(/^[^<>&"]*$/, 'may have none of < > & "')
    .describe("Name of the point."),
  x: z.number().min(0).max(100).describe("Where it stands in the drawing of the skeleton, from the left."),
  y: z.number().min(0).max(100).describe("The same, from the top."),
  color: color.optional().describe("Colour. Default: CVAT chooses one."),
});

const label = z.strictObject({
  name: trimmedName(64).describe("Name of the label."),
  was: trimmedName(64)
    .optional()
    .describe("Its name so far, where it is renamed: annotations and colour stay. May be left in afterwards."),
  color: color.optional().describe("Colour. Default: as it is; CVAT chooses that of a new one."),
  type: z.enum(LABEL_TYPES).default("any").describe("What people may draw for it."),
  attributes: z.array(attribute).default([]).describe("What is told of each shape."),
  points: z.array(point).default([]).describe("Points of a skeleton."),
  edges: z
    .array(z.tuple([z.string(), z.string()]))
    .default([])
    .describe("Lines of a skeleton, each by the names of its two points."),
});

/** A project of CVAT, as a file of `project apply` or an entry of `cvat.projects` describes it. */
export const projectConfig = z.strictObject({
  name: trimmedName(256).describe("Name of the project. It is found by it."),
  labels: z.array(label).min(1).describe("Its labels, all of them."),
  sourceStorage: trimmedName(63)
    .optional()
    .describe("Cloud storage that imports come from, by its name in CVAT, or `local`. Default: as it is."),
  targetStorage: trimmedName(63)
    .optional()
    .describe("Cloud storage that exports and backups go to, by its name in CVAT, or `local`. Default: as it is."),
});

export type ProjectConfig = z.output<typeof projectConfig>;
export type LabelConfig = ProjectConfig["labels"][number];
export type AttributeConfig = LabelConfig["attributes"][number];

/** What the keys of a project say against each other. */
export function projectProblems(
  { labels }: Pick<ProjectConfig, "labels">,
  path: readonly (string | number)[] = [],
): Found[] {
  return [
    ...namedTwice(labels, [...path, "labels"]),
    ...labels.flatMap((one, index) => labelProblems(one, labels, [...path, "labels", index])),
  ];
}

function labelProblems(one: LabelConfig, all: readonly LabelConfig[], path: readonly (string | number)[]): Found[] {
  const { type, points, edges, attributes, was } = one;
  const names = points.map(({ name }) => name);
  const at = (...rest: (string | number)[]) => [...path, ...rest];
  return [
    ...(was !== undefined && all.some(({ name }) => name === was)
      ? [{ path: at("was"), message: `\`${was}\` stands in the list itself, so nothing is renamed` }]
      : []),
    ...(type === "skeleton" && points.length === 0 ? [{ path: at("points"), message: "a skeleton needs points" }] : []),
    ...(type !== "skeleton" && (points.length > 0 || edges.length > 0)
      ? [{ path: at("type"), message: "only a skeleton has points and edges" }]
      : []),
    ...namedTwice(points, at("points")),
    ...edges.flatMap((edge, index) =>
      edge
        .filter((name) => !names.includes(name))
        .map((name) => ({ path: at("edges", index), message: `no point is called \`${name}\`` })),
    ),
    ...namedTwice(attributes, at("attributes")),
    ...attributes.flatMap((attribute, index) => attributeProblems(attribute, at("attributes", index))),
  ];
}

function attributeProblems(
  { input, values, default: chosen }: AttributeConfig,
  path: readonly (string | number)[],
): Found[] {
  const at = (key: string) => [...path, key];
  const chooses = input === "select" || input === "radio";
  const problems = chooses ? listedTwice(values, at("values")) : [];
  if (chooses) {
    if (values.length === 0) problems.push({ path: at("values"), message: `a ${input} needs values` });
    else if (chosen !== undefined && !values.includes(chosen))
      problems.push({ path: at("default"), message: `\`${chosen}\` is none of its values` });
  }
  if (input === "number") {
    const [least = NaN, most = NaN, step = NaN] = values.map(Number);
    if (values.length !== 3 || !(least <= most) || !(step > 0))
      problems.push({ path: at("values"), message: "a number needs three values: least, most, step" });
    else if (chosen !== undefined && !(Number(chosen) >= least && Number(chosen) <= most))
      problems.push({ path: at("default"), message: `\`${chosen}\` is not between ${least} and ${most}` });
  }
  if (input === "checkbox" && chosen !== undefined && chosen !== "true" && chosen !== "false")
    problems.push({ path: at("default"), message: "a checkbox is `true` or `false`" });
  return problems;
}

function namedTwice(named: readonly { name: string }[], path: readonly (string | number)[]): Found[] {
  return repeats(named.map(({ name }, index) => [index, name] as const)).map(({ key, value }) => ({
    path: [...path, key, "name"],
    message: `\`${value}\` stands in this list already; CVAT takes a name once`,
  }));
}
