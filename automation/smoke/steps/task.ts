import type { Project, Task } from "../../../components/cvat/client/types.ts";
import { UserError } from "../../../components/program/errors.ts";
import { labelsOf } from "../../data/cvat/find.ts";
import { BOX } from "../box.ts";
import { ownMark } from "../own-projects.ts";
import { spaceOf, type Step } from "../step.ts";

/** A project and a task of the run's own. */
export const task: Step = {
  name: "task",
  title: "Making a project and a task",
  limitMs: 60_000,
  needs: ["policy"],
  async work(trial, watch) {
    const { name, made } = trial;
    const space = await spaceOf(trial, watch);
    const { client, organization } = space;
    const labels = [{ name: BOX.label, type: "rectangle" }];
    const body = { name, labels, bug_tracker: ownMark() };
    made.project = await client.post<Project>("projects", body, { organization });
    [made.label] = await labelsOf(space, { project_id: made.project.id });
    if (made.label?.name !== BOX.label) throw new UserError(`Project ${name} was made, and has no label ${BOX.label}.`);
    made.task = await client.post<Task>("tasks", { name, project_id: made.project.id }, { organization });
    return `project #${made.project.id}, task #${made.task.id}`;
  },
  cure: () =>
    "The account must be allowed to make projects there: --as NAME for one whose role is user or admin, --org SLUG for an organization in which he is supervisor or more.",
};
