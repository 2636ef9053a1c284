import { UserError } from "../../../components/program/errors.ts";
import { until } from "../../../components/rest/until.ts";
import type { CvatSpace } from "../../data/cvat/space.ts";
import { finished } from "../../data/cvat/requests.ts";
import { placeIn, rawCall } from "../../data/cvat/raw.ts";
import { following, madeBy, spaceOf, type Step, type Trial, type Watch } from "../step.ts";
import { logOf } from "../store-log.ts";

const EVERY_MS = 2_000;

/**
 * That the task was made, as ClickHouse has it: CVAT's server tells Vector, that puts it there, and CVAT reads it out again for its export of
 * events. (events/export.py; recorded of 2.64.0)
 */
export const event: Step = {
  name: "event",
  title: "Waiting for the run's own event in ClickHouse",
  limitMs: 120_000,
  // A worker of exports reads it out: where there is none, that is what is wrong.
  needs: ["export-cvat"],
  leftOut: ({ lab }) =>
    lab.plan.lab.cvat.analytics.enabled ? undefined : "analytics is off (vision-platform:cvat.analytics.enabled)",
  async work(trial, watch) {
    const space = await spaceOf(trial, watch);
    const { id } = madeBy(trial.made.task, "task");
    const row = `create:task,${trial.name},${id},`;
    const look = async (passedMs: number) => {
      const rows = (await eventsOf(space, trial, watch, id)).split(/\r?\n/).slice(1).filter(Boolean);
      if (rows.length > 0) watch.update(`ClickHouse has ${rows.length} other events of the task`);
      else watch.update(`ClickHouse has no event of the task after ${Math.round(passedMs / 1000)} s`);
      return rows.some((one) => one.startsWith(row)) ? rows.length : undefined;
    };
    const rows = await until(look, { isDone: (found) => found !== undefined, everyMs: EVERY_MS, signal: watch.signal });
    return `create:task, and ${madeBy(rows, "event") - 1} more of the task`;
  },
  cure: ({ namespace, analytics: { clickhouse } }) =>
    `On their way events pass Vector and ClickHouse: kubectl -n ${namespace} logs statefulset/cvat-vector; ${logOf(namespace, "cvat-clickhouse-shard0", "cvat.analytics.clickhouse", clickhouse.external)}. That the table is missing means that the Job cvat-backend-initializer-r1 did not come to its end.`,
};

/** A table with commas, its names in the first line. */
async function eventsOf(
  { client, organization }: CvatSpace,
  trial: Trial,
  watch: Watch,
  task: number,
): Promise<string> {
  const { signal } = watch;
  const query = { task_id: task };
  const { rq_id } = await client.post<{ rq_id: string }>("events/export", undefined, { organization, query });
  trial.made.requests = [rq_id];
  const request = await finished(client, rq_id, following(trial, watch, "reading events out of ClickHouse"));
  const url = request?.result_url ?? undefined;
  if (url === undefined) throw new UserError("CVAT has finished the export of events, and says not where it is.");
  return (await rawCall(client, { method: "GET", place: placeIn(url, client), signal })).bytes.toString("utf8");
}
