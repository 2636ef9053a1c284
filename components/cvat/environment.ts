import { takenVariables, type TakenVariables } from "../schema/taken-variables.ts";
import type { SectionRule } from "../schema/section-rules.ts";
import type { CvatConfig } from "./cvat-config.ts";

/** What the chart sets in every backend pod, by the part that has it set. (charts 0.15.0 to 2.64.0: templates/_helpers.tpl, sharedBackendEnv) */
const TAKEN: readonly (TakenVariables & { when?: (config: CvatConfig) => boolean })[] = [
  { names: ["ALLOWED_HOSTS"], cure: "set cvat.server.allowedHosts" },
  { names: ["SMOKESCREEN_OPTS"], cure: "set cvat.smokescreen.allowAddresses and cvat.smokescreen.allowRanges" },
  {
    names: ["REDIS_INMEM", "REDIS_ONDISK"].flatMap((part) =>
      ["HOST", "PORT", "PASSWORD"].map((what) => `CVAT_${part}_${what}`),
    ),
    cure: "set cvat.secrets.redis or cvat.secrets.kvrocks, or another server in cvat.redis.external or cvat.kvrocks.external",
  },
  {
    names: ["HOST", "PORT", "USER", "DBNAME", "PASSWORD"].map((what) => `CVAT_POSTGRES_${what}`),
    cure: "set cvat.secrets.postgresql, or another server in cvat.postgresql.external",
  },
  {
    names: ["PGSSLMODE", "PGSSLROOTCERT"],
    cure: "set cvat.postgresql.external.tls",
    when: ({ postgresql }) => postgresql.external?.tls !== undefined,
  },
  {
    names: [
      ...["CVAT_ANALYTICS", "DJANGO_LOG_SERVER_HOST", "DJANGO_LOG_SERVER_PORT"],
      ...["HOST", "PORT", "DB", "USER", "PASSWORD"].map((what) => `CLICKHOUSE_${what}`),
    ],
    cure: "set cvat.analytics and cvat.secrets.clickhouse",
    when: ({ analytics }) => analytics.enabled,
  },
  {
    names: ["CVAT_SERVERLESS", "CVAT_NUCLIO_HOST", "CVAT_NUCLIO_FUNCTION_NAMESPACE"],
    cure: "set cvat.nuclio",
    when: ({ nuclio }) => nuclio.enabled || nuclio.external !== undefined,
  },
  {
    names: ["CVAT_NUCLIO_PORT"],
    cure: "set cvat.nuclio.external.port",
    when: ({ nuclio }) => nuclio.external !== undefined,
  },
  { names: ["CVAT_BASE_URL"], cure: "set cvat.ingress.host", when: ({ ingress }) => ingress.host !== "" },
];

/** The free map `env` repeats nothing. */
export const ENVIRONMENT_RULE: SectionRule<CvatConfig> = {
  reads: ["env", "postgresql", "analytics", "nuclio", "ingress"],
  problems: (config) =>
    takenVariables(
      ["env"],
      config.env,
      TAKEN.filter(({ when }) => when?.(config) ?? true),
    ),
};
