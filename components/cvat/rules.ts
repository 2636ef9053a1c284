import { chooseVersions } from "../charts/versions.ts";
import { hasBuildah, nuclioRelease } from "../nuclio/release.ts";
import { GATEWAY_RULE } from "../edge/rules.ts";
import { overChart, unevenWithChart } from "../schema/pods.ts";
import { ruleAt, type Found, type SectionRule } from "../schema/section-rules.ts";
import { TLS_RULES } from "./certificate/rules.ts";
import { ENVIRONMENT_RULE } from "./environment.ts";
import { imageProblem } from "./images.ts";
import { EXTERNAL_RULES } from "./external/rules.ts";
import { KVROCKS_RULE } from "./kvrocks/kvrocks-config.ts";
import { RECORDS_RULES } from "./records-rules.ts";
import { REGISTRATION_RULES } from "./registration/rules.ts";
import { WORKERS_WITH_DATA } from "./settings.ts";
import { USERS_RULES } from "./users/users-config.ts";
import { CVAT_VERSIONS, cvatWish } from "./versions.ts";
import type { CvatConfig } from "./cvat-config.ts";

/** Images that are no sound reference. Whether the others fit is for {@link chooseVersions}. */
function unsoundImages({ images }: CvatConfig): Found[] {
  return Object.entries(images).flatMap(([name, reference]) => {
    const unsound = imageProblem(reference);
    return unsound === undefined ? [] : [{ path: ["images", name], message: `\`${reference}\` ${unsound}` }];
  });
}

/** Pods that mount the data claim. */
function podsWithData({ server, workers }: CvatConfig): number {
  return WORKERS_WITH_DATA.reduce((sum, name) => sum + workers[name].replicas, server.replicas);
}

/** What PostgreSQL's chart asks for; it sets no limit. The charts of the other systems have nothing of their own. (Bitnami postgresql 12: values.yaml) */
const OF_POSTGRESQL = { requests: { cpu: "250m", memory: "256Mi" } };

/** Rules across keys of `vision-platform:cvat`. */
export const CVAT_RULES: readonly SectionRule<CvatConfig>[] = [
  {
    reads: ["version", "chart", "images", "allowUnknownVersions"],
    problems(config) {
      const choice = chooseVersions(CVAT_VERSIONS, cvatWish(config));
      return [...("problems" in choice ? choice.problems : []), ...unsoundImages(config)];
    },
  },
  ruleAt(["data", "accessMode"], ["data", "server", "workers"], (config) =>
    config.data.accessMode === "ReadWriteOnce" && config.data.node === undefined
      ? `ReadWriteOnce, but ${podsWithData(config)} pods on any node mount this claim; use ReadWriteMany, or name one node for all of them in cvat.data.node`
      : undefined,
  ),
  {
    reads: ["postgresql"],
    problems: ({ postgresql: { resources } }) =>
      unevenWithChart(resources, overChart(OF_POSTGRESQL, resources)).map(({ path, message }) => ({
        path: ["postgresql", "resources", ...path],
        message,
      })),
  },
  ...TLS_RULES,
  ruleAt(["nuclio", "external"], ["nuclio"], ({ nuclio }) =>
    nuclio.enabled && nuclio.external
      ? "is set while cvat.nuclio.enabled is true; set that to false, or remove this"
      : undefined,
  ),
  ruleAt(
    ["nuclio", "containerBuilderKind"],
    ["nuclio", "version", "chart", "images", "allowUnknownVersions", "values"],
    (config) => {
      const { enabled, containerBuilderKind } = config.nuclio;
      if (!enabled || containerBuilderKind !== "buildah") return undefined;
      const choice = chooseVersions(CVAT_VERSIONS, cvatWish(config));
      const nuclio = nuclioRelease(config.values, "chosen" in choice ? choice.chosen.parts.nuclio : undefined);
      return hasBuildah(nuclio) === false
        ? `is buildah, which Nuclio has from 1.17.4 on, and this is ${nuclio ?? ""}; set kaniko, or name a later image in cvat.values.nuclio.dashboard.image.tag and cvat.values.nuclio.controller.image.tag`
        : undefined;
    },
  ),
  ruleAt(["nuclio", "registry", "existingSecret"], ["nuclio"], ({ nuclio: { registry } }) =>
    registry?.existingSecret !== undefined && (registry.username !== undefined || registry.password !== undefined)
      ? "is set together with a user name or password; keep one of the two"
      : undefined,
  ),
  ruleAt(["nuclio", "registry", "password"], ["nuclio"], ({ nuclio: { registry } }) =>
    registry?.username !== undefined && registry.password === undefined
      ? "is missing beside cvat.nuclio.registry.username; set it with `pulumi config set --secret --path`"
      : undefined,
  ),
  ruleAt(["nuclio", "registry", "username"], ["nuclio"], ({ nuclio: { registry } }) =>
    registry?.password !== undefined && registry.username === undefined
      ? "is missing beside cvat.nuclio.registry.password"
      : undefined,
  ),
  GATEWAY_RULE,
  ENVIRONMENT_RULE,
  KVROCKS_RULE,
  ...EXTERNAL_RULES,
  ...USERS_RULES,
  ...REGISTRATION_RULES,
  ...RECORDS_RULES,
];
