import type { CvatClient } from "../client/client.ts";
import type { Job, Label } from "../client/types.ts";

interface Annotations {
  tags: { label_id: number }[];
  shapes: { label_id: number }[];
  tracks: { label_id: number }[];
}

/**
 * How many tags, shapes and tracks each label of a project has, by the label's number. No call counts them: the annotations of all jobs are read,
 * those of ground truth and replicas too.
 * @param update told how many jobs are read. Default: nobody
 */
export async function annotationCounts(
  client: CvatClient,
  project: number,
  update: (read: number, of: number) => void = () => undefined,
): Promise<Map<number, number>> {
  const jobs = (await client.list<Job>("jobs", { query: { project_id: project } })).filter(
    ({ project_id }) => project_id === project,
  );
  const counts = new Map<number, number>();
  for (const [index, { id }] of jobs.entries()) {
    update(index, jobs.length);
    const { tags, shapes, tracks } = await client.get<Annotations>(`jobs/${id}/annotations`);
    for (const { label_id } of [...tags, ...shapes, ...tracks]) counts.set(label_id, (counts.get(label_id) ?? 0) + 1);
  }
  return counts;
}

/** Labels that would be removed with annotations of theirs, as phrases: `car (1,204 annotations)`. */
export function losing(removed: readonly Label[], counts: ReadonlyMap<number, number>): string[] {
  return removed.flatMap(({ id, name }) => {
    const count = counts.get(id) ?? 0;
    return count === 0 ? [] : [`${name} (${count} annotation${count === 1 ? "" : "s"})`];
  });
}
