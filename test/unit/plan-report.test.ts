import { describe, expect, it } from "vitest";
import { UNKNOWN } from "../../components/records/kind.ts";
import type { Operation } from "../../automation/engine/changes.ts";
import { chartsIn } from "../../automation/engine/chart-versions.ts";
import type { Step } from "../../automation/engine/steps.ts";
import { planReport, type Previewed } from "../../automation/report/plan-report.ts";

const kept = (kind: string, name: string): Step => ({
  urn: `urn:pulumi:lab::vision-platform::vision-platform:cvat:Cvat$kubernetes:apps/v1:${kind}::${name}`,
  type: `kubernetes:apps/v1:${kind}`,
  kind,
  name,
  short: name,
  system: "CVAT",
  change: undefined,
  before: {},
  after: {},
  replacedFor: [],
  isRetained: false,
  was: undefined,
});

function changed(
  operation: Operation,
  kind: string,
  name: string,
  more: Partial<Step> = {},
  paths: string[] = [],
): Step {
  const step = kept(kind, name);
  const { urn, type, short, system } = step;
  const fields = paths.map((path) => ({ path, before: 1, after: 2 }));
  return { ...step, change: { urn, type, kind, name, short, system, operation, fields }, ...more };
}

const report = (steps: Step[], more: Partial<Previewed> = {}) =>
  planReport({ stack: "lab", steps, fixes: { before: [], after: [] }, warnings: [], ...more });

const rollout = changed("update", "Deployment", "server", {}, ["spec.template.spec.containers[0].image"]);
const claim = changed("keep", "PersistentVolumeClaim", "data", { type: "kubernetes:core/v1:PersistentVolumeClaim" });

describe("the verdict", () => {
  it.each<[string, Step[], Partial<Previewed>]>([
    ["Routine: nothing changes.", [kept("Deployment", "a")], {}],
    [
      "Routine: 2 objects change, 1 rollout, no data touched.",
      [rollout, changed("update", "Service", "ui"), kept("Job", "a")],
      {},
    ],
    [
      "Routine: 1 object changes, no rollouts, no data touched.",
      [changed("update", "Service", "ui"), kept("Job", "a")],
      {},
    ],
    ["Careful: a claim is let go of. 2 objects change, 1 rollout.", [rollout, claim], {}],
    [
      "New: this stack has nothing yet, and 1 object is made.",
      [changed("create", "Service", "ui", { before: undefined })],
      {},
    ],
    [
      "Not all was seen: the preview failed. Of what was seen, 1 object changes, 1 rollout.",
      [rollout],
      { failure: "Deployment export: Conflict" },
    ],
  ])("is %s", (verdict, steps, more) => {
    expect(report(steps, more).verdict).toBe(verdict);
  });
});

describe("a report", () => {
  it("counts by system, and names what starts anew, once", () => {
    const replaced = changed("replace", "StatefulSet", "db", { replacedFor: ["spec.serviceName"] });
    const { counts, unchanged, restarts } = report([
      rollout,
      replaced,
      { ...claim, system: "ClearML" },
      kept("Job", "a"),
    ]);
    expect(counts).toEqual({ CVAT: { update: 1, replace: 1 }, ClearML: { keep: 1 } });
    expect(unchanged).toBe(1);
    expect(restarts).toEqual(["Deployment server", "StatefulSet db"]);
  });

  it("starts nothing anew that only has another number of pods, that is new, or that runs once", () => {
    const scaled = changed("update", "Deployment", "server", {}, ["spec.replicas"]);
    const made = changed("create", "Deployment", "other", { before: undefined }, []);
    const job = changed("replace", "Job", "once", {}, ["spec.template"]);
    expect(report([scaled, made, job]).restarts).toEqual([]);
  });

  it("has images from and to, and what was renamed and else stays", () => {
    const spec = (image: string) => ({ spec: { template: { spec: { containers: [{ name: "server", image }] } } } });
    const bumped = { ...rollout, before: spec("cvat/server:v2.64.0"), after: spec("cvat/server:v2.64.1") };
    const moved = { ...kept("Service", "ui"), was: kept("Service", "web") };
    const { images, moved: renamed, unchanged } = report([bumped, moved]);
    expect(images).toEqual([{ object: "Deployment server", from: "cvat/server:v2.64.0", to: "cvat/server:v2.64.1" }]);
    expect(renamed).toEqual([{ object: "Service ui", from: "Service web" }]);
    expect(unchanged).toBe(1);
  });

  it("has charts from and to, of those that were there", () => {
    const outputs = (cvat: string, more: object = {}) =>
      chartsIn({ cvat: { versions: { parts: { chart: cvat } } }, ...more });
    const clearml = { clearml: { versions: { parts: { chart: "7.14.7", agent: "5.3.3" } } } };
    expect(outputs("0.18.0", clearml)).toEqual({ cvat: "0.18.0", clearml: "7.14.7", "clearml-agent": "5.3.3" });
    const charts = { before: outputs("0.17.1"), after: outputs("0.18.0", clearml) };
    expect(report([rollout], { charts }).charts).toEqual([{ chart: "cvat", from: "0.17.1", to: "0.18.0" }]);
    expect(report([rollout], { charts: { before: charts.after, after: charts.after } }).charts).toEqual([]);
  });

  it("takes an object for one that only waits where nothing else is another: not where a known change stands beside", () => {
    const spec = (image: string, url: string) => ({ spec: { image, env: [{ name: "URL", value: url }] } });
    const of = (after: Step["after"]) => {
      const { waiting, objects } = report([
        changed("update", "Deployment", "a", { before: spec("s:1", "http://a"), after }),
      ]);
      return waiting.length > 0 ? "waits" : objects.length > 0 ? "changes" : "neither";
    };
    expect(of(spec("s:1", UNKNOWN))).toBe("waits");
    expect(of(spec("s:1", `http://${UNKNOWN}/x`))).toBe("waits");
    expect(of({ spec: UNKNOWN })).toBe("waits");
    expect(of(spec("s:2", UNKNOWN))).toBe("changes");
    expect(of({ ...spec("s:1", UNKNOWN), metadata: { labels: { new: "known", later: UNKNOWN } } })).toBe("changes");
    expect(of({ spec: { image: "s:1" } })).toBe("changes");
  });
});
