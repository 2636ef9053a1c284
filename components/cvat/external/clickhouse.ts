import type * as pulumi from "@pulumi/pulumi";
import { clickhousePod } from "./clickhouse-pod.ts";
import { registerDatabase, type ExternalArgs, type ExternalService } from "./database.ts";
import { EXTERNAL } from "./names.ts";

/** CVAT's user and database in a ClickHouse that somebody else runs. What was made there outlives the stack, as a volume does. */
export function externalClickhouse(
  name: string,
  args: ExternalArgs,
  opts: pulumi.CustomResourceOptions,
): ExternalService {
  const { config } = args.plan;
  const { enabled, clickhouse } = config.analytics;
  const { external } = clickhouse;
  if (!enabled || external === undefined) return { objects: [], texts: {} };
  return registerDatabase(
    `${name}-external-clickhouse`,
    {
      ...args,
      external,
      before: [],
      keeper: "ClickHouse",
      key: "vision-platform:cvat.secrets.clickhouse",
      given: config.secrets.clickhouse,
      secret: EXTERNAL.clickhouseSecret,
      beside: {},
      pod: clickhousePod(external),
      failed:
        "CVAT's user and database in ClickHouse (vision-platform:cvat.analytics.clickhouse.external) are not as they must be",
    },
    opts,
  );
}
