import { times, type Devices } from "../../kubernetes/devices.ts";
import type { AskedDevices } from "./asked.ts";
import { fits, refusalOf, type DeviceNode } from "./fit.ts";
import type { OthersPod } from "./offered.ts";

/** Pods that get no devices, and what is around them. */
export interface Shortage {
  asked: AskedDevices;
  nodes: readonly DeviceNode[];
  /** Functions that have theirs. */
  holders: readonly AskedDevices[];
  others: readonly OthersPod[];
  /** What comes of it: `it stays Pending`. */
  outcome: string;
  /** What can be done where others hold what is asked for. */
  cure: string;
}

/** What is asked for, what the nodes have, who holds it, what comes of it, and what to do. */
export function shortText(shortage: Shortage): string {
  const { asked, nodes, outcome, cure } = shortage;
  const amounts = amountsText(asked.devices);
  const needs = asked.pods > 1 ? `${asked.pods} pods with ${amounts} each` : amounts;
  const what = `${asked.name.charAt(0).toUpperCase()}${asked.name.slice(1)} needs ${needs}`;
  if (!fits([asked], nodes)) {
    const why = [...nodesText(nodes.filter(hasAny), asked), ...othersText(shortage)].join("; ");
    const lacking = asked.pods > 1 ? "the nodes have not that for all of them" : "no node has that for it";
    return `${what}, and ${lacking} (${why || "none has a device at all"}): ${outcome}. Correct the one or the other: docs/gpu.md.`;
  }
  const having = nodes.filter((node) => takes(node, asked) && sharesAny(node.devices, asked.devices));
  const holding = [...holdersText(shortage, having), ...othersText(shortage)].join(", ");
  return `${what}. ${nodesText(having, asked).join(", ")}, and ${holding}: ${outcome}. Let both share the GPU by time-slicing (docs/gpu.md), add another, or ${cure}.`;
}

/** What each node has left for this stack, and why it takes none of these pods. */
const nodesText = (nodes: readonly DeviceNode[], asked: AskedDevices) =>
  nodes.map((node) => {
    const refusal = refusalOf(node, asked);
    return `${node.name} has ${amountsText(node.devices)}${refusal === undefined ? "" : `, but ${refusal}`}`;
  });

/** Functions that may hold what these nodes have. */
const holdersText = ({ asked, holders }: Shortage, having: readonly DeviceNode[]) =>
  holders
    .filter((holder) => sharesAny(holder.devices, asked.devices) && having.some((node) => takes(node, holder)))
    .map(
      ({ name, path, pods, devices }) =>
        `${name} holds ${amountsText(times(devices, pods))} for as long as it is deployed (${path})`,
    );

/** Pods of others that hold what these pods could have. */
const othersText = ({ asked, nodes, others }: Shortage) =>
  others
    .filter(({ devices }) => sharesAny(devices, asked.devices))
    .filter(({ node }) => nodes.some((one) => one.name === node && takes(one, asked)))
    .map(({ name, devices }) => `pod ${name} holds ${amountsText(devices)}`);

const takes = (node: DeviceNode, asked: AskedDevices) => refusalOf(node, asked) === undefined;

const hasAny = ({ devices }: DeviceNode) => Object.keys(devices).length > 0;

const sharesAny = (one: Devices, other: Devices) => Object.keys(one).some((name) => name in other);

/** `2 nvidia.com/gpu` */
const amountsText = (devices: Devices) =>
  Object.entries(devices)
    .map(([name, amount]) => `${Math.max(0, amount)} ${name}`)
    .join(" and ");
