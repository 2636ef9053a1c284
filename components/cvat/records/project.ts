import { UserError } from "../../program/errors.ts";
import { changedKeys } from "../../records/changed.ts";
import type { ResourceKind, Run } from "../../records/kind.ts";
import type { CvatClient } from "../client/client.ts";
import { changedAccount, type Connection } from "../client/connection.ts";
import type { CloudStorage, Label, Project, Task } from "../client/types.ts";
import { compareLabels } from "../projects/compare.ts";
import { annotationCounts, losing } from "../projects/counts.ts";
import { changeBody, createBody, isUnchanged, planProject, removedLabels } from "../projects/plan-project.ts";
import { projectProblems, type LabelConfig } from "../projects/project-config.ts";
import { storageName } from "../projects/storages.ts";
import { adoptOrCreate } from "./adopt.ts";
import { connected, connectedSoon, present, removing } from "./connected.ts";

export interface ProjectInputs {
  connection: Connection;
  name: string;
  /** Slug; "" for the account's own space. */
  organization: string;
  labels: LabelConfig[];
  /** Name of a cloud storage, or `local`. Undefined: as it is. */
  sourceStorage?: string;
  targetStorage?: string;
  /** Whether labels are removed that have annotations. */
  force: boolean;
}

export interface ProjectOuts extends ProjectInputs {
  projectId: number;
}

const SENT = ["name", "labels", "sourceStorage", "targetStorage"] as const;
const path = (id: string | number) => `projects/${id}`;

/** A project with its labels. CVAT allows any number of one name, so the natural key is ours: the organization and the name. */
export const kind: ResourceKind<ProjectInputs, ProjectOuts> = {
  secrets: ["connection"],

  check(inputs, _olds, run) {
    present(inputs.connection, run);
    return projectProblems(inputs).map(
      ({ path: at, message }) => `vision-platform:cvat.projects: ${inputs.name}: ${at.join(".")}: ${message}.`,
    );
  },

  async create(inputs, run) {
    const { organization } = inputs;
    const client = await connected(inputs.connection, run);
    const storages = await client.list<CloudStorage>("cloudstorages", { organization });
    const plan = planProject(inputs, undefined, storages);
    if (plan.problems.length > 0) throw refusal(inputs, plan.problems);
    const { record, adopted } = await adoptOrCreate<Project>({
      signal: run.signal,
      find: () => named(client, inputs),
      post: () => client.post("projects", createBody(inputs, plan, storages), { organization }),
      remove: ({ id }) => client.remove(path(id)),
    });
    if (adopted) await makeSo(client, record, inputs, run);
    return { id: String(record.id), outs: { ...inputs, connection: await client.account(), projectId: record.id } };
  },

  async read(id, outs, run) {
    const client = await connectedSoon(outs.connection, run);
    const project = await client.find<Project>(path(id));
    if (!project) return undefined;
    const { organization } = outs;
    const storages = await client.list<CloudStorage>("cloudstorages", { organization });
    const labels = await labelsIn(client, project);
    return {
      id,
      outs: {
        ...outs,
        name: project.name,
        labels: asWritten(outs.labels, labels),
        ...(outs.sourceStorage !== undefined && { sourceStorage: storageName(project.source_storage, storages) }),
        ...(outs.targetStorage !== undefined && { targetStorage: storageName(project.target_storage, storages) }),
      },
    };
  },

  async update(id, olds, news, run) {
    const client = await connected(news.connection, run);
    if (changedKeys(SENT, olds, news).length > 0) {
      const project = await client.find<Project>(path(id));
      if (!project)
        throw new UserError(
          `CVAT's project ${news.name} was removed in CVAT. Let the stack take note of that with \`pulumi refresh\`, then run up: it is made again. (docs/recover.md)`,
        );
      await makeSo(client, project, news, run);
    }
    return { ...news, connection: await client.account(), projectId: Number(id) };
  },

  delete: (id, outs, run) =>
    removing(outs.connection, run, async (client) => {
      const there = await client.find<Project>(path(id));
      // Under another name it is somebody's, or another resource of the stack has taken it over just before.
      if (there?.name !== outs.name) return;
      const tasks = await client.list<Task>("tasks", { query: { project_id: there.id } });
      const own = tasks.filter(({ project_id }) => project_id === there.id).length;
      if (own > 0)
        run.warn(
          `CVAT's project ${outs.name} stays, with its ${own} task(s): it is only no longer this stack's. Who wants it gone deletes it in CVAT.`,
        );
      else await client.remove(path(id));
    }),

  diff: (olds, news) => ({
    changed: [...changedKeys([...SENT, "organization", "force"], olds, news), ...changedAccount(olds, news)],
    replaces: changedKeys(["organization"], olds, news),
  }),
};

/** Makes a project that is there what it should be, in one call. */
async function makeSo(client: CvatClient, project: Project, inputs: ProjectInputs, run: Run): Promise<void> {
  const { organization, force, name } = inputs;
  const storages = await client.list<CloudStorage>("cloudstorages", { organization });
  const plan = planProject(inputs, { project, labels: await labelsIn(client, project) }, storages);
  if (plan.problems.length > 0) throw refusal(inputs, plan.problems);
  const removed = removedLabels(plan);
  if (removed.length > 0 && !force) {
    const lost = losing(
      removed,
      await annotationCounts(client, project.id, (read, of) => run.say(`${read} of ${of} jobs read`)),
    );
    if (lost.length > 0)
      throw refusal(inputs, [
        `these labels would go with their annotations: ${lost.join(", ")}. Keep them, give their new names with \`was\`, or set \`force\`.`,
      ]);
  }
  const body = { ...(project.name !== name && { name }), ...(isUnchanged(plan) ? {} : changeBody(plan, storages)) };
  if (Object.keys(body).length > 0) await client.patch(path(project.id), body);
}

const refusal = ({ name }: ProjectInputs, problems: readonly string[]) =>
  new UserError(problems.map((problem) => `vision-platform:cvat.projects: ${name}: ${problem}`).join("\n"));

async function named(client: CvatClient, { name, organization, connection }: ProjectInputs): Promise<Project[]> {
  const found = await client.list<Project>("projects", { query: { name }, organization });
  // In no organization a superuser sees everybody's.
  return found.filter(
    (one) =>
      one.name === name &&
      (organization === ""
        ? one.organization === null && one.owner?.username === connection.username
        : one.organization !== null),
  );
}

async function labelsIn(client: CvatClient, { id }: Project): Promise<Label[]> {
  const labels = await client.list<Label & { project_id?: number }>("labels", { query: { project_id: id } });
  return labels.filter(({ parent_id }) => parent_id === null).sort((one, other) => one.id - other.id);
}

/** Labels of CVAT as the stack file has them: what is as it was written stays so, to the letter. */
function asWritten(written: readonly LabelConfig[], live: readonly Label[]): LabelConfig[] {
  const kept = written.flatMap((one) => {
    const there = live.find(({ name }) => name === one.name);
    if (!there) return [];
    const { changes, stuck } = compareLabels([one], [there]);
    return [changes.length === 0 && stuck.length === 0 ? one : fromLive(there, one)];
  });
  const others = live.filter(({ name }) => !written.some((one) => one.name === name));
  return [...kept, ...others.map((one) => fromLive(one))];
}

function fromLive({ name, type, color, attributes, sublabels }: Label, written?: LabelConfig): LabelConfig {
  return {
    ...{ name, type: type as LabelConfig["type"] },
    ...(written?.color !== undefined && { color: color.toLowerCase() }),
    attributes: attributes.map((one) => ({
      ...{ name: one.name, input: one.input_type, default: one.default_value, mutable: one.mutable },
      values: one.values.filter((text) => text !== ""),
    })),
    points: sublabels.map(
      (point) => written?.points.find((one) => one.name === point.name) ?? { name: point.name, x: 50, y: 50 },
    ),
    edges: written?.edges ?? [],
  };
}
