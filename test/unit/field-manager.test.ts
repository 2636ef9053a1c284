import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { takeOverOldNames } from "../../automation/cluster/field-managers.ts";
import type { ApiRequest, Send } from "../../components/kubernetes/api-server.ts";
import type { LabConfig } from "../../components/lab/sections.ts";
import { apiPath } from "../../components/kubernetes/api-path.ts";
import { appliedBelow, handOver, type ManagedMetadata } from "../../components/kubernetes/field-manager.ts";
import { knownCluster } from "../../components/preflight/state.ts";
import { recordRegistrations, settled } from "./registrations.ts";

const OLD = "pulumi-kubernetes-1a2b3c4d";
const OLDER = "pulumi-kubernetes-99999999";

type Entry = [manager: string, operation: string, extra?: object];

const live = (entries: readonly Entry[], more: object = {}): ManagedMetadata => ({
  name: "x",
  resourceVersion: "7",
  managedFields: entries.map(([manager, operation, extra]) => ({ manager, operation, ...extra })),
  ...more,
});

describe("handing fields to our one name", () => {
  const TEST = { op: "test", path: "/metadata/resourceVersion", value: "7" };
  const rename = (index: number) => ({
    op: "replace",
    path: `/metadata/managedFields/${index}/manager`,
    value: "vision-platform",
  });
  const remove = (index: number) => ({ op: "remove", path: `/metadata/managedFields/${index}` });

  it.each<[string, Entry[], object[] | undefined]>([
    [
      "nothing of ours",
      [
        ["kubectl-edit", "Update"],
        ["k3s", "Apply"],
      ],
      undefined,
    ],
    ["our name alone", [["vision-platform", "Apply"]], undefined],
    [
      "one made-up name",
      [
        ["kube-controller-manager", "Update"],
        [OLD, "Apply"],
      ],
      [rename(1)],
    ],
    [
      "names of two lives: from the last one, so that places stay true",
      [
        [OLD, "Apply"],
        ["x", "Update"],
        [OLDER, "Apply"],
      ],
      [rename(0), remove(2)],
    ],
    [
      "ours beside older ones",
      [
        [OLDER, "Apply"],
        ["vision-platform", "Apply"],
        [OLD, "Apply"],
      ],
      [remove(2), remove(0)],
    ],
    [
      "what a PUT of a definition left",
      [
        [OLD, "Update"],
        ["vision-platform", "Apply"],
        ["vision-platform", "Update"],
      ],
      [remove(2), remove(0)],
    ],
    ["the status that somebody under such a name reports", [[OLD, "Apply", { subresource: "status" }]], undefined],
  ])("%s", (_what, entries, operations) => {
    expect(handOver(live(entries), () => true)).toEqual(operations && [TEST, ...operations]);
  });

  it("leaves a made-up name that is not proven ours", () => {
    expect(handOver(live([[OLD, "Apply"]]), () => false)).toBeUndefined();
  });
});

describe("where an object lies", () => {
  it.each([
    ["v1", "Secret", "lab", "/api/v1/namespaces/lab/secrets/x"],
    ["networking.k8s.io/v1", "Ingress", "lab", "/apis/networking.k8s.io/v1/namespaces/lab/ingresses/x"],
    ["networking.k8s.io/v1", "NetworkPolicy", "lab", "/apis/networking.k8s.io/v1/namespaces/lab/networkpolicies/x"],
    ["rbac.authorization.k8s.io/v1", "ClusterRole", undefined, "/apis/rbac.authorization.k8s.io/v1/clusterroles/x"],
  ])("%s %s", (apiVersion, kind, namespace, path) => {
    expect(apiPath({ apiVersion, kind, namespace, name: "x" })).toBe(path);
  });
});

const LAB = {
  cvat: { enabled: true, namespace: "cvat", nuclio: { enabled: true } },
  clearml: { enabled: false },
} as LabConfig;

/** An object in state. */
function inState(kind: string, manager: string, uid = "u-1") {
  return {
    urn: `urn:pulumi:lab::vision-platform::a:b:C$kubernetes:apps/v1:${kind}::cvat:cvat/x`,
    type: `kubernetes:apps/v1:${kind}`,
    outputs: { apiVersion: "apps/v1", kind, metadata: { name: "x", namespace: "cvat", uid }, __fieldManager: manager },
  };
}

/** An API server that has these objects, by path, and these lists. Patches are kept and answered with the given statuses, then with 200. */
function apiServer(
  objects: Readonly<Record<string, ManagedMetadata>>,
  lists: Readonly<Record<string, ManagedMetadata[]>> = {},
  statuses: number[] = [],
) {
  const patched: ApiRequest[] = [];
  const send: Send = (request) => {
    const { method, path } = request;
    if (method === "PATCH") {
      patched.push(request);
      return Promise.resolve({ status: statuses.shift() ?? 200, text: "" });
    }
    const list = lists[path];
    if (list)
      return Promise.resolve({ status: 200, text: JSON.stringify({ items: list.map((metadata) => ({ metadata })) }) });
    const metadata = objects[path];
    return Promise.resolve(metadata ? { status: 200, text: JSON.stringify({ metadata }) } : { status: 404, text: "" });
  };
  return { send, patched };
}

describe("before an up", () => {
  const PATH = "/apis/apps/v1/namespaces/cvat/deployments/x";

  it.each<[string, string, ManagedMetadata | undefined, number]>([
    ["what is in state under a made-up name is renamed", OLD, live([[OLD, "Apply"]], { uid: "u-1" }), 1],
    ["nothing is asked of what has our name", "vision-platform", live([[OLD, "Apply"]], { uid: "u-1" }), 0],
    ["a stranger of the same name stays as it is", OLD, live([[OLD, "Apply"]], { uid: "u-2" }), 0],
    ["another program's made-up name stays", OLD, live([[OLDER, "Apply"]], { uid: "u-1" }), 0],
    ["what is gone is left to the engine", OLD, undefined, 0],
  ])("%s", async (_what, manager, metadata, patches) => {
    const { send, patched } = apiServer(metadata ? { [PATH]: metadata } : {});
    await takeOverOldNames(LAB, knownCluster([inState("Deployment", manager)]), send);
    expect(patched).toHaveLength(patches);
    for (const { path, headers } of patched) {
      expect(path).toBe(PATH);
      expect(headers?.["content-type"]).toBe("application/json-patch+json");
    }
  });

  const CLAIMS = "/api/v1/namespaces/cvat/persistentvolumeclaims";
  const made = { fieldsV1: { "f:spec": { "f:accessModes": {}, "f:resources": {} } } };
  const patchedOnly = { fieldsV1: { "f:spec": { "f:resources": {} } } };

  it("what a destroy let go is renamed where the entry made it, and not where it only patched it", async () => {
    const list = [
      { ...live([[OLD, "Apply", made]]), name: "made" },
      { ...live([[OLD, "Apply", patchedOnly]]), name: "patched" },
    ];
    const objects = Object.fromEntries(list.map((metadata) => [`${CLAIMS}/${metadata.name}`, metadata]));
    const { send, patched } = apiServer(objects, { [CLAIMS]: list });
    await takeOverOldNames(LAB, knownCluster([]), send);
    expect(patched.map(({ path }) => path)).toEqual([`${CLAIMS}/made`]);
  });

  it.each([
    ["is tried again when somebody changed it meanwhile", [409, 422], 3, undefined],
    ["is told by its name when the API server refuses", [403], 1, "Deployment x: the API server answers 403"],
  ])("a change %s", async (_what, statuses, tries, problem) => {
    const { send, patched } = apiServer({ [PATH]: live([[OLD, "Apply"]], { uid: "u-1" }) }, {}, statuses);
    const done = takeOverOldNames(LAB, knownCluster([inState("Deployment", OLD)]), send);
    if (problem === undefined) await done;
    else await expect(done).rejects.toThrow(problem);
    expect(patched).toHaveLength(tries);
  });
});

describe("what is registered below the lab", () => {
  const registered = recordRegistrations();

  class Lab extends pulumi.ComponentResource {
    constructor() {
      super(
        "vision-platform:test:Lab",
        "lab",
        {},
        {
          transformations: [
            appliedBelow({ inPlaceOfOld: new Set(["kubernetes:core/v1:Namespace::home"]), madeAgain: new Set() }),
          ],
        },
      );
    }
  }

  it("is applied under our name, patches and what lies deeper too, and nothing else is touched", async () => {
    const lab = new Lab();
    const inner = new pulumi.ComponentResource("vision-platform:test:Inner", "inner", {}, { parent: lab });
    new k8s.core.v1.Namespace("home", { metadata: { name: "home" } }, { parent: lab });
    new k8s.core.v1.ServicePatch("door", { metadata: { name: "door", annotations: { a: "b" } } }, { parent: inner });
    new k8s.Provider("cluster", { kubeconfig: "x" }, { parent: lab });
    await settled(registered);
    const annotationsOf = (name: string) =>
      (registered.find((one) => one.name === name)?.inputs["metadata"] as { annotations: object }).annotations;
    expect(annotationsOf("door")).toEqual({ a: "b", "pulumi.com/patchFieldManager": "vision-platform" });
    expect(annotationsOf("home")).toEqual({
      "pulumi.com/patchFieldManager": "vision-platform",
      "pulumi.com/patchForce": "true",
    });
    expect(registered.find(({ name }) => name === "cluster")?.inputs).not.toHaveProperty("metadata");
  });
});
