import type { CloudStorage, Label, Project } from "../client/types.ts";
import { changedLabels, newLabels } from "./bodies.ts";
import { changeText, compareLabels, type LabelChange } from "./compare.ts";
import type { ProjectConfig } from "./project-config.ts";
import { compareStorages, LOCAL, storageBody, storageProblems, type StorageChange } from "./storages.ts";

/** A project as it is in CVAT. */
export interface LiveProject {
  project: Project;
  labels: readonly Label[];
}

/** What makes a project what it should be. */
export interface ProjectPlan {
  isNew: boolean;
  labels: LabelChange[];
  storages: StorageChange[];
  /** What stands in the way, as sentences. */
  problems: string[];
}

/**
 * Compares what is wanted of a project with what is there.
 * @param live undefined: there is none of the name
 * @param storages those that the project may name
 */
export function planProject(
  wanted: ProjectConfig,
  live: LiveProject | undefined,
  storages: readonly CloudStorage[],
): ProjectPlan {
  const { changes, stuck } = compareLabels(wanted.labels, live?.labels ?? []);
  return {
    isNew: live === undefined,
    labels: changes,
    storages: compareStorages(wanted, live?.project, storages),
    problems: [...storageProblems(wanted, storages), ...stuck],
  };
}

export const isUnchanged = ({ isNew, labels, storages }: ProjectPlan): boolean =>
  !isNew && labels.length === 0 && storages.length === 0;

/** Labels that the plan removes. */
export const removedLabels = ({ labels }: ProjectPlan): Label[] =>
  labels.flatMap((change) => (change.kind === "remove" ? [change.live] : []));

/** What a POST makes it by. */
export function createBody(
  wanted: ProjectConfig,
  plan: ProjectPlan,
  storages: readonly CloudStorage[],
): Record<string, unknown> {
  return { name: wanted.name, labels: newLabels(wanted.labels), ...storageBody(plan.storages, storages) };
}

/** What a PATCH changes it by. */
export function changeBody(
  { labels, storages: changed }: ProjectPlan,
  storages: readonly CloudStorage[],
): Record<string, unknown> {
  return {
    ...(labels.length > 0 && { labels: changedLabels(labels) }),
    ...storageBody(changed, storages),
  };
}

/** The plan as lines: `+` is made, `~` changes, `-` goes. */
export function planLines({ name }: ProjectConfig, plan: ProjectPlan): string[] {
  if (isUnchanged(plan)) return [`Project ${name} is as wanted.`];
  return [
    plan.isNew ? `+ project ${name}` : `~ project ${name}`,
    ...plan.storages
      .filter(({ to }) => !plan.isNew || to !== LOCAL)
      .map(({ key, from, to }) => `  ${plan.isNew ? "+" : "~"} ${key}: ${plan.isNew ? to : `${from} -> ${to}`}`),
    ...plan.labels.map((change) => `  ${changeText(change)}`),
  ];
}
