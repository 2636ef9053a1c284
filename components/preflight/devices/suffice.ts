import type { ClusterCheck, Finding } from "../check.ts";
import { heldByFunctions, neededByTask, type AskedDevices } from "./asked.ts";
import { fits } from "./fit.ts";
import { offeredBy, othersPods } from "./offered.ts";
import { shortText, type Shortage } from "./text.ts";

/**
 * Adds up what functions hold for as long as they are deployed, and what a task of ClearML's agent needs beside them. What does not fit stays
 * Pending, a task without a word to who queued it. A warning: the lab is sound, and a function may be taken out while tasks train.
 */
export const devicesSuffice: ClusterCheck = ({ nodes, pods }, plan) => {
  if (nodes === undefined) return [];
  const others = othersPods(pods, plan.lab);
  const ground = { nodes: offeredBy(nodes, others), others };
  const findings: Finding[] = [];
  const holders: AskedDevices[] = [];
  for (const held of heldByFunctions(plan)) {
    if (fits([...holders, held], ground.nodes)) holders.push(held);
    else findings.push(findingOf({ ...ground, holders: [...holders], asked: held, ...OF_FUNCTION }));
  }
  const task = neededByTask(plan);
  if (task && !fits([...holders, task], ground.nodes)) {
    const outcome = `every task of queue \`${plan.lab.clearml.agent.queue}\` stays Pending`;
    const cure = "take the function out of the stack file while tasks train";
    findings.push(findingOf({ ...ground, holders, asked: task, outcome, cure }));
  }
  return findings;
};

const OF_FUNCTION = { outcome: "it stays Pending", cure: "take one of them out of the stack file" };

const findingOf = (shortage: Shortage): Finding => ({
  severity: "warning",
  path: shortage.asked.path,
  message: shortText(shortage),
});
