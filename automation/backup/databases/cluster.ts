import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { V1Job, V1Namespace } from "@kubernetes/client-node";
import { cronJobName } from "../../../components/backup/cron-jobs.ts";
import { BACKUP_LABEL } from "../../../components/backup/names.ts";
import { FILE_KEY, FILE_KEY_SECRET } from "../../../components/backup/databases/database-pod.ts";
import type { Database } from "../../../components/backup/databases/database.ts";
import type { Send } from "../../../components/kubernetes/api-server.ts";
import { FIELD_MANAGER, handOver, type ManagedMetadata } from "../../../components/kubernetes/field-manager.ts";
import { UserError } from "../../../components/program/errors.ts";
import { until } from "../../../components/rest/until.ts";
import type { Progress, ProgressTask } from "../../progress.ts";
import { Asked } from "../asked.ts";
import { begin, cronJobAt, ended, followed, hasEnded, type JobPlace } from "../follow.ts";
import { jobFrom, requestOf, type JobObject } from "../job.ts";
import { doneAgain } from "./again.ts";
import { scaledDown, scaledUp, workloadsOf, type Workload } from "./workloads.ts";

const LOOK_MS = 1_000;
const LET_GO_WITHIN_MS = 30_000;
const GONE_WITHIN_MS = 300_000;
const READY_WITHIN_MS = 900_000;
/** How long a Job that was given a key stays after its end, with the key where nobody has taken that away. */
const KEPT_S = 3_600;

const PLURAL = { Deployment: "deployments", StatefulSet: "statefulsets" } as const;

export interface DatabaseClusterOptions {
  send: Send;
  progress: Progress;
  /** Breaks waits off, and the Job that is waited for. */
  signal: AbortSignal;
}

/** Annotation of the namespace that a database lies in, with the stamp of the dump that it was put back from: as old as its claims. */
const RESTORED = (engine: string) => `vision-platform/restored-${engine}`;

type OfDatabase = Pick<Database, "engine" | "namespace" | "usedBy" | "after">;

/** A run that failed, and may be at work on the database nevertheless. */
export class StillAtWork extends UserError {
  constructor(namespace: string, job: string, cause: unknown) {
    super(
      [
        cause instanceof Error ? cause.message : String(cause),
        `Job ${job} may be at work nevertheless, and what uses the database is not scaled up beside it. See: kubectl --namespace ${namespace} get job ${job}`,
        "Run the same again: it follows that Job to its end, and scales up then.",
      ],
      { cause },
    );
  }
}

/** A Job that a run before this one began, and that has not ended. */
export interface AtWork {
  job: string;
  /** What it was asked. */
  request: Readonly<Record<string, unknown>>;
}

/** A database's namespace, as a restore sees and changes it. */
export class DatabaseCluster {
  readonly #asked: Asked;
  readonly #database: OfDatabase;
  readonly #progress: Progress;
  readonly #signal: AbortSignal;

  constructor(database: OfDatabase, options: DatabaseClusterOptions) {
    this.#asked = new Asked(options.send, {
      rights: "cronjobs, jobs, pods and their logs, secrets, deployments, statefulsets and the namespace itself",
    });
    this.#database = database;
    this.#progress = options.progress;
    this.#signal = options.signal;
  }

  /** What uses the database, and what a restore that was killed has taken away of it. */
  async workloads(): Promise<Workload[]> {
    const found = await Promise.all(
      (["Deployment", "StatefulSet"] as const).map(async (kind) => {
        const list = await this.#asked.get<{ items: [] }>(this.#path("apis/apps/v1", PLURAL[kind]));
        return workloadsOf(kind, list?.items ?? [], this.#database.usedBy);
      }),
    );
    return found.flat().sort((one, other) => one.name.localeCompare(other.name));
  }

  /** Takes their pods away, and waits until they are gone. */
  async scaleDown(workloads: readonly Workload[]): Promise<void> {
    await this.#progress.task("Scaling down what uses the database", async (task) => {
      for (const one of workloads) await this.#scale(one, scaledDown(one));
      await this.#waited(task, GONE_WITHIN_MS, ({ pods }) => pods === 0, "still has pods");
    });
  }

  /** Brings a database that was put back to what the stack file says, as long as nothing uses it. @throws UserError */
  async bringUpToDate(): Promise<void> {
    const { namespace, after } = this.#database;
    for (const job of after)
      await this.#progress.task(`Bringing what was put back to what the stack file says (Job ${job})`, () =>
        doneAgain(this.#asked, namespace, job, this.#signal),
      );
  }

  /** Notes that the database is as a dump has it, and goes on from there. */
  async note(stamp: string): Promise<void> {
    await this.#asked.patch(this.#namespace, {
      metadata: { annotations: { [RESTORED(this.#database.engine)]: stamp } },
    });
  }

  /** Stamp of the dump that it was put back from last. */
  async noted(): Promise<string | undefined> {
    const namespace = await this.#asked.get<V1Namespace>(this.#namespace);
    return namespace?.metadata?.annotations?.[RESTORED(this.#database.engine)];
  }

  get #namespace(): string {
    return `/api/v1/namespaces/${this.#database.namespace}`;
  }

  /** Gives them back what a restore took, and waits until they are ready: not where it is asked to end. */
  async scaleUp(): Promise<void> {
    await this.#progress.task("Scaling up what uses the database", async (task) => {
      for (const one of await this.workloads()) {
        const body = scaledUp(one);
        if (body !== undefined) await this.#scale(one, body);
      }
      if (this.#signal.aborted) return;
      await this.#waited(task, READY_WITHIN_MS, ({ ready, replicas }) => ready >= replicas, "is not ready");
    });
  }

  /** What somebody asked for and that has not ended: its command was killed, or somebody else is at it. Undefined: nothing. */
  async atWork(): Promise<AtWork | undefined> {
    const selector = encodeURIComponent(`${BACKUP_LABEL}=${this.#database.engine}`);
    const list = await this.#asked.get<{ items: V1Job[] }>(
      `${this.#path("apis/batch/v1", "jobs")}?labelSelector=${selector}`,
    );
    for (const job of list?.items ?? []) {
      const request = requestOf(job);
      // One that somebody ends is nobody's to follow.
      if (request !== undefined && !hasEnded(job) && job.metadata?.deletionTimestamp === undefined)
        return { job: job.metadata?.name ?? "", request };
    }
    return undefined;
  }

  /**
   * Changes a workload, and leaves nobody as the owner of what was changed: the number of replicas is the next `up`'s again, to which another
   * owner's would be a conflict. (components/kubernetes/field-manager.ts)
   */
  async #scale(one: Workload, body: object): Promise<void> {
    const path = this.#workload(one);
    await this.#asked.patch(`${path}?fieldManager=${FIELD_MANAGER}`, body);
    await until(
      async () => {
        const { metadata = {} } = (await this.#asked.get<{ metadata?: ManagedMetadata }>(path)) ?? {};
        const left = handOver(metadata, () => false);
        return left === undefined || (await this.#asked.patchRead(path, left));
      },
      { isDone: (done) => done, everyMs: LOOK_MS / 5, withinMs: LET_GO_WITHIN_MS },
    );
  }

  /**
   * Has the CronJob's pod do something else once, and follows it; a Job that does the same already is followed in its place. Nothing of it is at
   * work when this is over.
   * @param fileKey of the encrypted dump; it is in the cluster as long as the Job
   * @returns what the scripts say came of it
   * @throws UserError where no Job could be made, or it ended without a word of what came of it
   * @throws StillAtWork where it failed, and may be at work nevertheless
   */
  async run(what: string, request: object, fileKey?: Uint8Array): Promise<unknown> {
    const { engine, namespace } = this.#database;
    const name = `${cronJobName(engine)}-${randomBytes(4).toString("hex")}`;
    const at = { asked: this.#asked, namespace, name };
    const before = await this.atWork();
    if (before !== undefined && isDeepStrictEqual(before.request, request)) {
      this.#progress.line(`Job ${before.job} does that already, for a run before this one: it is followed.`);
      return this.#attended(what, { ...at, name: before.job });
    }
    if (before !== undefined)
      throw new StillAtWork(
        namespace,
        before.job,
        new Error("Something else was asked of it before, and is not over."),
      );
    const job = jobFrom(await cronJobAt(at, cronJobName(engine)), name, request);
    if (fileKey === undefined) return this.#attended(what, at, job);
    if (job.spec) job.spec.ttlSecondsAfterFinished = KEPT_S;
    try {
      await this.#giveKey(fileKey);
      return await this.#attended(what, at, job, (made) => this.#lastsAs(made));
    } finally {
      // What came of the run is what is told: the key goes with the Job in any case.
      await this.#asked.remove(this.#secret).catch((error: unknown) => {
        this.#progress.line(`Secret ${FILE_KEY_SECRET} stays until Job ${name} goes: ${(error as Error).message}`);
      });
    }
  }

  /**
   * @param job is made first. Default: it is there
   * @param whenMade is done before it is followed. Default: nothing
   */
  #attended(what: string, at: JobPlace, job?: JobObject, whenMade?: (made: V1Job) => Promise<void>): Promise<unknown> {
    const { namespace, name } = at;
    return this.#progress.task(what, async (task) => {
      try {
        if (job !== undefined) {
          const made = await begin(at, job);
          await whenMade?.(made);
        }
        return await followed({
          ...{ ...at, signal: this.#signal },
          say: (text) => {
            task.update(text);
          },
        });
      } catch (error) {
        // Also where its making had no answer, or it is asked about in vain: what uses the database must not come back beside it.
        if (!(await ended(at).catch(() => false))) throw new StillAtWork(namespace, name, error);
        throw error;
      }
    });
  }

  async #giveKey(fileKey: Uint8Array): Promise<void> {
    const { namespace } = this.#database;
    // One that a killed run left is of another file.
    await this.#asked.remove(this.#secret);
    await this.#asked.post(this.#path("api/v1", "secrets"), {
      ...{ apiVersion: "v1", kind: "Secret", metadata: { name: FILE_KEY_SECRET, namespace } },
      stringData: { [FILE_KEY]: Buffer.from(fileKey).toString("base64") },
    });
  }

  /** Where this process is killed, the Secret goes with the Job. */
  async #lastsAs({ metadata }: V1Job): Promise<void> {
    const owner = { apiVersion: "batch/v1", kind: "Job", name: metadata?.name ?? "", uid: metadata?.uid ?? "" };
    await this.#asked.patch(this.#secret, { metadata: { ownerReferences: [owner] } });
  }

  get #secret(): string {
    return this.#path("api/v1", "secrets", FILE_KEY_SECRET);
  }

  async #waited(task: ProgressTask, withinMs: number, isDone: (one: Workload) => boolean, how: string): Promise<void> {
    const open = (all: readonly Workload[]) => all.filter((one) => !isDone(one)).map(({ name }) => name);
    await until(
      async () => {
        const names = open(await this.workloads());
        if (names.length > 0) task.update(names.join(", "));
        return names;
      },
      {
        isDone: (names) => names.length === 0,
        ...{ everyMs: LOOK_MS, withinMs, signal: this.#signal },
        late: (names) => new UserError(`After ${withinMs / 60_000} minutes ${names.join(", ")} ${how}.`),
      },
    );
  }

  #workload({ kind, name }: Workload): string {
    return this.#path("apis/apps/v1", PLURAL[kind], name);
  }

  #path(api: string, plural: string, name?: string): string {
    return `/${api}/namespaces/${this.#database.namespace}/${plural}${name === undefined ? "" : `/${name}`}`;
  }
}
