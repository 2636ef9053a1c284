import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { classify, type Drift } from "../../automation/drift/classify.ts";
import { NOISE, noiseOf, type Place } from "../../automation/drift/noise.ts";
import { driftText } from "../../automation/drift/words.ts";
import type { Observed } from "../../automation/engine/observed.ts";
import { BY_HAND, LEFT_ALONE } from "../fixtures/drift/by-hand.ts";

const file = path.join(import.meta.dirname, "../fixtures/drift/by-hand.json.gz");
const recorded = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Observed[];

const driftOf = (observed: Observed[]): Drift =>
  classify({
    stack: "lab",
    resources: observed.map(({ urn, type }) => ({ urn, type })),
    read: { observed, unread: new Map() },
    missing: new Set(),
    left: new Map(),
    lost: new Set(),
    accidents: [],
  });

const nameOf = ({ kind, short }: { kind: string; short: string }) => `${kind} ${short}`;
const only = (object: string) => driftOf(recorded.filter((one) => nameOf(one) === object));

describe("what somebody did to a real lab is found, with who did it", () => {
  for (const object of new Set(BY_HAND.map((one) => one.object))) {
    const rows = BY_HAND.filter((one) => one.object === object);
    it(rows.map(({ kubectl }) => kubectl.slice(2, 4).join(" ")).join(", ") + `: ${object}`, () => {
      const { changed, gone } = only(object);
      const wanted = rows.flatMap(({ found }) => found ?? []).sort();
      const fields = changed.flatMap((one) => one.fields.map(({ path: at, how, by }) => `${at} ${how} ${by ?? "?"}`));
      expect(fields.sort()).toEqual(wanted);
      expect(gone.map(nameOf)).toEqual(rows.some(({ found }) => found === undefined) ? [object] : []);
    });
  }

  it("when, too, except for a scale, of which the API server keeps no time", () => {
    for (const { fields } of driftOf(recorded).changed)
      for (const { by, at } of fields) expect(at === undefined, by).toBe(by === "kubectl (scale)");
  });

  it("and no value of a Secret is in it", () => {
    expect(driftText(driftOf(recorded)) + JSON.stringify(driftOf(recorded))).not.toMatch(/hunter2|aHVudGVyMi/);
  });
});

describe("what nobody did is no drift", () => {
  it.each(LEFT_ALONE)("%s", (object) => {
    expect(only(object)).toMatchObject({ checked: 1, changed: [], gone: [], unchecked: [] });
  });

  it("and is counted, each with why", () => {
    const { noise } = driftOf(recorded);
    expect(noise.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["another-program", "status", "bookkeeping", "bound", "restarted"]),
    );
    expect(noise.every(({ count, why }) => count > 0 && why !== "")).toBe(true);
  });

  it("has a reason and a source in each row", () => {
    for (const { why, source } of NOISE) expect([why, source]).not.toContain("");
  });
});

describe("a near miss of each row is drift", () => {
  const place = (path: string, more: Partial<Place> = {}): Place => ({
    type: "kubernetes:apps/v1:Deployment",
    path,
    how: "changed",
    owners: [{ manager: "kubectl-edit", subresource: undefined, time: undefined }],
    wasOurs: true,
    ...more,
  });
  const copying = [{ manager: "vision-platform-certificate", subresource: undefined, time: undefined }];
  const controller = [{ manager: "kube-controller-manager", subresource: undefined, time: undefined }];

  it.each<[string, Place]>([
    ["a field that only begins like status", place("statusPage")],
    ["replicas that a controller sets where the lab sets them", place("spec.replicas", { owners: controller })],
    ["a label beside the generation", place("metadata.generationOf")],
    ["an annotation that only holds the name of one", place('metadata.annotations["my/deployment.kubernetes.io"]')],
    [
      "a field of ours on an object of another program",
      place("spec.loadBalancerIP", { type: "kubernetes:core/v1:ServicePatch" }),
    ],
    ["a field of ours that is gone", place("metadata.labels.app", { how: "removed", owners: [] })],
    [
      "a port of a Service that somebody set",
      place("spec.ports[http].nodePort", { type: "kubernetes:core/v1:Service", wasOurs: false }),
    ],
    [
      "a class that somebody gave a claim",
      place("spec.storageClassName", { type: "kubernetes:core/v1:PersistentVolumeClaim" }),
    ],
    [
      "a port of a Service that the lab sets",
      place("spec.ports[http].nodePort", { type: "kubernetes:core/v1:Service", owners: controller }),
    ],
    ["a finalizer on what the cluster gives none", place("metadata.finalizers")],
    [
      "a key that somebody put into a Secret",
      place('data["tls.key"]', { type: "kubernetes:core/v1:Secret", how: "added", wasOurs: false }),
    ],
    [
      "a key of ours that the copying pods wrote over",
      place('data["tls.key"]', { type: "kubernetes:core/v1:Secret", owners: copying }),
    ],
  ])("%s", (_what, at) => {
    expect(noiseOf(at)?.id).toBeUndefined();
  });

  it.each<[string, Place]>([
    ["status", place("spec.x", { owners: [{ manager: "kubelet", subresource: "status", time: undefined }] })],
    ["revision", place('metadata.annotations["deployment.kubernetes.io/revision"]', { owners: controller })],
    ["defaults", place("spec.newInThisVersion", { how: "added", owners: [], wasOurs: false })],
    ["taken-back", place("metadata.labels.theirs", { how: "removed", owners: [], wasOurs: false })],
    ["controllers", place("metadata.annotations.x", { how: "added", owners: controller, wasOurs: false })],
    [
      "certificate-copy",
      place('data["tls.key"]', { type: "kubernetes:core/v1:Secret", how: "added", owners: copying, wasOurs: false }),
    ],
    [
      "addresses",
      place("spec.ports[http].nodePort", { type: "kubernetes:core/v1:Service", owners: [], wasOurs: false }),
    ],
  ])("and %s is none", (id, at) => {
    expect(noiseOf(at)?.id).toBe(id);
  });
});
