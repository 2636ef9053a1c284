import type { BackupConfig } from "../backup/backup-config.ts";
import { backupPlan, placesOf, type BackupPlan } from "../backup/plan.ts";
import type { ChartSource } from "../charts/source.ts";
import { clearmlPlan, clearmlPlanOn, type ClearmlPlan } from "../clearml/plan.ts";
import { cvatPlan, cvatPlanOn, type CvatPlan } from "../cvat/plan.ts";
import type { Mirror } from "../images/mirror.ts";
import type { LabelEntry } from "../nuclio/label-config.ts";
import { functionPlan, type FunctionPlan } from "../nuclio/plan.ts";
import { signInOf } from "../sso/sign-in.ts";
import type { Application } from "../storage/grants.ts";
import { backupsBucket, type ObjectStoreConfig } from "../storage/object-store-config.ts";
import { storePlan, type StorePlan } from "../storage/plan.ts";
import { mirrorOf } from "./mirror.ts";
import { peopleOfStore } from "./people.ts";
import type { LabConfig } from "./sections.ts";

/** A lab, and all that is worked out of its stack file: once, here. Components and verbs read it. */
export interface Plan {
  lab: LabConfig;
  /** The charts it installs. */
  charts: readonly { name: string; version: string }[];
  /** Undefined: it is off. */
  cvat: CvatPlan | undefined;
  /** By name. None where there is no Nuclio. */
  functions: Readonly<Record<string, FunctionPlan>>;
  /** Undefined: it is off. */
  clearml: ClearmlPlan | undefined;
  /** Undefined: the lab has none. */
  store: StorePlan | undefined;
  /** Undefined: no backups are made. */
  backup: BackupPlan | undefined;
  /** Where images are taken from. Undefined: each from where it is published. */
  mirror: Mirror | undefined;
}

/** What stands in files that a stack file names. */
export interface NamedFiles {
  /** Labels by function. */
  labels: Readonly<Record<string, readonly LabelEntry[]>>;
  /** Certificates of the object store's private authority, PEM. Default: the stack file names none. */
  certificates?: string | undefined;
}

/** The plan of a sound stack file. */
export function planOf(lab: LabConfig, files: NamedFiles): Plan {
  const classes = lab.cluster;
  const store = storeOf(lab, files);
  const roles = store?.rolesOfCvat ?? [];
  const signIn = lab.sso && signInOf(lab.sso);
  const backup = lab.backup && backupPlan({ config: lab.backup, cvat: lab.cvat, clearml: lab.clearml });
  const accounts = backup?.accounts ?? [];
  const cvat = lab.cvat.enabled ? cvatPlan({ config: lab.cvat, classes, roles, accounts, signIn }) : undefined;
  const clearml = lab.clearml.enabled ? clearmlPlan({ config: lab.clearml, classes }) : undefined;
  return {
    lab,
    charts: [
      ...(cvat ? [{ name: "cvat", version: cvat.versions.parts.chart }] : []),
      ...(clearml ? [{ name: "clearml", version: clearml.versions.parts.chart }] : []),
      ...(clearml?.agent ? [{ name: "clearml-agent", version: clearml.agent.chart }] : []),
    ],
    cvat,
    functions: lab.cvat.enabled && lab.cvat.nuclio.enabled ? functionPlans(lab.functions, files) : {},
    clearml,
    store,
    backup,
    mirror: mirrorOf(lab),
  };
}

/** A plan with the charts that are at hand: of a chart that a user put in the locked one's place the versions are others. */
export function withCharts(plan: Plan, charts: Readonly<Record<string, ChartSource>>): Plan {
  const { cvat, clearml } = plan;
  const ofCvat = charts["cvat"];
  const ofClearml = charts["clearml"];
  return {
    ...plan,
    cvat: cvat && ofCvat ? cvatPlanOn(cvat, ofCvat) : cvat,
    clearml: clearml && ofClearml ? clearmlPlanOn(clearml, ofClearml) : clearml,
  };
}

function storeOf(
  { objectStore, cvat, clearml, backup }: LabConfig,
  { certificates: ca }: NamedFiles,
): StorePlan | undefined {
  if (objectStore === undefined) return undefined;
  const applications: Application[] = [
    ...(cvat.enabled ? (["cvat"] as const) : []),
    ...(clearml.enabled ? (["clearml"] as const) : []),
    ...(cvat.enabled && cvat.nuclio.enabled ? (["functions"] as const) : []),
    ...(backup ? (["backup"] as const) : []),
  ];
  const people = peopleOfStore({ clearml, cvat }) ?? [];
  return storePlan({ config: backup ? withBackups(objectStore, backup) : objectStore, applications, people, ca });
}

/** The bucket of backups. What makes them may use nothing of it but its own places there: another lab may have its own beside them. */
function withBackups(config: ObjectStoreConfig, backup: BackupConfig): ObjectStoreConfig {
  const { buckets } = config;
  const onlyPrefixes = { ...config.onlyPrefixes, backup: { backups: placesOf(backup) } };
  return { ...config, buckets: { ...buckets, backups: buckets.backups ?? backupsBucket.parse({}) }, onlyPrefixes };
}

/** A function may be called `constructor`, which every object has. */
function functionPlans(functions: LabConfig["functions"], { labels }: NamedFiles): Plan["functions"] {
  return Object.fromEntries(
    Object.entries(functions).map(([name, config]) => [
      name,
      functionPlan(config, Object.hasOwn(labels, name) ? labels[name] : undefined),
    ]),
  );
}
