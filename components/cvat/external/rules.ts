import semver from "semver";
import { ruleAt, type Found, type SectionRule } from "../../schema/section-rules.ts";
import type { CvatConfig } from "../cvat-config.ts";

/** Since this release the server's image makes the table of events in any ClickHouse. (cvat-ai/cvat#9689) */
const EVENT_TABLE_SINCE = "2.45.0";

/** A password has to come from somewhere: from a Secret, from the stack, or made here where somebody can be told it. */
function passwordsAreKnown({ postgresql, redis, kvrocks, analytics, secrets }: CvatConfig): Found[] {
  const clickhouse = analytics.enabled ? analytics.clickhouse.external : undefined;
  const databases = [
    { path: ["postgresql", "external"], external: postgresql.external, given: secrets.postgresql, key: "postgresql" },
    {
      path: ["analytics", "clickhouse", "external"],
      external: clickhouse,
      given: secrets.clickhouse,
      key: "clickhouse",
    },
  ] as const;
  const stores = [
    { path: ["redis", "external"], external: redis.external, given: secrets.redis, key: "redis" },
    { path: ["kvrocks", "external"], external: kvrocks.external, given: secrets.kvrocks, key: "kvrocks" },
  ] as const;
  return [
    ...databases.flatMap(({ path, external, given, key }): Found[] =>
      external === undefined || external.existingSecret !== undefined || external.admin || given
        ? []
        : [
            {
              path,
              message: `says no password; name an administrator in \`admin\`, and one is made, or name a Secret in \`existingSecret\`, or set cvat.secrets.${key}`,
            },
          ],
    ),
    ...stores.flatMap(({ path, external, given, key }): Found[] =>
      external === undefined || external.existingSecret !== undefined || given
        ? []
        : [
            {
              path,
              message: `says no password; name a Secret in \`existingSecret\`, or set cvat.secrets.${key}. A store without one lets every pod put work into CVAT's queues`,
            },
          ],
    ),
    ...[...databases, ...stores].flatMap(({ path, external, given, key }): Found[] =>
      external?.existingSecret !== undefined && given
        ? [
            {
              path: [...path, "existingSecret"],
              message: `is set together with cvat.secrets.${key}; keep one of the two`,
            },
          ]
        : [],
    ),
  ];
}

/** Rules across keys of services that somebody else runs. */
export const EXTERNAL_RULES: readonly SectionRule<CvatConfig>[] = [
  { reads: ["postgresql", "redis", "kvrocks", "analytics", "secrets"], problems: passwordsAreKnown },
  ruleAt(
    ["kvrocks", "external"],
    ["redis", "kvrocks"],
    ({ redis: { external: queues }, kvrocks: { external: cache } }) =>
      queues && cache && queues.host.toLowerCase() === cache.host.toLowerCase() && queues.port === cache.port
        ? "is the server of cvat.redis.external, and CVAT takes database 0 of both: chunks and queues would lie in one, and what makes room for chunks would throw work away; give the cache a server of its own"
        : undefined,
  ),
  {
    reads: ["postgresql"],
    problems: ({ postgresql: { external } }) =>
      external?.existingSecret === undefined
        ? []
        : (["user", "database"] as const)
            .filter((key) => external[key] !== undefined)
            .map((key) => ({
              path: ["postgresql", "external", key],
              message: "stands in the Secret of `existingSecret` too, which is what CVAT reads; keep one of the two",
            })),
  },
  ruleAt(["postgresql", "external", "tls", "ca"], ["postgresql"], ({ postgresql: { external } }) =>
    external?.tls && external.tls.mode !== "require" && external.tls.ca === undefined
      ? `is missing: ${external.tls.mode} compares the server's certificate with it, and CVAT's image has no other; set it, or \`mode: require\`, which encrypts and compares nothing`
      : undefined,
  ),
  ruleAt(["analytics", "clickhouse", "external"], ["analytics", "version", "images"], ({ analytics, version }) =>
    analytics.enabled && analytics.clickhouse.external && semver.lt(version, EVENT_TABLE_SINCE)
      ? `needs CVAT ${EVENT_TABLE_SINCE} or later, whose image makes the table of events in any ClickHouse; of ${version} the chart's own server does`
      : undefined,
  ),
];
