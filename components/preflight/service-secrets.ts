import type { LabConfig } from "../lab/sections.ts";
import { IN_A_URL, type Unfit } from "../schema/unfit-secrets.ts";
import type { ClusterCheck, Finding } from "./check.ts";
import type { LiveSecret } from "./facts.ts";

/** A Secret that somebody makes in CVAT's namespace for a service that somebody runs. */
export interface ServiceSecret {
  namespace: string;
  name: string;
  /** What must stand in it. */
  keys: readonly string[];
  /** Where the stack file names it: `vision-platform:cvat.redis.external.existingSecret`. */
  path: string;
  /** `with the password of CVAT's queues`. */
  what: string;
  /** What its password must not have. */
  unfit?: Unfit;
}

interface Named {
  existingSecret?: string | undefined;
  admin?: { existingSecret: string } | undefined;
}

/** The Secrets that the stack file names for services of others, each once: two names of one Secret need the keys of both. */
export function serviceSecretsOf({ cvat }: LabConfig): ServiceSecret[] {
  if (!cvat.enabled) return [];
  const { postgresql, redis, kvrocks, analytics } = cvat;
  const named = (part: string, external: Named | undefined, keys: readonly string[], what: string, unfit?: Unfit) =>
    [
      { name: external?.existingSecret, keys, what, at: "existingSecret", ...(unfit && { unfit }) },
      {
        name: external?.admin?.existingSecret,
        keys: ["username", "password"],
        what: `${what}, as an administrator`,
        at: "admin.existingSecret",
      },
    ].flatMap(({ name, at, ...rest }) =>
      name === undefined
        ? []
        : [{ ...rest, name, namespace: cvat.namespace, path: `vision-platform:cvat.${part}.external.${at}` }],
    );
  const all: ServiceSecret[] = [
    ...named("postgresql", postgresql.external, ["username", "password", "database"], "to sign in to PostgreSQL"),
    ...named("redis", redis.external, ["password"], "to sign in to the queues' store", IN_A_URL),
    ...named("kvrocks", kvrocks.external, ["password"], "to sign in to the cache's store", IN_A_URL),
    ...named(
      "analytics.clickhouse",
      analytics.enabled ? analytics.clickhouse.external : undefined,
      ["password"],
      "to sign in to ClickHouse",
    ),
  ];
  return [...new Map(all.map((one) => [one.name, one])).keys()].map((name) => {
    const same = all.filter((one) => one.name === name);
    const unfit = same.find((one) => one.unfit)?.unfit;
    const [first] = same;
    if (first === undefined) throw new Error(`no Secret ${name}`);
    return { ...first, keys: [...new Set(same.flatMap(({ keys }) => keys))], ...(unfit && { unfit }) };
  });
}

/** Without its Secret a pod does not start, and a password that CVAT cannot write into an address leads nowhere: both are told before anything is changed. */
export const serviceSecretsAreThere: ClusterCheck = ({ serviceSecrets }, { lab }) =>
  serviceSecrets === undefined ? [] : serviceSecretsOf(lab).flatMap((wanted) => findingOf(wanted, serviceSecrets));

function findingOf(
  { namespace, name, keys, path, what, unfit }: ServiceSecret,
  there: readonly LiveSecret[],
): Finding[] {
  const secret = there.find(({ metadata }) => metadata?.name === name);
  const lacking = keys.filter((key) => !secret?.data?.[key]);
  if (lacking.length > 0) {
    const told = secret
      ? `Secret ${namespace}/${name} has no ${lacking.join(" and no ")}`
      : `There is no Secret ${namespace}/${name}`;
    const texts = keys.map((key) => `--from-file=${key}=FILE`).join(" ");
    const message = `${told}, ${what}. Make it: kubectl create namespace ${namespace}; kubectl create secret generic ${name} -n ${namespace} ${texts}`;
    return [{ severity: "refusal", path, message }];
  }
  const password = passwordIn(secret);
  return unfit?.refuses.test(password)
    ? [{ severity: "refusal", path, message: `The password in Secret ${namespace}/${name} ${unfit.message}.` }]
    : [];
}

/** The password of a Secret; empty where it has none. */
export const passwordIn = (secret: LiveSecret | undefined): string =>
  Buffer.from(secret?.data?.["password"] ?? "", "base64").toString("utf8");
