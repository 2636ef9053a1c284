import { createHash } from "node:crypto";
import type { CvatConfig } from "../cvat-config.ts";
import { ONCE_TEXT } from "./once.ts";

/** Annotation of the pods that initialise CVAT: another one is another Job. */
export const INPUTS_ANNOTATION = "vision-platform/inputs";

type Services = Pick<CvatConfig, "postgresql" | "redis" | "analytics">;

/**
 * Changes with what CVAT is initialised in, and how. Names of databases and ClickHouse's address reach the pods by Secrets alone, so nothing
 * else of a Job changes with them, and another database would stay without tables. Passwords do not count: they open the same data.
 */
export function initialisationStamp({ postgresql, redis, analytics }: Services): string {
  const places = {
    postgresql: placeOf(postgresql.external),
    queues: placeOf(redis.external),
    clickhouse: analytics.enabled ? placeOf(analytics.clickhouse.external) : "none",
  };
  return createHash("sha256").update(ONCE_TEXT).update(JSON.stringify(places)).digest("hex").slice(0, 16);
}

interface Place {
  host: string;
  port: number;
  database?: string | undefined;
  user?: string | undefined;
  existingSecret?: string | undefined;
}

const placeOf = (external: Place | undefined) =>
  external && [external.host, external.port, external.database, external.user, external.existingSecret];
