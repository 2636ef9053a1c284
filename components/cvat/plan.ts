import type { ChartSource } from "../charts/source.ts";
import { installedVersions } from "../charts/versions.ts";
import {
  ingressClassOf,
  storageClassOf,
  type ChosenClass,
  type DefaultClasses,
} from "../kubernetes/default-classes.ts";
import { nuclioRelease } from "../nuclio/release.ts";
import type { CvatConfig } from "./cvat-config.ts";
import { imageParts, type ImageParts } from "./images.ts";
import type { SignIn } from "./routes.ts";
import type { OwnAccount } from "./users/own-account.ts";
import { CVAT_VERSIONS, cvatWish, type CvatVersions } from "./versions.ts";

/** CVAT, and what is worked out of its keys. */
export interface CvatPlan {
  config: CvatConfig;
  versions: CvatVersions;
  /** Release of its Nuclio. Undefined: not known. */
  nuclio: string | undefined;
  /** Images that the chart is told. Of the others it has its own. */
  images: { server: ImageParts; ui: ImageParts; opa: ImageParts | undefined; kvrocks: ImageParts | undefined };
  /** StorageClass of each claim. */
  storageClasses: Readonly<Record<"data" | "kvrocks" | "postgresql" | "redis" | "clickhouse" | "grafana", ChosenClass>>;
  /** IngressClass of its Ingresses. */
  ingressClass: ChosenClass;
  /** What stands before it where people sign in by an issuer. Undefined: they sign in by CVAT's own passwords. */
  signIn: SignIn | undefined;
  /** Where programs of this machine reach its API. Undefined: where people come. */
  endpoint: string | undefined;
  /** Of programs of the lab. */
  accounts: readonly OwnAccount[];
  /** Its cloud storages: those that the stack file lists, else every bucket of the lab's store that it may use. */
  cloudStorages: readonly CloudStorageConfig[];
}

export type CloudStorageConfig = NonNullable<CvatConfig["cloudStorages"]>[number];

export interface CvatPlanArgs {
  config: CvatConfig;
  /** What the cluster has for claims and Ingresses that name none. */
  classes: DefaultClasses;
  /** What the buckets are for that the lab's store gives it: `datasets`, `cvat`. */
  roles: readonly string[];
  /** Of programs of the lab. Default: none. */
  accounts?: readonly OwnAccount[];
  /** What stands before it where people sign in by an issuer. Default: they do not. */
  signIn?: SignIn | undefined;
}

/** @throws UserError for versions that do not go together */
export function cvatPlan({ config, classes, roles, accounts = [], signIn }: CvatPlanArgs): CvatPlan {
  const { version, images, data, kvrocks, postgresql, redis, analytics, ingress } = config;
  const storageClass = (part: string, { storageClass: own }: { storageClass?: string | undefined }) =>
    storageClassOf(`cvat.${part}.storageClass`, own, classes);
  return {
    config,
    ...releases(config),
    images: {
      server: imageParts(images.server ?? `cvat/server:v${version}`),
      ui: imageParts(images.ui ?? `cvat/ui:v${version}`),
      opa: images.opa === undefined ? undefined : imageParts(images.opa),
      kvrocks: images.kvrocks === undefined ? undefined : imageParts(images.kvrocks),
    },
    storageClasses: {
      data: storageClass("data", data),
      kvrocks: storageClass("kvrocks", kvrocks),
      postgresql: storageClass("postgresql", postgresql),
      redis: storageClass("redis", redis),
      clickhouse: storageClass("analytics.clickhouse", analytics.clickhouse),
      grafana: storageClass("analytics.grafana", analytics.grafana),
    },
    ingressClass: ingressClassOf("cvat.ingress.className", ingress.className, classes),
    signIn,
    accounts,
    endpoint: config.endpoint ?? (signIn?.tokenHost === undefined ? undefined : `https://${signIn.tokenHost}`),
    cloudStorages: config.cloudStorages ?? roles.map(storageOfBucket),
  };
}

/** The plan with the chart that is at hand: one that a user put in the locked one's place may be of other versions. */
export function cvatPlanOn(plan: CvatPlan, chart: ChartSource): CvatPlan {
  return { ...plan, ...releases(plan.config, chart) };
}

function releases(config: CvatConfig, chart?: ChartSource): Pick<CvatPlan, "versions" | "nuclio"> {
  const versions = installedVersions(CVAT_VERSIONS, cvatWish(config), chart);
  return { versions, nuclio: nuclioRelease(config.values, versions.parts.nuclio) };
}

function storageOfBucket(role: string): CloudStorageConfig {
  return {
    name: role,
    role,
    prefix: "",
    description: "Made with the lab's object store.",
    manifests: [],
    force: false,
  };
}
