import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import { isComponent, isWait } from "../../components/records/tokens.ts";
import { changeOf, shown, type Change } from "./changes.ts";
import { parseUrn, type ResourceName } from "./urn.ts";

/** What a resource was given, or is. Secrets stand in it as `[secret]`, what is not known yet by the engine's sign for that. */
export type Given = Readonly<Record<string, unknown>>;

/** One resource in a preview, with what it was given by the last run and what it is given by this one. */
export interface Step extends ResourceName {
  urn: string;
  /** Undefined: it stays as it is. */
  change: Change | undefined;
  /** Of what is made now: undefined. */
  before: Given | undefined;
  /** Of what goes now: undefined. */
  after: Given | undefined;
  /** Properties for which it is replaced: `spec.selector`. None where it is not. */
  replacedFor: readonly string[];
  /** Whether what it was stays where it is when it is deleted or replaced. */
  isRetained: boolean;
  /** The same of what it becomes. Undefined: nothing is there afterwards, or it was recorded before this was. */
  willBeRetained?: boolean | undefined;
  /** Of a replacement: the old one goes before the new one is made. */
  isDeletedFirst?: boolean;
  /** The name it had, where it was renamed or moved and nothing else became of it. */
  was: ResourceName | undefined;
}

/** Every resource of a preview that has a state of its own, in the order of the engine. The events of one and the same replacement are one step. */
export function stepsIn(events: readonly EngineEvent[]): Step[] {
  const steps = new Map<string, Step>();
  for (const { resourcePreEvent } of events) {
    const metadata = resourcePreEvent?.metadata;
    if (metadata && hasState(metadata)) steps.set(metadata.urn, stepOf(metadata, steps.get(metadata.urn)));
  }
  return [...steps.values()];
}

/** Whether a resource is a thing of its own, and no component, provider or wait. */
export const hasState = ({ type }: Pick<StepEventMetadata, "type">) =>
  !isComponent(type) && !isWait(type) && !/^pulumi:(pulumi|providers):|^kubernetes:helm\.sh\//.test(type);

/** @param former what an earlier event said of the same resource: of a replacement one names both states, another what is made */
function stepOf(metadata: StepEventMetadata, former: Step | undefined): Step {
  const { urn, op, old, new: next, keys } = metadata;
  const change = changeOf(metadata) ?? former?.change;
  return {
    ...parseUrn(urn),
    urn,
    change,
    before: change?.operation === "create" ? undefined : (given(old) ?? former?.before),
    after: change?.operation === "delete" ? undefined : (given(next) ?? former?.after),
    replacedFor: change?.operation === "replace" ? (keys ?? former?.replacedFor ?? []) : [],
    isRetained: old?.retainOnDelete ?? former?.isRetained ?? false,
    willBeRetained: next ? (next.retainOnDelete ?? false) : former?.willBeRetained,
    isDeletedFirst: former ? (former.isDeletedFirst ?? false) : op === "delete-replaced",
    was: old?.urn && old.urn !== urn ? parseUrn(old.urn) : former?.was,
  };
}

/** The engine has null where there is no such state. */
const given = (state: StepEventMetadata["old"] | null): Given | undefined =>
  state ? (shown(state.inputs) as Given) : undefined;
