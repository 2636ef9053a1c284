import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import { plain, problemsIn } from "./diagnostics.ts";
import { changeOf, shown, type Change } from "./changes.ts";
import type { Given } from "./steps.ts";
import { parseUrn, type ResourceName } from "./urn.ts";

/** What a refresh read of one resource. Secrets stand in it as `[secret]`. */
export interface Observed extends ResourceName {
  urn: string;
  isGone: boolean;
  /** As the last run left it. */
  before: Read;
  /** As it is; of what is gone undefined. */
  after: Read | undefined;
}

export interface Read {
  inputs: Given;
  outputs: Given;
}

export interface ReadBack {
  observed: Observed[];
  /** Why a resource could not be read, by its URN. */
  unread: ReadonlyMap<string, string>;
  /** Why the others were not read that are not among these. Default: nobody knows. */
  otherwise?: string;
}

/**
 * What a refresh found. Its answers are in the events about outputs; those before say "refresh" of each, with what was known on both sides.
 * (pull-requests.md, 5)
 */
export function readBackIn(events: readonly EngineEvent[]): ReadBack {
  const observed = events.flatMap(({ resOutputsEvent }) => {
    const metadata = resOutputsEvent?.metadata;
    return metadata ? [observedOf(metadata)] : [];
  });
  return { observed, unread: unreadIn(events) };
}

function observedOf({ urn, op, old, new: next }: StepEventMetadata): Observed {
  const isGone = op === "delete";
  return { ...parseUrn(urn), urn, isGone, before: readOf(old), after: isGone ? undefined : readOf(next ?? old) };
}

/** The engine has null where there is no such state. */
const readOf = (state: StepEventMetadata["old"] | null): Read => ({
  inputs: shown(state?.inputs ?? {}) as Given,
  outputs: shown(state?.outputs ?? {}) as Given,
});

/** The changes that a refresh found, as the engine sees them: what somebody added is none to it. */
export function foundIn(events: readonly EngineEvent[]): Change[] {
  return events.flatMap(({ resOutputsEvent }) => {
    const metadata = resOutputsEvent?.metadata;
    return (metadata && changeOf(metadata)) ?? [];
  });
}

function unreadIn(events: readonly EngineEvent[]): Map<string, string> {
  const errors = events.filter(({ diagnosticEvent }) => diagnosticEvent?.severity === "error" && diagnosticEvent.urn);
  const unread = new Map<string, string>();
  for (const event of errors) {
    const urn = event.diagnosticEvent?.urn ?? "";
    const [reason] = problemsIn([event]);
    if (reason !== undefined && !unread.has(urn)) unread.set(urn, withoutDanger(plain(reason)));
  }
  return unread;
}

/** The plugin for Kubernetes advises to drop from the state what cannot be reached, which is all of the lab. */
export function withoutDanger(text: string): string {
  return text
    .split(/(?<=[.!])\s+|\n/)
    .filter((sentence) => !/PULUMI_K8S_DELETE_UNREACHABLE|delete ?unreachable/i.test(sentence))
    .join(" ")
    .trim();
}
