import type { Plan } from "../lab/plan.ts";
import type { ClusterCheck } from "./check.ts";
import { rowOf } from "./storage-class.ts";

/** What the lab uses in the place of a part of its own. */
const instead = ({ cvat }: Plan): Readonly<Record<string, { host: string } | undefined>> => ({
  "cvat.postgresql": cvat?.config.postgresql.external,
  "cvat.redis": cvat?.config.redis.external,
  "cvat.kvrocks": cvat?.config.kvrocks.external,
  "cvat.analytics.clickhouse": cvat?.config.analytics.enabled ? cvat.config.analytics.clickhouse.external : undefined,
});

/** Who turns to somebody else's service leaves his own volume behind, with what is in it: nothing is copied, and nothing deletes it. */
export const claimsAreLeftBehind: ClusterCheck = ({ claims }, plan) => {
  const services = instead(plan);
  return (claims ?? []).flatMap((claim) => {
    const row = rowOf(claim, plan.lab);
    const part = row?.key.replace(/\.storageClass$/, "") ?? "";
    const service = services[part];
    if (service === undefined) return [];
    const name = `${claim.metadata?.namespace ?? ""}/${claim.metadata?.name ?? ""}`;
    return [
      {
        severity: "warning",
        path: `vision-platform:${part}.external`,
        message: `Claim ${name} of the lab's own is left as it is, and nothing of it is copied to ${service.host}. Who takes \`external\` out again finds it as it was; who needs it no more deletes it by hand.`,
      },
    ];
  });
};
