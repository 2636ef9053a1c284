import type { RenderedObject } from "../kubernetes/rendered-object.ts";
import type { Stage, StageRow } from "./stages.ts";
import { addressesAsked } from "../kubernetes/metallb.ts";

/** The kinds that become ready some time after they are accepted, with where they are listed. */
export const WAITED_KINDS = {
  PersistentVolumeClaim: { api: "/api/v1", plural: "persistentvolumeclaims" },
  StatefulSet: { api: "/apis/apps/v1", plural: "statefulsets" },
  Deployment: { api: "/apis/apps/v1", plural: "deployments" },
  Job: { api: "/apis/batch/v1", plural: "jobs" },
  Service: { api: "/api/v1", plural: "services" },
  Ingress: { api: "/apis/networking.k8s.io/v1", plural: "ingresses" },
} as const;
export type WaitedKind = keyof typeof WAITED_KINDS;

/** One object that must become ready, and when its turn is. */
export interface Expectation {
  kind: WaitedKind;
  name: string;
  stage: Stage;
  /** Addresses it asks for: ready means that it has them. Default: any. */
  addresses?: readonly string[];
  /** Key of the stack file that asks for them. */
  key?: string;
}

/** What a rendered object lets us expect: nothing, itself, or for a StatefulSet also the claims its pods make. */
export function expectationsOf(object: RenderedObject, rows: readonly StageRow[]): Expectation[] {
  const { kind, metadata } = object;
  switch (kind) {
    case "PersistentVolumeClaim":
      return [{ kind, name: metadata.name, stage: "claims" }];
    case "StatefulSet":
      return [
        ...claimsOf(object).map(({ name }): Expectation => ({ kind: "PersistentVolumeClaim", name, stage: "claims" })),
        { kind, name: metadata.name, stage: stageOf(metadata.name, rows) },
      ];
    case "Deployment":
    case "Job":
      return [{ kind, name: metadata.name, stage: stageOf(metadata.name, rows) }];
    case "Service":
      return (object.spec as { type?: string }).type === "LoadBalancer"
        ? [{ kind, name: metadata.name, stage: "addresses", addresses: addressesAsked(object) }]
        : [];
    case "Ingress":
      return [{ kind, name: metadata.name, stage: "addresses" }];
    default:
      return [];
  }
}

/** A claim that the pods of a StatefulSet make from its templates. */
export interface StatefulSetClaim {
  /** `<template>-<StatefulSet>-<ordinal>`. */
  name: string;
  size: string;
}

/** The claims that the pods of a StatefulSet make. */
export function claimsOf(statefulSet: RenderedObject): StatefulSetClaim[] {
  const spec = statefulSet.spec as {
    replicas?: number;
    volumeClaimTemplates?: { metadata: { name: string }; spec: { resources: { requests: { storage: string } } } }[];
  };
  return (spec.volumeClaimTemplates ?? []).flatMap((template) =>
    Array.from({ length: spec.replicas ?? 1 }, (_, ordinal) => ({
      name: `${template.metadata.name}-${statefulSet.metadata.name}-${ordinal}`,
      size: template.spec.resources.requests.storage,
    })),
  );
}

function stageOf(name: string, rows: readonly StageRow[]): Stage {
  return rows.find((row) => row.name.test(name))?.stage ?? "workers";
}
