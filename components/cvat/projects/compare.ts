import { isDeepStrictEqual } from "node:util";
import type { Label } from "../client/types.ts";
import { liveForm, wantedAttribute, wantedForm, type AttributeForm } from "./label-form.ts";
import type { LabelConfig } from "./project-config.ts";

/** What is to be done with one label. */
export type LabelChange =
  | { kind: "add"; wanted: LabelConfig }
  /** `says`: what changes, as phrases. */
  | { kind: "change"; live: Label; wanted: LabelConfig; says: string[] }
  | { kind: "remove"; live: Label };

export interface LabelComparison {
  changes: LabelChange[];
  /** What is wanted and CVAT has no way to do, as sentences. */
  stuck: string[];
}

/** What makes the labels that are there those that are wanted. A label is known by its name, or by the one it had. */
export function compareLabels(wanted: readonly LabelConfig[], live: readonly Label[]): LabelComparison {
  const changes: LabelChange[] = [];
  const stuck: string[] = [];
  const known = new Set<number>();
  for (const one of wanted) {
    const there = live.find(({ name }) => name === one.name);
    const before = one.was === undefined ? undefined : live.find(({ name }) => name === one.was);
    if (there && before)
      stuck.push(
        `Label ${one.name} is there, and so is ${before.name}, which it was called by \`was\`: CVAT cannot make one of two labels. Take \`was\` out, or remove one of them.`,
      );
    const same = there ?? before;
    if (!same) {
      changes.push({ kind: "add", wanted: one });
      continue;
    }
    known.add(same.id);
    if (before && there) known.add(before.id);
    const says = differences(one, same);
    stuck.push(...stuckAt(one, same));
    if (says.length > 0) changes.push({ kind: "change", live: same, wanted: one, says });
  }
  const gone = live.filter(({ id }) => !known.has(id)).map((one): LabelChange => ({ kind: "remove", live: one }));
  return { changes: [...gone, ...changes], stuck };
}

function differences(wanted: LabelConfig, live: Label): string[] {
  const [want, has] = [wantedForm(wanted), liveForm(live)];
  const renamed = wanted.name === live.name ? [] : [`was ${live.name}`];
  const typed = want.type === has.type ? [] : [`type ${has.type} -> ${want.type}`];
  const coloured = want.color === undefined || want.color === has.color ? [] : [`colour ${has.color} -> ${want.color}`];
  const attributes = wanted.attributes.flatMap((attribute) => {
    const form = wantedAttribute(attribute);
    const own = has.attributes[attribute.name];
    if (own) return isDeepStrictEqual(own, form) ? [] : [`attribute ${attribute.name}: ${attributeSays(own, form)}`];
    const former = attribute.was !== undefined && has.attributes[attribute.was] !== undefined;
    return [former ? `attribute ${attribute.name} was ${attribute.was ?? ""}` : `attribute ${attribute.name} is new`];
  });
  return [...renamed, ...typed, ...coloured, ...attributes];
}

function attributeSays(has: AttributeForm, want: AttributeForm): string {
  const text = (value: unknown) => (Array.isArray(value) ? value.join("|") : String(value));
  return (Object.keys(want) as (keyof AttributeForm)[])
    .filter((key) => !isDeepStrictEqual(has[key], want[key]))
    .map((key) => `${key} ${text(has[key])} -> ${text(want[key])}`)
    .join(", ");
}

/** (cvat/apps/engine/serializers.py: LabelSerializer.update_label) */
function stuckAt(wanted: LabelConfig, live: Label): string[] {
  const [want, has] = [wantedForm(wanted), liveForm(live)];
  const { name } = wanted;
  if (want.type !== has.type && [want.type, has.type].includes("skeleton"))
    return [
      `Label ${name} is of type ${has.type}, and CVAT makes no other type a skeleton or a skeleton another. Give it another name.`,
    ];
  const kept = new Set(wanted.attributes.flatMap((one) => [one.name, ...(one.was === undefined ? [] : [one.was])]));
  const lost = Object.keys(has.attributes).filter((attribute) => !kept.has(attribute));
  return [
    ...(isDeepStrictEqual(want.points, has.points)
      ? []
      : [
          `Skeleton ${name} has the points ${has.points.join(", ")}, and CVAT changes none of them afterwards. Give it another name.`,
        ]),
    ...lost.map(
      (one) =>
        `CVAT cannot take the attribute ${one} off the label ${name}. Leave it in, or give the label another name.`,
    ),
  ];
}

/** A change in a line, as a plan shows it: `~ car: was van, colour #ff0000 -> #00ff00`. */
export function changeText(change: LabelChange): string {
  if (change.kind === "remove") return `- ${change.live.name}`;
  if (change.kind === "change") return `~ ${change.wanted.name}: ${change.says.join("; ")}`;
  const { name, type, color, attributes, points } = change.wanted;
  const parts = [
    type,
    ...(color === undefined ? [] : [color]),
    ...attributes.map((one) => `attribute ${one.name}`),
    ...(points.length > 0 ? [`${points.length} points`] : []),
  ];
  return `+ ${name} (${parts.join(", ")})`;
}
