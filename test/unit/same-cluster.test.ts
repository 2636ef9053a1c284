import { V1ObjectMeta } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { withoutLost, withoutRecords } from "../../automation/engine/forget.ts";
import type { StoredResource } from "../../automation/engine/stored-state.ts";
import type { LabConfig } from "../../components/lab/sections.ts";
import { clusterIsTheSame } from "../../components/preflight/same-cluster.ts";
import { knownCluster } from "../../components/preflight/state.ts";
import { NOTHING } from "./cluster-facts.ts";

const LAB = {
  cvat: { namespace: "cvat" },
  clearml: { namespace: "clearml", agent: { namespace: "clearml-agents" } },
} as LabConfig;

const urn = (types: string, name: string) => `urn:pulumi:lab::vision-platform::${types}::${name}`;
const CVAT = "vision-platform:index:VisionPlatform$vision-platform:cvat:Cvat";
const NUCLIO = "vision-platform:index:VisionPlatform$vision-platform:nuclio:Nuclio";
const CLEARML = "vision-platform:index:VisionPlatform$vision-platform:clearml:ClearMl";
const STORE = "vision-platform:index:VisionPlatform$vision-platform:storage:ObjectStore";

function object(parent: string, kind: string, name: string, namespace?: string, uid = `uid-${name}`): StoredResource {
  const type = `kubernetes:core/v1:${kind}`;
  const outputs = { apiVersion: "v1", kind: kind.replace(/Patch$/, ""), metadata: { name, namespace, uid } };
  return { urn: urn(`${parent}$${type}`, name), type, custom: true, outputs };
}

function other(parent: string, type: string, name: string, more: Partial<StoredResource> = {}): StoredResource {
  return { urn: urn(`${parent}$${type}`, name), type, custom: true, outputs: {}, ...more };
}

const RECORD = other("", "vision-platform:preflight:Cluster", "lab-in-cluster", { outputs: { uid: "old" } });

// Records have their types of today and of before 2026-12.
const STATE: StoredResource[] = [
  { urn: urn("pulumi:pulumi:Stack", "lab"), type: "pulumi:pulumi:Stack" },
  RECORD,
  { urn: urn(CVAT, "cvat"), type: "vision-platform:cvat:Cvat" },
  object(CVAT, "Namespace", "cvat"),
  object(CVAT, "Secret", "cvat-users", "cvat"),
  other(CVAT, "kubernetes:helm.sh/v4:Chart", "cvat", { custom: false }),
  other(CVAT, "vision-platform:secrets:GeneratedText", "cvat-password"),
  other(CVAT, "vision-platform:cvat:Organization", "cvat-lab"),
  other(NUCLIO, "pulumi-nodejs:dynamic/nuclio:Function", "nuclio-yolo"),
  object(CLEARML, "Namespace", "clearml"),
  object(CLEARML, "Secret", "clearml-credentials", "clearml"),
  other(CLEARML, "pulumi-nodejs:dynamic/clearml:Queue", "clearml-queue"),
  other(CLEARML, "pulumi-nodejs:dynamic/secrets:Departures", "clearml-departures"),
  object("vision-platform:index:VisionPlatform", "ServicePatch", "traefik", "kube-system"),
  other(STORE, "minio:index/s3Bucket:S3Bucket", "store-cvat", {
    dependencies: [urn(`${CVAT}$kubernetes:core/v1:Secret`, "cvat-users"), urn(STORE, "x")],
  }),
  other(STORE, "vision-platform:storage:Presence", "store-presence"),
];

const live = (uids: Readonly<Record<string, string>>, more: Readonly<Record<string, object>> = {}) =>
  Object.entries(uids).map(([name, uid]) => ({
    metadata: Object.assign(new V1ObjectMeta(), { name, uid, ...more[name] }),
  }));
const HERE = { cvat: "uid-cvat", clearml: "uid-clearml", "kube-system": "old" };

const told = (facts: object, state = STATE, verb?: "destroy") =>
  clusterIsTheSame({ ...NOTHING, ...facts }, LAB, knownCluster(state), verb).map(
    ({ path, message }) => `${path}: ${message}`,
  );

describe("the cluster of a stack", () => {
  it.each<[string, object, StoredResource[]]>([
    ["is the same", { uid: "old", namespaces: live(HERE) }, STATE],
    ["may not be read", {}, STATE],
    ["is known to nobody yet", { uid: "new", namespaces: live({}) }, []],
    ["has namespaces that a destroy let go of", { uid: "old", namespaces: live({ cvat: "other" }) }, [RECORD]],
  ])("%s: nothing to say", (_what, facts, state) => {
    expect(told(facts, state)).toEqual([]);
  });

  it("that is another one is told as that, once, with both ways on", () => {
    const [problem, ...more] = told({ uid: "new", namespaces: live({}) });
    expect(more).toEqual([]);
    expect(problem).toMatch(
      /^vision-platform:cluster: .*another cluster.*UID new, not old.*Name the old one.*up with --forget-lost/,
    );
  });

  it.each<[string, object, RegExp[]]>([
    [
      "is gone",
      { namespaces: live({ ...HERE, cvat: "uid-cvat" }).slice(0, 1) },
      [/^vision-platform:clearml\.namespace: Namespace clearml, .* is gone/],
    ],
    [
      "is somebody else's now",
      { namespaces: live({ ...HERE, cvat: "other" }) },
      [/^vision-platform:cvat\.namespace: .*somebody made another/],
    ],
    [
      "is going",
      { namespaces: live(HERE, { cvat: { deletionTimestamp: new Date() } }) },
      [/Namespace cvat, .* is gone/],
    ],
  ])("whose namespace %s is told by its key", (_what, facts, problems) => {
    expect(told({ uid: "old", ...facts })).toEqual(problems.map((problem) => expect.stringMatching(problem) as string));
  });

  it("of a stack brought up before it was noted is told from its namespaces", () => {
    const problems = told(
      { uid: "new", namespaces: live({ cvat: "other" }) },
      STATE.filter((one) => one !== RECORD),
    );
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/Or the kubeconfig or its context names another cluster/);
  });

  it("is told to a destroy with the way of a destroy", () => {
    expect(told({ uid: "new" }, STATE, "destroy")[0]).toMatch(/run destroy with --forget-lost/);
    expect(told({ uid: "old", namespaces: [] }, STATE, "destroy")[0]).toMatch(/run destroy with --forget-lost/);
  });
});

describe("letting go of what is lost", () => {
  const names = (resources: readonly StoredResource[]) => resources.map((resource) => resource.urn.split("::").at(-1));

  it("with a cluster: its objects, the records of what ran in it, and which one it was; not passwords, not the object store", () => {
    const kept = withoutLost(STATE, { cluster: true, namespaces: [] });
    expect(names(kept)).toEqual([
      "lab",
      "cvat",
      "cvat",
      "cvat-password",
      "clearml-departures",
      "store-cvat",
      "store-presence",
    ]);
    expect(kept.find(({ type }) => type.startsWith("minio"))?.dependencies).toEqual([urn(STORE, "x")]);
  });

  it("with a namespace: what lay in it and the records of the system that ran there, Nuclio's with CVAT's", () => {
    const kept = withoutLost(STATE, { cluster: false, namespaces: [{ name: "cvat", gone: true }] });
    const gone = STATE.filter(({ urn: one }) => !kept.some((resource) => resource.urn === one));
    expect(names(gone)).toEqual(["cvat", "cvat-users", "cvat-lab", "nuclio-yolo"]);
  });

  it("with nothing lost: nothing", () => {
    expect(withoutLost(STATE, { cluster: false, namespaces: [] })).toEqual(STATE);
  });

  it("lets go of records of a database that is put back, whatever type they had, and of nothing else", () => {
    const mentions = other(STORE, "minio:index/s3Bucket:S3Bucket", "one", {
      dependencies: [urn(`${CVAT}$vision-platform:cvat:Organization`, "cvat-lab"), urn(STORE, "x")],
    });
    const left = (tokens: Parameters<typeof withoutRecords>[1]) => withoutRecords([...STATE, mentions], tokens);
    expect(names(STATE).filter((name) => !names(left(["cvat:Organization", "clearml:Queue"])).includes(name))).toEqual([
      "cvat-lab",
      "clearml-queue",
    ]);
    expect(left(["cvat:Organization"]).at(-1)?.dependencies).toEqual([urn(STORE, "x")]);
  });
});
