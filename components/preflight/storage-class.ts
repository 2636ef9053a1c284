import { closest } from "fastest-levenshtein";
import { CHART_OBJECTS } from "../cvat/names.ts";
import { RELEASE as CLEARML } from "../clearml/names.ts";
import type { ChosenClass } from "../kubernetes/default-classes.ts";
import type { Plan } from "../lab/plan.ts";
import type { LabConfig } from "../lab/sections.ts";
import { RELEASE as CVAT } from "../nuclio/names.ts";
import { isMap } from "../program/maps.ts";
import type { ClusterCheck, Finding } from "./check.ts";
import type { ClusterFacts, LiveClaim } from "./facts.ts";

/** A claim that the lab makes, and what says of which StorageClass it is. */
export interface ClaimRow {
  system: "cvat" | "clearml";
  /** Its name; of one that the pods of a StatefulSet made, without the number of the pod. */
  name: string;
  /** The StatefulSet whose pods make it. */
  statefulSet?: string;
  /** Where a stack's `values` of the chart may say otherwise. */
  value: string;
  /** Its own key of the stack file. */
  key: string;
  /** Its class, as the stack file says. */
  wants: (plan: Plan) => ChosenClass | undefined;
  /** Of a part that may be off: whether the lab has it. Default: it has. */
  isWanted?: (plan: Plan) => boolean;
}

const withAnalytics = ({ cvat }: Plan) => cvat?.config.analytics.enabled === true;

/** Whether the lab has a store of its own, and not somebody else's. */
const isOwn = (part: "postgresql" | "redis" | "kvrocks") => (plan: Plan) =>
  plan.cvat?.config[part].external === undefined;

/** Names as the charts make them; a rehearsal test holds that each claim of a lab stands here with its class. */
export const CLAIMS: readonly ClaimRow[] = [
  {
    system: "cvat",
    name: CHART_OBJECTS.dataClaim,
    value: "cvat.backend.defaultStorage.storageClassName",
    key: "cvat.data.storageClass",
    wants: ({ cvat }) => cvat?.storageClasses.data,
  },
  {
    system: "cvat",
    name: CHART_OBJECTS.kvrocksClaim,
    statefulSet: CHART_OBJECTS.kvrocks,
    value: "cvat.kvrocks.defaultStorage.storageClassName",
    key: "cvat.kvrocks.storageClass",
    wants: ({ cvat }) => cvat?.storageClasses.kvrocks,
    isWanted: isOwn("kvrocks"),
  },
  {
    system: "cvat",
    name: `data-${CVAT}-postgresql`,
    statefulSet: `${CVAT}-postgresql`,
    value: "postgresql.primary.persistence.storageClass",
    key: "cvat.postgresql.storageClass",
    wants: ({ cvat }) => cvat?.storageClasses.postgresql,
    isWanted: isOwn("postgresql"),
  },
  {
    system: "cvat",
    name: `redis-data-${CVAT}-redis-master`,
    statefulSet: `${CVAT}-redis-master`,
    value: "redis.master.persistence.storageClass",
    key: "cvat.redis.storageClass",
    wants: ({ cvat }) => cvat?.storageClasses.redis,
    isWanted: isOwn("redis"),
  },
  {
    system: "cvat",
    name: `data-${CVAT}-clickhouse-shard0`,
    statefulSet: `${CVAT}-clickhouse-shard0`,
    value: "clickhouse.persistence.storageClass",
    key: "cvat.analytics.clickhouse.storageClass",
    wants: ({ cvat }) => cvat?.storageClasses.clickhouse,
    isWanted: (plan) => withAnalytics(plan) && plan.cvat?.config.analytics.clickhouse.external === undefined,
  },
  {
    system: "cvat",
    name: `${CVAT}-grafana`,
    value: "grafana.persistence.storageClassName",
    key: "cvat.analytics.grafana.storageClass",
    wants: ({ cvat }) => cvat?.storageClasses.grafana,
    isWanted: withAnalytics,
  },
  ...[
    { name: `${CLEARML}-fileserver-data`, value: "fileserver.storage.data.class" },
    { name: `${CLEARML}-mongodb`, value: "mongodb.persistence.storageClass" },
    {
      name: `redis-data-${CLEARML}-redis-master`,
      statefulSet: `${CLEARML}-redis-master`,
      value: "redis.master.persistence.storageClass",
    },
    {
      name: `${CLEARML}-elastic-master-${CLEARML}-elastic-master`,
      statefulSet: `${CLEARML}-elastic-master`,
      value: "elasticsearch.volumeClaimTemplate.storageClassName",
    },
  ].map((row): ClaimRow => ({
    ...row,
    system: "clearml",
    key: "clearml.storage.class",
    wants: ({ clearml }) => clearml?.storageClass,
  })),
];

/** A StorageClass that the lab asks for. */
export interface AskedClass {
  name: string;
  /** The key of the stack file that says so. */
  path: string;
  /** Whether pods of several nodes share the volume. */
  readWriteMany: boolean;
  /** Its claim. */
  row: ClaimRow;
}

/** The StorageClass of every claim that the lab makes, but for those whose class a stack's `values` decide for a whole chart. */
export function classesAsked(plan: Plan): AskedClass[] {
  return CLAIMS.filter(({ isWanted }) => isWanted?.(plan) ?? true).flatMap((row) => {
    const wanted = wantedClass(row, plan);
    if (wanted === undefined || wanted.name === "") return [];
    const readWriteMany = row.key === "cvat.data.storageClass" && plan.lab.cvat.data.accessMode === "ReadWriteMany";
    return [{ name: wanted.name, path: `vision-platform:${wanted.key}`, readWriteMany, row }];
  });
}

/** A claim of the lab whose class is not the one that the stack file says. */
export interface ClaimOfOtherClass {
  namespace: string;
  name: string;
  statefulSet: string | undefined;
  /** Empty for one without a class. */
  has: string;
  wants: string;
  key: string;
  /** It has, or had, a volume. */
  bound: boolean;
}

export function claimsOfOtherClass({ claims }: Pick<ClusterFacts, "claims">, plan: Plan): ClaimOfOtherClass[] {
  return (claims ?? []).flatMap((claim) => {
    const row = rowOf(claim, plan.lab);
    // Of a part that the lab has no more, the claim is left as it is.
    const wants = row && (row.isWanted?.(plan) ?? true) ? wantedClass(row, plan)?.name : undefined;
    const has = claim.spec?.storageClassName ?? "";
    if (row === undefined || wants === undefined || wants === has) return [];
    const name = claim.metadata?.name ?? "";
    const namespace = claim.metadata?.namespace ?? "";
    // One without a phase is being bound or just made.
    const bound = claim.status?.phase !== "Pending" || claim.spec?.volumeName !== undefined;
    return [{ namespace, name, statefulSet: row.statefulSet, has, wants, key: `vision-platform:${row.key}`, bound }];
  });
}

/** The row of a live claim; undefined for one that is not the lab's. */
export function rowOf({ metadata }: LiveClaim, lab: LabConfig): ClaimRow | undefined {
  return CLAIMS.find(({ system, name, statefulSet }) => {
    if (!lab[system].enabled || metadata?.namespace !== lab[system].namespace) return false;
    const own = metadata.name ?? "";
    return statefulSet === undefined ? own === name : own.replace(/-\d+$/, "") === name;
  });
}

/** The class the chart is told; undefined where a stack's `values` set it for all parts of the chart, in a way of each part's own. */
function wantedClass({ system, value, wants }: ClaimRow, plan: Plan): ChosenClass | undefined {
  const values = plan[system]?.config.values ?? {};
  if (isMap(values["global"])) return undefined;
  const over = value.split(".").reduce<unknown>((at, key) => (isMap(at) ? at[key] : undefined), values);
  const wanted = wants(plan);
  return typeof over === "string" && over !== wanted?.name ? { name: over, key: `${system}.values` } : wanted;
}

/** Claims of a class that is not there stay Pending, and nothing of their system starts. What is bound asks for its class no more. */
export const storageClassesAreThere: ClusterCheck = ({ storageClasses, claims }, plan) => {
  if (storageClasses === undefined || claims === undefined) return [];
  const there = storageClasses.flatMap(({ metadata }) => metadata?.name ?? []);
  const bound = new Set(
    claims.filter(({ status }) => status?.phase === "Bound").map((claim) => rowOf(claim, plan.lab)?.name),
  );
  const missing = classesAsked(plan).filter(({ name, row }) => !there.includes(name) && !bound.has(row.name));
  const byKey = new Map(missing.map((one) => [`${one.path} ${one.name}`, one]));
  return [...byKey.values()].map(({ name, path }) => ({
    severity: "refusal",
    path,
    message:
      there.length === 0
        ? `The cluster has no StorageClass \`${name}\`, and no other: install one.`
        : `The cluster has no StorageClass \`${name}\`. Did you mean \`${closest(name, there)}\`? It has ${there.join(", ")}.`,
  }));
};

/**
 * A claim never changes its class. One that holds data is refused before anything is changed; one that was never bound holds none, and is
 * made again: a class that does not exist is corrected in the stack file, and that is all.
 */
export const storageClassesFit: ClusterCheck = (facts, plan) => {
  const groups = new Map<string, ClaimOfOtherClass[]>();
  for (const claim of claimsOfOtherClass(facts, plan)) {
    const group = `${claim.key} ${claim.bound} ${claim.has} ${claim.wants}`;
    groups.set(group, [...(groups.get(group) ?? []), claim]);
  }
  return [...groups.values()].map(findingOf);
};

function findingOf(claims: readonly ClaimOfOtherClass[]): Finding {
  const [{ key, has, wants, bound } = { key: "", has: "", wants: "", bound: false }] = claims;
  const names = claims.map(({ namespace, name }) => `${namespace}/${name}`).join(", ");
  const sets = claims.flatMap(({ statefulSet }) => statefulSet ?? []);
  const withSets = sets.length > 0 ? ` Made again with them: StatefulSet ${sets.join(", ")}.` : "";
  return bound
    ? {
        severity: "refusal",
        path: key,
        message: `The stack file asks for StorageClass \`${wants}\`, and claim ${names} is of ${has === "" ? "none" : `\`${has}\``} and has a volume. A claim never changes its class: set \`${has}\` here, and it stays as it is.`,
      }
    : {
        severity: "warning",
        path: key,
        message: `Claim ${names} of StorageClass \`${has}\` was never bound and holds nothing: up deletes it and makes it again, of class \`${wants}\`.${withSets}`,
      };
}
