import { randomBytes } from "node:crypto";
import type { V1CronJob, V1Job, V1Pod } from "@kubernetes/client-node";
import { cronJobName } from "../../../components/backup/cron-jobs.ts";
import { FILE_KEY, FILE_KEY_SECRET } from "../../../components/backup/databases/database-pod.ts";
import type { Database } from "../../../components/backup/databases/database.ts";
import type { Send } from "../../../components/kubernetes/api-server.ts";
import { UserError } from "../../../components/program/errors.ts";
import { until } from "../../../components/rest/until.ts";
import type { Progress, ProgressTask } from "../../progress.ts";
import { endOf, failureOf, troubleOf } from "../../data/in-cluster/troubles.ts";
import { jobFrom } from "../job.ts";
import { LineReader } from "../told.ts";
import { Asked } from "./asked.ts";
import { scaledDown, scaledUp, workloadsOf, type Workload } from "./workloads.ts";

const LOOK_MS = 1_000;
const GONE_WITHIN_MS = 300_000;
const READY_WITHIN_MS = 900_000;
/** A pod that is ended has half a minute. */
const ENDED_WITHIN_MS = 60_000;

const PLURAL = { Deployment: "deployments", StatefulSet: "statefulsets" } as const;

export interface DatabaseClusterOptions {
  send: Send;
  progress: Progress;
  /** Breaks waits off, and the Job that is waited for. */
  signal: AbortSignal;
}

/** Whether a Job has ended, however it did. */
const hasEnded = ({ status }: V1Job): boolean =>
  status?.conditions?.some(({ type, status: is }) => (type === "Complete" || type === "Failed") && is === "True") ??
  false;

/** A database's namespace, as a restore sees and changes it. */
export class DatabaseCluster {
  readonly #asked: Asked;
  readonly #database: Pick<Database, "engine" | "namespace" | "usedBy">;
  readonly #progress: Progress;
  readonly #signal: AbortSignal;

  constructor(database: Pick<Database, "engine" | "namespace" | "usedBy">, options: DatabaseClusterOptions) {
    this.#asked = new Asked(options.send);
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
      for (const one of workloads) await this.#asked.patch(this.#workload(one), scaledDown(one));
      await this.#waited(task, GONE_WITHIN_MS, ({ pods }) => pods === 0, "still has pods");
    });
  }

  /** Gives them back what a restore took, and waits until they are ready. */
  async scaleUp(): Promise<void> {
    await this.#progress.task("Scaling up what uses the database", async (task) => {
      for (const one of await this.workloads()) {
        const body = scaledUp(one);
        if (body !== undefined) await this.#asked.patch(this.#workload(one), body);
      }
      await this.#waited(task, READY_WITHIN_MS, ({ ready, replicas }) => ready >= replicas, "is not ready");
    });
  }

  /**
   * Has the CronJob's pod do something else once, and follows it.
   * @param fileKey of the encrypted dump; it is in the cluster as long as the Job
   * @returns what the scripts say came of it
   * @throws UserError where no Job could be made, or it ended without a word of what came of it
   */
  async run(what: string, request: object, fileKey?: Uint8Array): Promise<unknown> {
    const { engine, namespace } = this.#database;
    const cronJob = await this.#asked.get<V1CronJob>(this.#path("apis/batch/v1", "cronjobs", cronJobName(engine)));
    if (cronJob === undefined)
      throw new UserError(
        `There is no CronJob ${cronJobName(engine)} in namespace ${namespace}: npm run platform -- up makes it where vision-platform:backup.databases is on.`,
      );
    const name = `${cronJobName(engine)}-${randomBytes(4).toString("hex")}`;
    const secret = this.#path("api/v1", "secrets", FILE_KEY_SECRET);
    try {
      if (fileKey !== undefined) {
        // One that a killed run left is of another file.
        await this.#asked.remove(secret);
        const stringData = { [FILE_KEY]: Buffer.from(fileKey).toString("base64") };
        const metadata = { name: FILE_KEY_SECRET, namespace };
        await this.#asked.post(this.#path("api/v1", "secrets"), {
          apiVersion: "v1",
          kind: "Secret",
          metadata,
          stringData,
        });
      }
      return await this.#progress.task(what, async (task) => {
        await this.#asked.post<V1Job>(this.#path("apis/batch/v1", "jobs"), jobFrom(cronJob, name, request));
        return this.#followed(name, task);
      });
    } finally {
      if (fileKey !== undefined) await this.#asked.remove(secret);
    }
  }

  async #followed(name: string, task: ProgressTask): Promise<unknown> {
    const job = this.#path("apis/batch/v1", "jobs", name);
    const lines = new LineReader((text) => {
      task.update(text);
    });
    let read = 0;
    // The whole log each time: it has a few lines.
    const readLog = async () => {
      const pods = await this.#pods(name);
      const log = await this.#log(pods);
      lines.take(log.slice(read));
      read = log.length;
      return pods;
    };
    try {
      const ended = await until(
        async () => {
          const trouble = troubleOf(await readLog());
          if (trouble) task.update(trouble.text);
          return this.#asked.get<V1Job>(job);
        },
        { isDone: (seen) => seen === undefined || hasEnded(seen), everyMs: LOOK_MS, signal: this.#signal },
      );
      const pods = await readLog();
      if (lines.result !== undefined) return lines.result;
      const why = ended === undefined ? `${name} was removed` : (failureOf(ended, pods) ?? pods.map(endOf).join(" "));
      throw new UserError(`Job ${why || `${name} ended and said nothing`}`);
    } catch (error) {
      if (this.#signal.aborted) await this.#end(name, job);
      throw error;
    }
  }

  /** What is under way ends with its pods, before anything that uses the database comes back. */
  async #end(name: string, job: string): Promise<void> {
    await this.#asked.remove(job);
    await until(() => this.#pods(name), {
      isDone: (pods) => pods.length === 0,
      everyMs: LOOK_MS,
      withinMs: ENDED_WITHIN_MS,
    });
  }

  async #pods(job: string): Promise<V1Pod[]> {
    const selector = encodeURIComponent(`batch.kubernetes.io/job-name=${job}`);
    const list = await this.#asked.get<{ items: V1Pod[] }>(`${this.#path("api/v1", "pods")}?labelSelector=${selector}`);
    return list?.items ?? [];
  }

  /** What the scripts' container has written so far. */
  async #log([pod]: readonly V1Pod[]): Promise<string> {
    if (pod?.status?.phase === undefined || pod.status.phase === "Pending") return "";
    return this.#asked.log(`${this.#path("api/v1", "pods", pod.metadata?.name)}/log?container=backup`);
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
