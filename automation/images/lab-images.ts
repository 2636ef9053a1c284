import { COMMON_FIXES } from "../../components/charts/common-fixes.ts";
import { imagesIn } from "../../components/charts/from-mirror.ts";
import type { RenderedObject } from "../../components/kubernetes/rendered-object.ts";
import type { Plan } from "../../components/lab/plan.ts";
import { labRenders } from "../charts/lab-renders.ts";
import { helmTemplate } from "../charts/render.ts";

/** An image that the lab's pods run. */
export interface LabImage {
  /** As charts and stack file say it. */
  image: string;
  /** The releases and functions that need it. */
  of: string[];
}

export interface LabImagesOptions {
  /** The charts on this machine. */
  charts: readonly { name: string; path: string }[];
  /** Helm's program. */
  helm: string;
  /** Where values are written for it. */
  folder: string;
}

/**
 * Every image that a lab's pods run, by name, without a cluster: those that its charts render, and those that are told to programs which start pods
 * themselves.
 */
export async function labImages(plan: Plan, { charts, helm, folder }: LabImagesOptions): Promise<LabImage[]> {
  const found = new Map<string, Set<string>>();
  const note = (image: string, of: string) => found.set(image, (found.get(image) ?? new Set()).add(of));
  for (const render of await labRenders(plan, charts)) {
    for (const object of (await helmTemplate(helm, [render], folder)) as RenderedObject[]) {
      for (const fix of COMMON_FIXES) if (fix.matches(object) && fix.stillNeeded(object)) fix.apply(object);
      for (const image of imagesIn(object)) note(image, render.release);
    }
  }
  const agent = plan.clearml?.agent;
  if (agent) note(agent.config.tasks.image, "tasks of the agent");
  for (const [name, { config }] of Object.entries(plan.functions))
    if (config.image !== undefined) note(config.image, `function ${name}`);
  for (const { image } of plan.lab.sso ? [plan.lab.sso.proxy, plan.lab.sso.sessions] : []) note(image, "sign-in");
  for (const { image } of plan.backup ? [plan.backup, ...plan.backup.databases] : []) note(image, "backups");
  if (plan.lab.images.node !== undefined) note(plan.lab.images.node, "dataset --in-cluster");
  return [...found]
    .map(([image, of]) => ({ image, of: [...of] }))
    .sort((one, other) => one.image.localeCompare(other.image));
}
