import * as z from "zod";
import { isMap } from "../program/maps.ts";
import { ruleAt, repeats, withRules } from "../schema/section-rules.ts";

/** Shapes of labels in CVAT that are one shape each. (cvat: engine/models.py, LabelType) */
const SHAPES = ["any", "cuboid", "ellipse", "mask", "points", "polygon", "polyline", "rectangle", "tag"] as const;

/** What the parts of a skeleton may be: what CVAT draws as one of its elements. */
const ELEMENTS = ["points", "rectangle", "polygon", "polyline", "ellipse"] as const;

/** Bytes of all labels of a function as JSON. They lie in an annotation, and Kubernetes takes 256 KiB of all annotations of an object. */
const LARGEST_LIST = 200 * 1024;

/**
 * What CVAT's own lists of labels have besides ("Raw" of a project, function.yaml) and what it reads of no function. Taken, so that such a
 * list is a file of labels as it is, and left out.
 */
const UNREAD = {
  id: z.int().optional().describe("Left out: the place in the list counts."),
  color: z.string().optional().describe("Left out: CVAT reads no colour of a function's labels."),
} as const;

const attribute = z.strictObject({
  name: z.string().min(1).describe("Name of the attribute."),
  input_type: z.enum(["select", "radio", "checkbox", "number", "text"]).describe("How CVAT asks for it."),
  values: z.array(z.string()).describe("The values it may have."),
  id: UNREAD.id,
  mutable: z.boolean().optional().describe("Left out: CVAT reads it of a project's labels alone."),
  default_value: z.string().optional().describe("Left out: CVAT reads it of a project's labels alone."),
});

export type LabelAttribute = z.output<typeof attribute>;

const attributes = withoutRepeats(z.array(attribute), "CVAT leaves out a function with two attributes of one name")
  .optional()
  .describe("Attributes the model fills in.");

const sublabel = z.strictObject({
  name: z.string().min(1).describe("Name of the part, as the model says it."),
  type: z.enum(ELEMENTS).default("points").describe("Shape of the part."),
  attributes,
  ...UNREAD,
});

const whole = withRules(
  z.strictObject({
    name: z.string().min(1).describe("Name of the label, as the model says it."),
    type: z
      .enum([...SHAPES, "skeleton"])
      .optional()
      .describe("Shape the model draws. Default: rectangle for detectors, any for others."),
    attributes,
    sublabels: withoutRepeats(z.array(sublabel).min(1), "CVAT leaves out a function whose skeletons have it twice")
      .optional()
      .describe("Parts of a skeleton."),
    svg: z
      .string()
      .min(1)
      .optional()
      .describe("Drawing of a skeleton, as CVAT's editor of skeletons gives it.")
      .meta({ examples: ['<circle cx="50" cy="20" data-type="element node" data-label-name="nose"></circle>'] }),
    ...UNREAD,
  }),
  (["sublabels", "svg"] as const).map((key) =>
    ruleAt<{ type?: string; sublabels?: unknown; svg?: unknown }>([key], ["type", key], (label) => {
      if (label.type === "skeleton" && label[key] === undefined)
        return "is missing: CVAT's whole list of models is an error 500 by a skeleton without it";
      return label.type !== "skeleton" && label[key] !== undefined
        ? "is of a skeleton alone; remove it, or set type: skeleton"
        : undefined;
    }),
  ),
);

/** A label as a stack file or a file of labels has it: its name alone, or more. */
const label = z.union([z.string().min(1), whole], "must be the name of a label, or a map with `name` and `type`");

/** A label as it is written: a name alone, or more. */
export type LabelEntry = z.output<typeof label>;

/** Schema of a list of labels, wherever it stands: all that CVAT reads of a function's labels, and nothing by which its list of models breaks. */
export const labelList = withoutRepeats(z.array(label), "CVAT leaves out a function whose labels repeat").superRefine(
  (labels, context) => {
    const bytes = Buffer.byteLength(JSON.stringify(labels));
    if (bytes > LARGEST_LIST)
      context.addIssue({
        code: "custom",
        message: `is ${Math.ceil(bytes / 1024)} KiB long; Kubernetes keeps ${LARGEST_LIST / 1024} KiB of labels with a function`,
      });
  },
);

/** The list without two of one name. It speaks in the same run as what is wrong inside the entries. */
function withoutRepeats<Item extends z.ZodType>(list: z.ZodArray<Item>, why: string): z.ZodArray<Item> {
  return list.superRefine(
    (items, context) => {
      const names = (items as unknown[]).map((item, index) => [index, nameOf(item)] as const);
      for (const { key, value } of repeats(names))
        context.addIssue({ code: "custom", path: [key], message: `\`${value}\` is there already; ${why}` });
    },
    { when: ({ value }) => Array.isArray(value) },
  );
}

function nameOf(item: unknown): string | undefined {
  const name = isMap(item) ? item["name"] : item;
  return typeof name === "string" ? name : undefined;
}
