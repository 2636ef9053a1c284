import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { changeOf } from "./changes.ts";
import { hasState } from "./steps.ts";
import { parseUrn } from "./urn.ts";

/** More names than a person reads are counted. */
const NAMED = 5;

/** What a run that was stopped did until then, and what to do next. */
export function stoppedText(verb: string, events: readonly EngineEvent[]): string {
  if (verb.startsWith("preview")) return "Stopped. A preview changes nothing.";
  const begun = new Set<string>();
  const done = new Set<string>();
  for (const { resourcePreEvent, resOutputsEvent } of events) {
    const began = resourcePreEvent?.metadata;
    const change = began && changeOf(began);
    if (change && hasState(change)) begun.add(change.urn);
    const ended = resOutputsEvent?.metadata.urn;
    if (ended !== undefined) done.add(ended);
  }
  const changed = [...begun].filter((urn) => done.has(urn));
  const underWay = [...begun].filter((urn) => !done.has(urn));
  const again = `Run ${verb} again: it goes on from there.`;
  if (changed.length === 0 && underWay.length === 0) return `Stopped. Nothing was changed yet. ${again}`;
  const wereChanged = `${changed.length === 0 ? "No object was" : counted(changed.length)} changed`;
  if (underWay.length === 0) return `Stopped. ${wereChanged}, and nothing was under way any more. ${again}`;
  return `Stopped. ${wereChanged}, ${underWay.length} ${underWay.length === 1 ? "was" : "were"} under way and may be done or not: ${named(underWay)}. ${again}`;
}

const counted = (count: number) => (count === 1 ? "1 object was" : `${count} objects were`);

function named(urns: readonly string[]): string {
  const names = urns.slice(0, NAMED).map((urn) => {
    const { kind, short } = parseUrn(urn);
    return `${kind} ${short}`;
  });
  const more = urns.length - names.length;
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
