import type { CvatClient } from "../../../components/cvat/client/client.ts";
import type { Job, JobStage, JobState } from "../../../components/cvat/client/types.ts";

export interface Person {
  id: number;
  username: string;
}

export interface Deal {
  people: readonly Person[];
  /** Whether everybody gets as many jobs, or as many frames. */
  by: "jobs" | "frames";
  /** Stage and state that the jobs get. Default: they keep theirs. */
  stage?: JobStage | undefined;
  state?: JobState | undefined;
}

/** What is told CVAT of one job. */
export interface JobChange {
  job: Job;
  person: Person;
  body: { assignee?: number; stage?: JobStage; state?: JobState };
}

/**
 * Who gets which job: in the order of the frames, each to whoever has the least so far. What somebody of them has begun with stays his, and what
 * is accepted stays as it is. The same people and jobs come to the same.
 */
export function dealt(jobs: readonly Job[], { people, by, stage, state }: Deal): JobChange[] {
  const mine = jobs.filter(({ type }) => type === "annotation");
  const weight = ({ frame_count }: Job) => (by === "jobs" ? 1 : frame_count);
  const load = new Map(people.map(({ id }) => [id, 0]));
  const add = ({ id }: Person, job: Job) => load.set(id, (load.get(id) ?? 0) + weight(job));
  const holder = (job: Job) => people.find(({ id }) => id === job.assignee?.id);
  for (const job of mine.filter((one) => stays(one, holder(one)))) {
    const person = holder(job);
    if (person) add(person, job);
  }
  return mine.flatMap((job): JobChange[] => {
    if (isAccepted(job)) return [];
    const own = holder(job);
    const person = own && stays(job, own) ? own : least(people, load);
    if (!person) return [];
    if (!stays(job, own)) add(person, job);
    return [{ job, person, body: bodyOf(job, person, stage, state) }];
  });
}

const isAccepted = ({ stage, state }: Job) => stage === "acceptance" && state === "completed";
const stays = (job: Job, holder: Person | undefined) =>
  isAccepted(job) || (holder !== undefined && job.state !== "new");

function least(people: readonly Person[], load: ReadonlyMap<number, number>): Person | undefined {
  return people.reduce<Person | undefined>(
    (best, one) => (best === undefined || (load.get(one.id) ?? 0) < (load.get(best.id) ?? 0) ? one : best),
    undefined,
  );
}

/** A stage alone would put the state back to new, so both are sent. (cvat-real-third-look.md 6.2) */
function bodyOf(job: Job, { id }: Person, stage: JobStage | undefined, state: JobState | undefined): JobChange["body"] {
  const moves = (stage !== undefined && stage !== job.stage) || (state !== undefined && state !== job.state);
  return {
    ...(job.assignee?.id !== id && { assignee: id }),
    ...(moves && { stage: stage ?? job.stage, state: state ?? "new" }),
  };
}

export const isChange = ({ body }: JobChange): boolean => Object.keys(body).length > 0;

/** Tells CVAT, one job after the other: it has no call for more. (6.1) */
export async function assign(
  client: CvatClient,
  changes: readonly JobChange[],
  update: (done: number) => void,
): Promise<void> {
  for (const [index, { job, body }] of changes.entries()) {
    update(index);
    await client.patch(`jobs/${job.id}`, body);
  }
}

/** How much each has then, as a line: `anna 3 jobs, 300 frames; ben 2 jobs, 150 frames`. */
export function shares(changes: readonly JobChange[], people: readonly Person[]): string {
  return people
    .map(({ id, username }) => {
      const his = changes.filter(({ person }) => person.id === id);
      const frames = his.reduce((all, { job }) => all + job.frame_count, 0);
      return `${username} ${his.length} job${his.length === 1 ? "" : "s"}, ${frames} frames`;
    })
    .join("; ");
}
