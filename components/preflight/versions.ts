import type { VersionsOfParts } from "../charts/jumps.ts";
import type { Plan } from "../lab/plan.ts";
import { isMap, mapsIn } from "../program/maps.ts";
import type { StateResource } from "../program/state.ts";

/** Systems that have versions, as the outputs of a stack call them. */
export const SYSTEMS = ["cvat", "clearml"] as const;
export type System = (typeof SYSTEMS)[number];

/** Versions by system and part. A system that is not there has none. */
export type InstalledVersions = Readonly<Record<System, VersionsOfParts>>;

/** What is read of a resource of a state. */
type KnownResource = Pick<StateResource, "type"> & Partial<StateResource>;

/** Workloads whose image tells which release runs, and on whose database. */
const TELLING: readonly { name: string; system: System; part: string }[] = [
  { name: "cvat-backend-server", system: "cvat", part: "server" },
  { name: "cvat-nuclio-dashboard", system: "cvat", part: "nuclio" },
  { name: "clearml-apiserver", system: "clearml", part: "server" },
];
/** Of charts that write their version on their objects. CVAT's does not. */
const CHART_LABEL = /^(?<system>clearml)-(?<version>\d.*)$/;

/** What a workload tells of versions. */
export interface Told {
  system: System;
  part: string;
  version: string;
}

/** The versions that an object of Kubernetes tells of, by its image and its label. */
export function toldBy(object: Readonly<Record<string, unknown>>): Told[] {
  const metadata = isMap(object["metadata"]) ? object["metadata"] : {};
  const telling = TELLING.find(({ name }) => name === metadata["name"]);
  if (telling === undefined) return [];
  const label = isMap(metadata["labels"]) ? metadata["labels"]["helm.sh/chart"] : undefined;
  const chart = typeof label === "string" ? CHART_LABEL.exec(label)?.groups : undefined;
  const { system, part } = telling;
  return [
    ...imagesOf(object).map((image) => ({ system, part, version: tagOf(image) })),
    ...(chart?.["version"] ? [{ system: "clearml" as const, part: "chart", version: chart["version"] }] : []),
  ];
}

function imagesOf(object: Readonly<Record<string, unknown>>): string[] {
  const spec = ["spec", "template", "spec"].reduce<unknown>((at, key) => (isMap(at) ? at[key] : undefined), object);
  const [first] = mapsIn(isMap(spec) ? spec["containers"] : undefined);
  return typeof first?.["image"] === "string" ? [first["image"]] : [];
}

/** `v2.64.0` of `registry:5000/cvat/server:v2.64.0@sha256:...`. */
const tagOf = (image: string) => (image.split("@")[0] ?? "").split("/").at(-1)?.split(":")[1]?.replace(/^v/, "") ?? "";

/**
 * The versions that a state knows: what the last run that came to its end said, and what the workloads of a later one have. Of a stack that is
 * new, and of one that was taken down, none.
 */
export function versionsIn(resources: readonly KnownResource[]): InstalledVersions {
  const root = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs;
  const said = SYSTEMS.flatMap((system) => saidOf(root, system));
  const told = resources.flatMap(({ type, outputs }) =>
    type === "kubernetes:apps/v1:Deployment" && outputs ? toldBy(outputs) : [],
  );
  return byPart([...said, ...told]);
}

function saidOf(outputs: KnownResource["outputs"], system: System): Told[] {
  const parts = [system, "versions", "parts"].reduce<unknown>((at, key) => (isMap(at) ? at[key] : undefined), outputs);
  return Object.entries(isMap(parts) ? parts : {}).flatMap(([part, version]) =>
    typeof version === "string" ? [{ system, part, version }] : [],
  );
}

/** Gathers what was told, part by part. */
export function byPart(told: readonly Told[]): InstalledVersions {
  const of = (wanted: System) => {
    const parts: Record<string, string[]> = {};
    for (const { system, part, version } of told) {
      if (system === wanted && version !== "" && !parts[part]?.includes(version)) (parts[part] ??= []).push(version);
    }
    return parts;
  };
  return { cvat: of("cvat"), clearml: of("clearml") };
}

/** The versions that a plan installs. */
export function versionsOf({ cvat, clearml }: Plan): InstalledVersions {
  const parts = (all: Readonly<Record<string, string | undefined>>): VersionsOfParts =>
    Object.fromEntries(Object.entries(all).map(([part, version]) => [part, version === undefined ? [] : [version]]));
  return {
    cvat: cvat ? parts({ ...cvat.versions.parts, nuclio: cvat.nuclio }) : {},
    clearml: clearml ? parts(clearml.versions.parts) : {},
  };
}
