import { valueAt } from "../../engine/changes.ts";
import type { Step } from "../../engine/steps.ts";
import { becomes, ofEach, type FindingRow } from "./finding.ts";

/** Kinds whose replacement has a row of its own, or hurts nobody: who reads them does not see it. */
const TOLD_ELSEWHERE = new Set(["StatefulSet", "Job", "PersistentVolumeClaim", "ConfigMap", "Secret"]);
const SHOWN_PATHS = 2;

/** What becomes of what runs. */
export const WORKLOAD_ROWS: readonly FindingRow[] = [
  {
    id: "statefulset-replaced",
    severity: "careful",
    title: "a StatefulSet is made again",
    find: ofEach((step) =>
      step.kind === "StatefulSet" && becomes(step, "replace")
        ? `is deleted and made again${because(step.replacedFor)}: its pods are away meanwhile, its claims stay`
        : undefined,
    ),
  },
  {
    id: "job-replaced",
    severity: "note",
    title: "a Job runs again",
    find: ofEach((step) =>
      step.kind === "Job" && becomes(step, "replace")
        ? `is deleted and made again${because(step.replacedFor)}: it runs once more`
        : undefined,
    ),
  },
  {
    id: "immutable-field",
    severity: "careful",
    title: "an object is made again",
    find: ofEach((step) =>
      step.type.startsWith("kubernetes:") &&
      becomes(step, "replace") &&
      !TOLD_ELSEWHERE.has(step.kind) &&
      !step.kind.endsWith("Patch")
        ? `is deleted and made again, since what changes cannot be changed${because(step.replacedFor)}`
        : undefined,
    ),
  },
  {
    id: "replicas-zero",
    severity: "careful",
    title: "something is scaled to nothing",
    find: ofEach((step) => {
      const [before, after] = [valueAt(step.before, "spec.replicas"), valueAt(step.after, "spec.replicas")];
      return after === 0 && before !== 0 ? "has no pod any more: its replicas are 0" : undefined;
    }),
  },
  {
    id: "namespace-moved",
    severity: "careful",
    title: "a system moves to another namespace",
    find: ({ steps }) => {
      const goes = steps.filter((step) => becomes(step, "delete", "keep", "replace"));
      const moved = steps
        .filter((step) => becomes(step, "create", "replace"))
        .flatMap((step) => {
          const to = namespaceOf(step.after);
          const former = goes.find(({ kind, short, system, before }) => {
            const from = namespaceOf(before);
            return kind === step.kind && short === step.short && system === step.system && from && to && from !== to;
          });
          return former ? [{ system: step.system, from: namespaceOf(former.before) ?? "", to: to ?? "" }] : [];
        });
      const ways = new Map(moved.map((one) => [JSON.stringify(one), one]));
      return [...ways.values()].map((way) => {
        const count = moved.filter(
          (one) => one.system === way.system && one.from === way.from && one.to === way.to,
        ).length;
        return {
          system: way.system,
          object: `Namespace ${way.from}`,
          text: `is left for ${way.to} by ${count} ${count === 1 ? "object" : "objects"}: claims and what is in them do not move along`,
        };
      });
    },
  },
];

function namespaceOf(given: Step["before"]): string | undefined {
  const namespace = valueAt(given, "metadata.namespace");
  return typeof namespace === "string" ? namespace : undefined;
}

function because(paths: readonly string[]): string {
  if (paths.length === 0) return "";
  const more = paths.length - SHOWN_PATHS;
  return ` (for ${paths.slice(0, SHOWN_PATHS).join(", ")}${more > 0 ? ` and ${more} more` : ""})`;
}
