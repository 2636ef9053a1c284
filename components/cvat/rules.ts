import { imageProblem } from "./images.ts";
import { WORKERS_WITH_DATA } from "./settings.ts";
import { IMAGE_PARTS, resolveVersions, type ImageName, type VersionProblem } from "./versions.ts";
import type { CvatConfig } from "./config.ts";

/** A rule across keys of `vision-platform:cvat`: where it is broken, and what to say. */
export interface CvatRule {
  /** Where the problem is shown. */
  path: readonly string[];
  /** Top-level keys the rule reads. It is skipped while one of them is unsound by itself. */
  reads: readonly string[];
  /** What is wrong and the cure, or undefined. */
  problem(config: CvatConfig): string | undefined;
}

const VERSION_KEYS = ["version", "chart", "images", "allowUnknownVersions"];
const IMAGE_NAMES = Object.keys(IMAGE_PARTS) as ImageName[];

/** The first problem that versions.ts finds at this key. Images that are no sound reference are told by their own rule. */
function versionProblem(config: CvatConfig, key: VersionProblem["key"]): string | undefined {
  const result = resolveVersions(config);
  return Array.isArray(result) ? result.find((problem) => problem.key === key)?.message : undefined;
}

/** Pods that mount the data claim. */
function podsWithData({ server, workers }: CvatConfig): number {
  return WORKERS_WITH_DATA.reduce((sum, name) => sum + workers[name].replicas, server.replicas);
}

export const CVAT_RULES: readonly CvatRule[] = [
  ...(["version", "chart"] as const).map((key) => ({
    path: [key],
    reads: VERSION_KEYS,
    problem: (config: CvatConfig) => versionProblem(config, key),
  })),
  ...IMAGE_NAMES.map((name) => ({
    path: ["images", name],
    reads: VERSION_KEYS,
    problem: (config: CvatConfig) => {
      const reference = config.images[name];
      const unsound = reference === undefined ? undefined : imageProblem(reference);
      return unsound === undefined ? versionProblem(config, `images.${name}`) : `${reference ?? ""} ${unsound}`;
    },
  })),
  {
    path: ["data", "accessMode"],
    reads: ["data", "server", "workers"],
    problem: (config) =>
      config.data.accessMode === "ReadWriteOnce" && config.data.node === undefined
        ? `ReadWriteOnce, but ${podsWithData(config)} pods on any node mount this claim; use ReadWriteMany, or name one node for all of them in cvat.data.node`
        : undefined,
  },
  {
    path: ["ingress", "tls"],
    reads: ["ingress"],
    problem: ({ ingress }) =>
      ingress.tls && ingress.host === ""
        ? "needs a host name the certificate is for; set cvat.ingress.host"
        : undefined,
  },
  {
    path: ["nuclio", "external"],
    reads: ["nuclio"],
    problem: ({ nuclio }) =>
      nuclio.enabled && nuclio.external
        ? "is set while cvat.nuclio.enabled is true; set that to false, or remove this"
        : undefined,
  },
  {
    path: ["nuclio", "registry"],
    reads: ["nuclio"],
    problem: ({ nuclio }) =>
      !nuclio.enabled && nuclio.registry ? "is set while cvat.nuclio.enabled is false; remove it" : undefined,
  },
  {
    path: ["nuclio", "registry", "existingSecret"],
    reads: ["nuclio"],
    problem: ({ nuclio: { registry } }) =>
      registry?.existingSecret !== undefined && (registry.username !== undefined || registry.password !== undefined)
        ? "is set together with a user name or password; keep one of the two"
        : undefined,
  },
  {
    path: ["nuclio", "registry", "password"],
    reads: ["nuclio"],
    problem: ({ nuclio: { registry } }) =>
      registry?.username !== undefined && registry.password === undefined
        ? "is missing beside cvat.nuclio.registry.username; set it with `pulumi config set --secret --path`"
        : undefined,
  },
  {
    path: ["nuclio", "registry", "username"],
    reads: ["nuclio"],
    problem: ({ nuclio: { registry } }) =>
      registry?.password !== undefined && registry.username === undefined
        ? "is missing beside cvat.nuclio.registry.password"
        : undefined,
  },
  {
    path: ["secrets"],
    reads: ["analytics", "secrets"],
    problem: ({ analytics, secrets }) =>
      !analytics.enabled && (secrets.clickhouse !== undefined || secrets.grafana !== undefined)
        ? "clickhouse and grafana are for analytics, and cvat.analytics.enabled is false; remove them"
        : undefined,
  },
];
