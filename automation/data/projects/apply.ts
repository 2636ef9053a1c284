import type { CloudStorage, Project } from "../../../components/cvat/client/types.ts";
import { annotationCounts, losing } from "../../../components/cvat/projects/counts.ts";
import {
  changeBody,
  createBody,
  isUnchanged,
  planProject,
  removedLabels,
  type LiveProject,
  type ProjectPlan,
} from "../../../components/cvat/projects/plan-project.ts";
import type { ProjectConfig } from "../../../components/cvat/projects/project-config.ts";
import { adoptOrCreate } from "../../../components/cvat/records/adopt.ts";
import { UserError } from "../../../components/program/errors.ts";
import { labelsOf, projectsOf, storagesOf } from "../cvat/find.ts";
import { theOne } from "../cvat/named.ts";
import { spaceText, type CvatSpace } from "../cvat/space.ts";

/** A plan, and what it was made of. */
export interface Planned {
  wanted: ProjectConfig;
  plan: ProjectPlan;
  live: LiveProject | undefined;
  storages: readonly CloudStorage[];
  /** Labels that go with annotations of theirs: `car (12 annotations)`. */
  losing: string[];
}

/**
 * What would be done for a project to be as wanted; nothing is changed. Where a label goes, the annotations of all jobs are counted.
 * @throws UserError with all that stands in the way
 */
export async function planApply(
  space: CvatSpace,
  wanted: ProjectConfig,
  update?: (text: string) => void,
): Promise<Planned> {
  const { live, storages, plan } = await compared(space, wanted);
  if (plan.problems.length > 0) throw new UserError(plan.problems.join("\n"), { exitCode: 2 });
  const removed = removedLabels(plan);
  const counts =
    live && removed.length > 0
      ? await annotationCounts(space.client, live.project.id, (read, of) =>
          update?.(`annotations of ${read} of ${of} jobs read`),
        )
      : new Map<number, number>();
  return { wanted, plan, live, storages, losing: losing(removed, counts) };
}

async function compared(space: CvatSpace, wanted: ProjectConfig) {
  const found = await projectsOf(space, wanted.name);
  const project =
    found.length === 0
      ? undefined
      : await theOne<Project>({
          what: "project",
          name: wanted.name,
          found,
          all: () => Promise.resolve(found),
          where: spaceText(space),
        });
  const [labels, storages] = await Promise.all([
    project ? labelsOf(space, { project_id: project.id }) : Promise.resolve([]),
    storagesOf(space),
  ]);
  const live = project && { project, labels };
  return { live, storages, plan: planProject(wanted, live, storages) };
}

/** Whether a project is as wanted now. */
export async function isApplied(space: CvatSpace, wanted: ProjectConfig): Promise<boolean> {
  return isUnchanged((await compared(space, wanted)).plan);
}

/** Does what was planned, in one call, so that all of it is done or nothing. */
export async function apply(space: CvatSpace, { wanted, plan, live, storages }: Planned): Promise<void> {
  const { client, organization } = space;
  if (isUnchanged(plan)) return;
  if (live) {
    await client.patch(`projects/${live.project.id}`, changeBody(plan, storages));
    return;
  }
  await adoptOrCreate<Project>({
    find: () => projectsOf(space, wanted.name),
    post: () => client.post<Project>("projects", createBody(wanted, plan, storages), { organization }),
    remove: ({ id }) => client.remove(`projects/${id}`),
  });
}
