import type { Fix } from "../../charts/fixes.ts";
import { containersOf, type Container } from "../../charts/pods.ts";
import type { RenderedObject } from "../../kubernetes/rendered-object.ts";
import type { CvatConfig } from "../cvat-config.ts";
import { clickhouseSecret } from "../external/clickhouse-pod.ts";
import { CHART_OBJECTS } from "../names.ts";
import { isTier } from "./objects.ts";

const CHART = "helm-chart/templates/_helpers.tpl of 0.15.0 to 2.64.0, sharedBackendEnv";

/** What charts have no values for, of services that somebody else runs. */
export function externalFixes({
  redis,
  kvrocks,
  analytics,
}: Pick<CvatConfig, "redis" | "kvrocks" | "analytics">): Fix[] {
  const clickhouse = analytics.enabled ? analytics.clickhouse.external : undefined;
  return [
    ...(redis.external ? [port("external-queues-port", "CVAT_REDIS_INMEM_PORT", redis.external.port)] : []),
    ...(kvrocks.external ? [port("external-cache-port", "CVAT_REDIS_ONDISK_PORT", kvrocks.external.port)] : []),
    ...(clickhouse ? [clickhousePassword(clickhouseSecret(clickhouse))] : []),
  ];
}

/** A port that stands in the chart as a number of its own. */
function port(id: string, variable: string, wanted: number): Fix {
  const wrong = (object: RenderedObject) =>
    containersOf(object).flatMap(({ env = [] }) =>
      env.filter(({ name, value }) => name === variable && value !== String(wanted)),
    );
  return {
    id,
    why: `The chart writes ${variable} as its own server's port, whatever server is used.`,
    source: CHART,
    matches: (object) => isTier(object, "backend") && containersOf(object).length > 0,
    stillNeeded: (object) => wrong(object).length > 0,
    apply: (object) => {
      for (const one of wrong(object)) one.value = String(wanted);
    },
  };
}

const PASSWORD = "CLICKHOUSE_PASSWORD";

/** Everything that signs in to ClickHouse reads the password from the Secret of the stack, or of whoever runs the server. */
function clickhousePassword(secret: string): Fix {
  const wanted = { name: PASSWORD, valueFrom: { secretKeyRef: { name: secret, key: "password" } } };
  const needy = (object: RenderedObject) =>
    containersOf(object).filter(
      (one) => signsIn(one) && one.env?.find(({ name }) => name === PASSWORD)?.valueFrom?.secretKeyRef?.name !== secret,
    );
  return {
    id: "external-clickhouse-password",
    why: "The chart takes ClickHouse's password as a value alone and keeps it in a Secret that never changes, so another's Secret and a new password have no way in.",
    source: `${CHART}; helm-chart/templates/analytics/cvat-analytics-secret.yml, immutable; vector.envFrom, grafana.envFromSecret of values.yaml`,
    matches: (object) => containersOf(object).some(signsIn),
    stillNeeded: (object) => needy(object).length > 0,
    apply: (object) => {
      for (const one of needy(object)) {
        // A variable of its own goes before what comes by envFrom. (kubernetes.io: EnvFromSource)
        one.env = [...(one.env ?? []).filter(({ name }) => name !== PASSWORD), wanted];
      }
    },
  };
}

const signsIn = ({ env, envFrom }: Container) =>
  env?.some(({ name }) => name === PASSWORD) === true ||
  envFrom?.some(({ secretRef }) => secretRef?.name === CHART_OBJECTS.clickhouseSecret) === true;
