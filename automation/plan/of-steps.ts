import { isMap } from "../../components/program/maps.ts";
import { UNKNOWN } from "../../components/records/kind.ts";
import { tokenOf } from "../../components/records/tokens.ts";
import { partsOf } from "../engine/changes.ts";
import { HIDDEN } from "../engine/outputs.ts";
import type { Registered } from "../engine/registered.ts";
import { opened, secretsIn } from "../engine/secrets-in.ts";
import type { Given, Step } from "../engine/steps.ts";
import { onlyWaits } from "../report/plan-report.ts";
import type { Marks, PlannedStep } from "./plan.ts";
import { hiddenIn, placeText, touch, unknownIn, withLeaves, type Place } from "./places.ts";

/** What a preview's steps are turned into a plan with. */
export interface Planning {
  /** What the program registered in this preview, by {@link registeredName}. */
  registered: ReadonlyMap<string, Registered>;
  /** Inputs of the stored state by URN, with secrets in their envelopes in clear. */
  stored: ReadonlyMap<string, Given>;
  /** (hmac.ts) */
  mark: (place: readonly string[], value: unknown) => string;
  /** Hides the stack's passwords, keys and tokens where somebody typed one into a plain key too. (known-secrets.ts) */
  hide: (text: string) => string;
  /** Folders that are another's on another machine, with what stands for them. */
  folders: readonly (readonly [folder: string, instead: string])[];
}

/** The mark of a secret of which it is known only after up what it is. */
export const UNKNOWN_MARK = "known after up";
/** The mark of a secret that was not seen: it is never the same. */
export const UNSEEN_MARK = "not seen";

/** What stands in the place of a secret that is handed over as none. */
const IN_CLEAR = "[secret, in clear]";

export const registeredName = ({ type, name }: { type: string; name: string }) => `${type}::${name}`;

/** What would be done, in one form for the plan that is reviewed and for the one that is judged by it: sorted, and with no secret in it. */
export function plannedSteps(steps: readonly Step[], planning: Planning): PlannedStep[] {
  return steps
    .map(folded)
    .filter((step) => step.change !== undefined || changesQuietly(step))
    .map((step) => planned(step, planning))
    .sort((one, other) => (one.urn < other.urn ? -1 : 1));
}

/** A Secret's data is given in two ways, and the plugin turns one into the other as soon as all of it is known. */
function folded(step: Step): Step {
  if (step.type !== "kubernetes:core/v1:Secret") return step;
  const fold = (given: Given | undefined) => {
    if (given === undefined || !("stringData" in given)) return given;
    const { stringData, ...rest } = given;
    return { ...rest, data: stringData === UNKNOWN || rest["data"] === UNKNOWN ? UNKNOWN : HIDDEN };
  };
  const fields = new Map(
    step.change?.fields.map((field) => {
      const path = field.path.replace(/^stringData\b/, "data");
      return [path, /^data\b/.test(path) ? { path, before: HIDDEN, after: HIDDEN } : field] as const;
    }),
  );
  const change = step.change && { ...step.change, fields: [...fields.values()] };
  const reasons = step.replacedFor.map((path) => path.replace(/^stringData\b/, "data"));
  return { ...step, change, before: fold(step.before), after: fold(step.after), replacedFor: [...new Set(reasons)] };
}

/** What the engine calls the same, and is not: whether it is retained, and whether a value is kept as a secret. */
function changesQuietly({ before, after, isRetained, willBeRetained }: Step): boolean {
  if (before === undefined || after === undefined) return false;
  if (willBeRetained !== undefined && willBeRetained !== isRetained) return true;
  const isPlain = (given: Given, place: Place) => {
    const value = place.reduce<unknown>((inner, part) => (isMap(inner) ? inner[part] : undefined), given);
    return value !== undefined && value !== HIDDEN && value !== UNKNOWN && hiddenIn(value).length === 0;
  };
  return (
    hiddenIn(before).some((place) => isPlain(after, place)) || hiddenIn(after).some((place) => isPlain(before, place))
  );
}

function planned(step: Step, planning: Planning): PlannedStep {
  const { urn, kind, short, system, change, before, after, replacedFor, isRetained, willBeRetained } = step;
  // A value that is a secret on one side alone is hidden on the other too.
  const hidden = [...hiddenIn(before), ...hiddenIn(after)];
  const marked: Record<"before" | "after", Marks> = {
    before: marksOf(step, planning, planning.stored.get(urn), before),
    after: after ? marksOf(step, planning, planning.registered.get(registeredName(step))?.props, after) : {},
  };
  const shown = (given: Given | undefined, side: "before" | "after") =>
    given && (readable(given, { step, planning, hidden, marks: marked[side] }) as Given);
  const sides = { before: shown(before, "before"), after: shown(after, "after") };
  const unknown = [
    ...unknownIn(after).map(placeText),
    ...Object.entries(marked.after).flatMap(([place, mark]) => (mark === UNKNOWN_MARK ? [place] : [])),
  ];
  return {
    urn,
    object: `${kind} ${short}`,
    system,
    operation: change?.operation ?? "same",
    onlyWaits: onlyWaits(step),
    replacedFor: [...replacedFor].sort(),
    deletedFirst: step.isDeletedFirst ?? false,
    retained: isRetained,
    ...(after && { retainedAfter: willBeRetained ?? false }),
    fields: (change?.fields ?? []).map(({ path, ...values }) => ({
      path,
      ...(readable(defined(values), { step, planning, hidden, at: partsOf(path), marks: {} }) as object),
    })),
    ...(sides.before && { before: sides.before }),
    ...(sides.after && { after: sides.after }),
    secrets: { before: sorted(marked.before), after: sorted(marked.after) },
    knownAfterUp: [...new Set(unknown)].sort(),
  };
}

const defined = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

const sorted = (marks: Marks): Marks => Object.fromEntries(Object.entries(marks).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Marks of the secrets among inputs, each by its place. @param seen the same as the events have it, secrets hidden */
function marksOf({ urn, type }: Step, { mark }: Planning, props: Given | undefined, seen: Given | undefined): Marks {
  const found = props === undefined ? [] : secretsIn(type, props);
  // A plugin may take for a secret what was not handed over as one.
  const more = hiddenIn(seen)
    .filter((place) => !found.some((secret) => secret.place[0] === place[0]))
    .map(([key = ""]) => ({ place: [key], value: props && key in props ? opened(props[key]) : undefined }));
  return Object.fromEntries(
    [...found, ...more].map(({ place, value }) => [
      placeText(place),
      value === undefined ? UNSEEN_MARK : value === UNKNOWN ? UNKNOWN_MARK : mark([urn, ...place], value),
    ]),
  );
}

interface Reading {
  step: Step;
  planning: Planning;
  hidden: readonly Place[];
  /** Where in the object the value stands. Default: it is the object. */
  at?: Place;
  /** Gets the marks of what is hidden here. */
  marks: Marks;
}

/** Inputs as anybody may read them, on any machine. */
function readable(value: unknown, { step, planning, hidden, at, marks }: Reading): unknown {
  const { mark, hide, folders } = planning;
  const isOurs = !step.type.startsWith("kubernetes:");
  return withLeaves(value, (leaf, inner) => {
    if (typeof leaf !== "string" || leaf === HIDDEN || leaf === UNKNOWN) return leaf;
    const place = at ? [...at, ...inner.slice(1)] : inner;
    // Where it lies is another's on another machine; which cluster it names is in the plan for itself.
    if (tokenOf(step.type) !== undefined && place.at(-1) === "kubeconfig") return "(kubeconfig)";
    const text = isOurs ? folders.reduce((rest, [folder, instead]) => rest.replaceAll(folder, instead), leaf) : leaf;
    const masked = hidden.some((other) => touch(place, other)) ? HIDDEN : hide(text);
    if (masked !== text) marks[placeText(place)] ??= mark([step.urn, ...place], text);
    return masked === HIDDEN ? IN_CLEAR : masked;
  });
}
