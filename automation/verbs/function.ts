import { readFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../components/program/errors.ts";
import { causeLine } from "../../components/nuclio/message.ts";
import { removeFunction } from "../../components/nuclio/remove.ts";
import { shapesIn, shapesText } from "../functions/boxes.ts";
import { callProblem } from "../functions/call-problem.ts";
import { functionLab } from "../functions/lab.ts";
import { listing, listingText } from "../functions/listing.ts";
import { functionLogs } from "../functions/logs.ts";
import { streamProgress } from "../progress.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

/** Every function of Nuclio, and what CVAT says about each. */
export async function list({ json, ...flags }: StackFlags): Promise<void> {
  const { nuclio, plan } = await functionLab(flags);
  const [live, deployments] = await Promise.all([nuclio.dashboard.functions(), nuclio.objects.deployments()]);
  const found = listing(live, deployments, Object.keys(plan.functions));
  print(found, listingText(found), json);
}

export interface LogsFlags extends StackFlags {
  tail: number;
}

/** The end of a function's log, from every pod. */
export async function logs(name: string, { json, tail, ...flags }: LogsFlags): Promise<void> {
  const { plan, namespace, nuclio } = await functionLab(flags);
  const { kubeconfig, context } = plan.lab.cluster;
  const found = await functionLogs({ kubeconfig, context }, namespace, name, tail);
  if (found.length === 0) {
    const there = await nuclio.dashboard.function(name);
    throw new UserError(
      there
        ? `Function ${name} has no pod. It is ${there.status?.state ?? "in no state"}: ${causeLine(there.status?.message ?? "")}`
        : noSuch(name, Object.keys(await nuclio.dashboard.functions())),
    );
  }
  const text = found.flatMap(({ pod, state, lines }) => [`== ${pod} (${state})`, ...lines]);
  print({ function: name, pods: found }, text.join("\n"), json);
}

export interface InvokeFlags extends StackFlags {
  threshold?: number;
  timeout: number;
}

/** Sends a picture and prints the boxes. */
export async function invoke(name: string, picture: string, flags: InvokeFlags): Promise<void> {
  const image = await readFile(picture).catch(() => undefined);
  if (image === undefined) throw new UserError(`${picture} cannot be read.`, { exitCode: 2 });
  const { nuclio } = await functionLab(flags);
  const progress = streamProgress();
  const { threshold, timeout, json } = flags;
  const body = { ...(threshold === undefined ? {} : { threshold }), image: image.toString("base64") };
  const start = Date.now();
  const answer = await progress.task(`Sending ${path.basename(picture)} to ${name}`, () =>
    nuclio.dashboard.invoke(name, "/", body, timeout * 1000),
  );
  const milliseconds = Date.now() - start;
  if (answer.status !== 200) throw new UserError(callProblem(name, answer));
  const result = parsed(answer.text);
  const shapes = shapesIn(result);
  print({ function: name, milliseconds, result }, shapes ? shapesText(shapes) : JSON.stringify(result, null, 2), json);
}

export interface RemoveFlags extends StackFlags {
  yes?: string;
}

/** Removes a function where its name is given twice; else it says what would go. */
export async function remove(name: string, { json, yes, ...flags }: RemoveFlags): Promise<void> {
  if (yes !== undefined && yes !== name) {
    throw new UserError(`--yes says ${yes}, and the function is ${name}: nothing was removed.`, { exitCode: 2 });
  }
  const { nuclio, plan } = await functionLab(flags);
  const there = await nuclio.dashboard.functions();
  const live = there[name];
  if (!live) throw new UserError(noSuch(name, Object.keys(there)));
  const inStack = name in plan.functions;
  const note = inStack
    ? ` It stands in the stack file, so the next up deploys it again; take it out there and run up instead.`
    : "";
  if (yes === undefined) {
    const text = `Function ${name} (${live.status?.state ?? "no state"}) would be removed, with its pods. To do it: --yes ${name}.${note}`;
    print({ function: name, removed: false, inStack }, text, json);
    return;
  }
  await streamProgress().task(`Removing function ${name}`, () => removeFunction(nuclio, name));
  print({ function: name, removed: true, inStack }, `Function ${name} is gone, and so are its pods.${note}`, json);
}

function noSuch(name: string, names: readonly string[]): string {
  return `Nuclio has no function ${name}. It has: ${names.length > 0 ? [...names].sort().join(", ") : "none"}.`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
