import { afterAll, describe, expect, it } from "vitest";
import type { Seen } from "../../automation/engine/run.ts";
import type { Step } from "../../automation/engine/steps.ts";
import { findingsIn } from "../../automation/report/findings/finding.ts";
import { FINDING_ROWS } from "../../automation/report/findings/rows.ts";
import { planReport } from "../../automation/report/plan-report.ts";
import { recorded } from "../fixtures/plans/recorded.ts";

const FOUND = new Set<string>();

function reported(name: string) {
  const report = planReport({ stack: "lab", ...recorded(name), warnings: [] });
  for (const { id } of report.findings) FOUND.add(id);
  return report;
}

function told(seen: Seen): string[] {
  const findings = findingsIn(seen, FINDING_ROWS);
  for (const { id } of findings) FOUND.add(id);
  return findings.map(({ id, object }) => `${id}: ${object}`);
}

afterAll(() => {
  expect([...FOUND].sort(), "each row has found something").toEqual(FINDING_ROWS.map(({ id }) => id).sort());
});

/** What is found in a recorded plan when one of its objects is another. */
function toldOf(name: string, object: string, change: (step: Step) => Partial<Step>): string[] {
  const { steps } = recorded(name);
  const found =
    steps.find(({ kind, short }) => `${kind} ${short}` === object) ?? expect.fail(`${name} has no ${object}`);
  return told({ steps: [{ ...found, ...change(found) }], fixes: { before: [], after: [] } });
}

/** The step as if its object had been, and would be, something else. */
const as =
  (before: object | undefined, after: object | undefined, operation = "update") =>
  ({ change }: Step): Partial<Step> =>
    ({ before, after, change: { ...change, operation, fields: [] } }) as unknown as Partial<Step>;

describe("what is found in a recorded plan", () => {
  it.each<[string, string, string[]]>([
    ["nothing", "Routine: nothing changes.", []],
    ["more workers", "Routine: 1 object changes, no rollouts, no data touched.", []],
    ["one bucket more", "Routine: 3 objects change, no rollouts, no data touched.", []],
    [
      "a volume grows",
      "Careful: a volume grows. 1 object changes, no rollouts.",
      ["claim-grows: PersistentVolumeClaim cvat-backend-data"],
    ],
    [
      "an image",
      "Routine: 11 objects change, 9 rollouts, no data touched.",
      ["job-replaced: Job cvat-backend-initializer-r1", "job-replaced: Job cvat-users"],
    ],
    [
      "another key of the store for functions",
      "Careful: a key is made anew, a secret changes. 2 objects change, no rollouts.",
      ["secret-rotates: GeneratedText store-functions-secret-key", "secret-changes: Secret nuclio-yolo11x-model"],
    ],
    [
      "another key of the store for CVAT",
      "Careful: a key is made anew. 1 object changes, no rollouts.",
      ["secret-rotates: GeneratedText store-cvat-secret-key"],
    ],
    [
      "a host and TLS",
      "Careful: a route opens. 15 objects change, 10 rollouts.",
      [
        "route-opens: Ingress cvat",
        "route-opens: Ingress cvat-analytics",
        "job-replaced: Job cvat-backend-initializer-r1",
        "job-replaced: Job cvat-users",
      ],
    ],
    [
      "another address",
      "Careful: an address moves. 1 object changes, no rollouts.",
      ["address-moves: Service clearml-webserver"],
    ],
    [
      "no functions",
      "Careful: a record is removed. 8 objects change, 2 rollouts.",
      [
        "record-removed: Function nuclio-sam",
        "record-removed: Function nuclio-yolo11x",
        "record-removed: Project nuclio-project",
      ],
    ],
    [
      "no users",
      "Careful: a secret changes, a record is removed. 9 objects change, no rollouts.",
      [
        "secret-changes: Secret cvat-users",
        "record-removed: CloudStorage cvat-storage-lab-cvat",
        "record-removed: CloudStorage cvat-storage-lab-datasets",
        "record-removed: Membership cvat-member-lab-annotator",
        "record-removed: Organization cvat-organization-lab",
        "job-replaced: Job cvat-users",
      ],
    ],
    [
      "no analytics",
      "Careful: a claim is let go of. 36 objects change, 9 rollouts.",
      [
        "claim-let-go: PersistentVolumeClaim cvat-grafana",
        "claim-let-go: PersistentVolumeClaimPatch cvat-data-cvat-clickhouse-shard0-0",
        "job-replaced: Job cvat-backend-initializer-r1",
        "job-replaced: Job cvat-users",
        "fix-not-needed: Fix empty-role-rules",
      ],
    ],
    [
      "no agent",
      "Careful: a record is removed. 11 objects change, no rollouts.",
      ["record-removed: Queue clearml-agent-queue"],
    ],
  ])("%s", (name, verdict, ids) => {
    const report = reported(name);
    expect(report.findings.map(({ id, object }) => `${id}: ${object}`)).toEqual(ids);
    expect(report.verdict).toBe(verdict);
  });

  it("a release that jumps and one that goes back are told of each workload, and no other release is", () => {
    const ids = (name: string) => [...new Set(reported(name).findings.map(({ id }) => id))];
    expect(ids("another major release")).toContain("major-jump");
    expect(ids("another major release")).not.toContain("older-release");
    expect(ids("an older release")).toContain("older-release");
    expect(ids("an older release")).not.toContain("major-jump");
    const [knownBad, ...more] = reported("an older release").findings.filter(({ id }) => id === "known-bad-jump");
    expect([knownBad?.object, more]).toEqual(["Deployment cvat-backend-server", []]);
    expect(knownBad?.text).toMatch(/The server of CVAT goes from 2\.64\.0 to 2\.63\.0 \(to an older release\)\./);
    expect([...ids("an image"), ...ids("another major release")]).not.toContain("known-bad-jump");
    expect(reported("an image").images).toContainEqual({
      object: "Deployment cvat-backend-server",
      from: expect.stringMatching(/cvat\/server:v2\.64\.0$/) as string,
      to: "cvat/server:v2.64.1",
    });
  });

  it("a namespace that is another one is told of what is in it", () => {
    const { findings, verdict } = reported("another namespace");
    expect(verdict).toMatch(/^Careful: a claim is let go of, .*a system moves to another namespace/);
    const moved = findings.filter(({ id }) => id === "namespace-moved");
    expect(moved.map(({ system, object, text }) => `${system}: ${object} ${text}`)).toEqual([
      expect.stringMatching(/^CVAT: Namespace cvat is left for annotation by \d+ objects: claims/),
      expect.stringMatching(/^Nuclio: Namespace cvat is left for annotation by 1 object: claims/),
    ]);
  });

  it("what is only given what is not known yet is no change", () => {
    const { waiting, objects } = reported("another key of the store for CVAT");
    expect(waiting).toEqual(
      expect.arrayContaining(
        ["CloudStorage cvat-storage-lab-cvat", "CloudStorage cvat-storage-lab-datasets"].map((object) => ({
          object,
          until: ["GeneratedText store-cvat-secret-key"],
        })),
      ),
    );
    expect(objects.map(({ name }) => name)).toEqual(["store-cvat-secret-key"]);
  });
});

describe("a row, by what nearly is what it looks for", () => {
  const claim = "PersistentVolumeClaim cvat-backend-data";
  const sized = (storage: string) => ({ spec: { resources: { requests: { storage } } } });

  it("a claim that grows by another unit alone does not, nor one that shrinks", () => {
    const of = (before: string, after: string) => toldOf("a volume grows", claim, as(sized(before), sized(after)));
    expect(of("50Gi", "51200Mi")).toEqual([]);
    expect(of("50Gi", "40Gi")).toEqual([]);
    expect(of("50Gi", "51201Mi")).toEqual([`claim-grows: ${claim}`]);
  });

  it("a claim is deleted, or replaced; of one that is made nothing is told", () => {
    const of = (operation: string, isRetained = false) =>
      toldOf("a volume grows", claim, (step) => ({ ...as({}, {}, operation)(step), isRetained }));
    expect(of("delete", true)).toEqual([`claim-let-go: ${claim}`]);
    expect(of("replace", true)).toEqual([`claim-let-go: ${claim}`]);
    expect(of("delete")).toEqual([`claim-deleted: ${claim}`]);
    expect(of("replace")).toEqual([`claim-deleted: ${claim}`]);
    expect(of("create")).toEqual([]);
  });

  it("a bucket is deleted, let go of, or made", () => {
    const of = (operation: string) => toldOf("one bucket more", "S3Bucket store-archive", as({}, {}, operation));
    expect(of("delete")).toEqual(["bucket-deleted: S3Bucket store-archive"]);
    expect(of("keep")).toEqual(["bucket-let-go: S3Bucket store-archive"]);
    expect(of("create")).toEqual([]);
  });

  it("a Deployment or a StatefulSet is made again, a ConfigMap too and nobody minds", () => {
    const again = as({}, {}, "replace");
    expect(toldOf("an image", "Deployment cvat-backend-server", again)).toEqual([
      "immutable-field: Deployment cvat-backend-server",
    ]);
    expect(toldOf("no analytics", "StatefulSet cvat-vector", again)).toEqual([
      "statefulset-replaced: StatefulSet cvat-vector",
    ]);
    expect(toldOf("no analytics", "ConfigMap cvat-vector-config", again)).toEqual([]);
  });

  it("replicas go to 0; they were 0, or are left to others", () => {
    const of = (before: object, after: object) =>
      toldOf("more workers", "Deployment cvat-backend-worker-export", as({ spec: before }, { spec: after }));
    expect(of({ replicas: 1 }, { replicas: 0 })).toEqual(["replicas-zero: Deployment cvat-backend-worker-export"]);
    expect(of({ replicas: 0 }, { replicas: 0 })).toEqual([]);
    expect(of({ replicas: 1 }, {})).toEqual([]);
  });

  it("what is made in a namespace and goes from none, or from the same, does not move", () => {
    const { steps, fixes } = recorded("another namespace");
    const service = steps.filter(({ kind, short }) => kind === "Service" && short === "cvat-backend-service");
    expect(service).toHaveLength(2);
    const ids = (all: Step[]) => told({ steps: all, fixes }).filter((one) => one.startsWith("namespace-moved"));
    expect(ids(service)).toEqual(["namespace-moved: Namespace cvat"]);
    const within = service.map((step) => ({
      ...step,
      before: step.before && { metadata: { namespace: "annotation" } },
    }));
    expect(ids(within)).toEqual([]);
    expect(ids(service.map((step) => ({ ...step, before: step.before && { metadata: {} } })))).toEqual([]);
  });

  it("a role gives more: not the same in another order, not less, not what a star gave already", () => {
    const role = "Role cvat-grafana";
    const rules = (...all: object[]) => ({ rules: all });
    const pods = { apiGroups: [""], resources: ["pods", "services"], verbs: ["get", "list"] };
    const of = (before: object | undefined, after: object) => toldOf("no analytics", role, as(before, after));
    const more = [`rights-widen: ${role}`];
    expect(of(rules(pods), rules({ ...pods, verbs: ["list", "get"], resources: ["services", "pods"] }))).toEqual([]);
    expect(of(rules(pods), rules({ ...pods, verbs: ["get"] }))).toEqual([]);
    expect(of(rules({ ...pods, verbs: ["*"] }), rules(pods))).toEqual([]);
    expect(of(rules(pods), rules({ ...pods, resources: ["pods"] }, { ...pods, resources: ["services"] }))).toEqual([]);
    expect(of(rules(pods), rules({ ...pods, verbs: ["get", "list", "delete"] }))).toEqual(more);
    expect(of(rules({ ...pods, resourceNames: ["a"] }), rules(pods))).toEqual(more);
    expect(of(rules(pods), rules({ ...pods, apiGroups: ["apps"] }))).toEqual(more);
    expect(of(rules(pods), rules(pods, { nonResourceURLs: ["/metrics"], verbs: ["get"] }))).toEqual(more);
    expect(of(undefined, rules())).toEqual([]);
  });

  it("a role is given to somebody more, not to the same in another order", () => {
    const binding = "RoleBinding cvat-grafana";
    const to = (...names: string[]) => ({
      roleRef: { kind: "Role", name: "reader" },
      subjects: names.map((name) => ({ kind: "ServiceAccount", namespace: "cvat", name })),
    });
    const of = (before: object, after: object) => toldOf("no analytics", binding, as(before, after));
    expect(of(to("a", "b"), to("b", "a"))).toEqual([]);
    expect(of(to("a", "b"), to("a"))).toEqual([]);
    expect(of(to("a"), to("a", "c"))).toEqual([`rights-for-more: ${binding}`]);
  });

  it("a Service opens, and one that was open already does not", () => {
    const of = (before: string | undefined, after: string) =>
      toldOf("no analytics", "Service cvat-vector", as({ spec: { type: before } }, { spec: { type: after } }));
    const opens = ["service-opens: Service cvat-vector"];
    expect(of("ClusterIP", "LoadBalancer")).toEqual(opens);
    expect(of(undefined, "NodePort")).toEqual(opens);
    expect(of("NodePort", "LoadBalancer")).toEqual([]);
    expect(of("LoadBalancer", "ClusterIP")).toEqual([]);
  });

  it("a route opens; one that closes, or stands elsewhere in the list, does not", () => {
    const rule = (host: string | undefined, ...paths: string[]) => ({
      host,
      http: { paths: paths.map((one) => ({ path: one })) },
    });
    const of = (before: object[], after: object[]) =>
      toldOf("a host and TLS", "Ingress cvat", as({ spec: { rules: before } }, { spec: { rules: after } }));
    expect(of([rule("a.example", "/", "/api")], [rule("a.example", "/api", "/")])).toEqual([]);
    expect(of([rule("a.example", "/", "/api")], [rule("a.example", "/")])).toEqual([]);
    expect(of([rule("a.example", "/")], [rule("a.example", "/"), rule("b.example", "/")])).toEqual([
      "route-opens: Ingress cvat",
    ]);
    expect(of([rule("a.example", "/")], [rule(undefined, "/")])).toEqual(["route-opens: Ingress cvat"]);
  });

  it("of a Secret only another content is told, with who starts anew for it and who does not", () => {
    const { steps } = recorded("no users");
    const secret = steps.find(({ kind, change }) => kind === "Secret" && change) ?? expect.fail();
    const place = (secret.after?.["metadata"] ?? {}) as { namespace: string };
    const annotated = {
      ...secret,
      replacedFor: [],
      change: {
        ...secret.change,
        operation: "update",
        fields: [{ path: "metadata.annotations.note", before: "a", after: "b" }],
      },
    } as Step;
    const fixes = { before: [], after: [] };
    expect(told({ steps: [annotated], fixes })).toEqual([]);

    const [server] = recorded("an image").steps.filter(({ short }) => short === "cvat-backend-server");
    const reading = (name: string, source: object, change: Step["change"]) =>
      ({
        ...server,
        short: name,
        change,
        after: {
          metadata: { namespace: place.namespace },
          spec: { template: { spec: { containers: [{ name: "c", ...source }] } } },
        },
      }) as unknown as Step;
    const env = { env: [{ name: "P", valueFrom: { secretKeyRef: { name: secret.short, key: "p" } } }] };
    const found = findingsIn(
      {
        steps: [
          secret,
          reading("anew", env, server?.change),
          reading("stale", env, undefined),
          reading("other", { envFrom: [{ secretRef: { name: "another" } }] }, undefined),
        ],
        fixes,
      },
      FINDING_ROWS,
    );
    expect(found.find(({ id }) => id === "secret-changes")?.text).toBe(
      "gets another content; what reads it starts anew: Deployment anew; what read it when it started goes on with the old one: Deployment stale",
    );
  });

  it("a fix applies newly, and is not needed any more; of a chart that comes or goes nothing is told", () => {
    const row = (chart: string, id: string, outcome: "applied" | "not matched") => ({
      chart,
      id,
      outcome,
      objects: [] as string[],
      why: "w",
      source: "s",
    });
    const of = (before: ReturnType<typeof row>[], after: ReturnType<typeof row>[]) =>
      told({ steps: [], fixes: { before, after } });
    expect(
      of(
        [row("cvat", "a", "applied"), row("cvat", "b", "not matched")],
        [row("cvat", "a", "not matched"), row("cvat", "b", "applied")],
      ),
    ).toEqual(["fix-applies: Fix b", "fix-not-needed: Fix a"]);
    expect(of([row("cvat", "a", "applied")], [row("cvat", "a", "applied")])).toEqual([]);
    expect(of([row("clearml", "a", "applied"), row("cvat", "x", "applied")], [row("cvat", "x", "applied")])).toEqual(
      [],
    );
    expect(of([], [row("cvat", "a", "applied")])).toEqual([]);
  });
});
