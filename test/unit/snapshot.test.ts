import { describe, expect, it } from "vitest";
import type { WaitedKind } from "../../components/readiness/expectation.ts";
import { addressIn, keyOf, stateOf, type Snapshot } from "../../components/readiness/snapshot.ts";

const snapshot = (kind: string, object: object): Snapshot => new Map([[keyOf(kind, "x"), object]]);
const deployment = (replicas: number | undefined, status: object, generation = 2) => ({
  metadata: { generation },
  spec: { replicas },
  status: { observedGeneration: 2, ...status },
});

describe("the state of an object", () => {
  it.each<[string, WaitedKind, object, boolean, string]>([
    ["claim that waits", "PersistentVolumeClaim", { status: { phase: "Pending" } }, false, "Pending"],
    ["claim just made", "PersistentVolumeClaim", {}, false, "Pending"],
    ["bound claim", "PersistentVolumeClaim", { status: { phase: "Bound" } }, true, "Bound"],
    ["lost claim", "PersistentVolumeClaim", { status: { phase: "Lost" } }, false, "Lost"],
    [
      "rolled out",
      "Deployment",
      deployment(2, { availableReplicas: 2, updatedReplicas: 2 }),
      true,
      "2 of 2 pods ready",
    ],
    [
      "one by default",
      "Deployment",
      deployment(undefined, { availableReplicas: 1, updatedReplicas: 1 }),
      true,
      "1 of 1 pods ready",
    ],
    ["half", "Deployment", deployment(2, { availableReplicas: 1, updatedReplicas: 2 }), false, "1 of 2 pods ready"],
    [
      "old pods still serve",
      "Deployment",
      deployment(2, { availableReplicas: 2, updatedReplicas: 1 }),
      false,
      "1 of 2 pods ready",
    ],
    [
      "the one that is ready may be the old one",
      "Deployment",
      deployment(1, { replicas: 2, availableReplicas: 1, updatedReplicas: 1 }),
      false,
      "0 of 1 pods ready",
    ],
    [
      "the old one is going, the new one is ready",
      "Deployment",
      deployment(1, { replicas: 2, availableReplicas: 2, updatedReplicas: 1 }),
      true,
      "1 of 1 pods ready",
    ],
    [
      "controller has not seen the change",
      "Deployment",
      deployment(1, { availableReplicas: 1, updatedReplicas: 1 }, 3),
      false,
      "new version not rolled out yet",
    ],
    ["none wanted", "Deployment", deployment(0, {}), true, "0 of 0 pods ready"],
    ["no status yet", "Deployment", { metadata: { generation: 1 }, spec: {} }, false, "new version not rolled out yet"],
    [
      "settled set",
      "StatefulSet",
      deployment(1, { readyReplicas: 1, currentRevision: "a", updateRevision: "a" }),
      true,
      "1 of 1 pods ready",
    ],
    [
      "set that rolls out",
      "StatefulSet",
      deployment(2, { readyReplicas: 2, updatedReplicas: 1, currentRevision: "a", updateRevision: "b" }),
      false,
      "1 of 2 pods ready",
    ],
    [
      "set whose new revision has no pod yet",
      "StatefulSet",
      deployment(1, { readyReplicas: 1, currentRevision: "a", updateRevision: "b" }),
      false,
      "0 of 1 pods ready",
    ],
    ["running Job", "Job", { status: { active: 1 } }, false, "running"],
    ["done Job", "Job", { status: { conditions: [{ type: "Complete", status: "True" }] } }, true, "complete"],
    [
      "failed Job",
      "Job",
      {
        status: {
          conditions: [
            {
              type: "Failed",
              status: "True",
              reason: "BackoffLimitExceeded",
              message: "Job has reached the specified backoff limit",
            },
          ],
        },
      },
      false,
      "failed: Job has reached the specified backoff limit",
    ],
    [
      "Job about to complete",
      "Job",
      { status: { conditions: [{ type: "SuccessCriteriaMet", status: "True" }] } },
      false,
      "running",
    ],
    ["Service without address", "Service", { status: { loadBalancer: {} } }, false, "no address yet"],
    [
      "Service with address",
      "Service",
      { status: { loadBalancer: { ingress: [{ ip: "192.0.2.40" }] } } },
      true,
      "192.0.2.40",
    ],
    [
      "Ingress with a name",
      "Ingress",
      { status: { loadBalancer: { ingress: [{ hostname: "lb.example" }] } } },
      true,
      "lb.example",
    ],
  ])("%s", (_, kind, object, ready, detail) => {
    expect(stateOf(kind, "x", snapshot(kind, object))).toEqual({ ready, detail });
  });

  it.each<[string, object[], string[], boolean, string]>([
    [
      "has another address than it asks for",
      [{ ip: "192.0.2.20" }],
      ["192.0.2.21"],
      false,
      "has 192.0.2.20, asked for 192.0.2.21",
    ],
    [
      "has the nodes' addresses",
      [{ ip: "10.0.0.1" }, { ip: "10.0.0.2" }],
      ["192.0.2.20"],
      false,
      "has 10.0.0.1, 10.0.0.2, asked for 192.0.2.20",
    ],
    ["has none", [], ["192.0.2.20"], false, "no address yet"],
    ["has what it asks for", [{ ip: "192.0.2.20" }], ["192.0.2.20"], true, "192.0.2.20"],
    [
      "has one of the other family besides",
      [{ ip: "192.0.2.20" }, { ip: "2001:db8::20" }],
      ["192.0.2.20"],
      true,
      "192.0.2.20, 2001:db8::20",
    ],
    ["takes any", [{ ip: "192.0.2.20" }], [], true, "192.0.2.20"],
  ])("of a Service that %s", (_, ingress, asked, ready, detail) => {
    const live = snapshot("Service", { status: { loadBalancer: { ingress } } });
    expect(stateOf("Service", "x", live, asked)).toEqual({ ready, detail });
  });

  it("of what is not there: not ready", () => {
    expect(stateOf("Job", "y", snapshot("Job", {}))).toEqual({ ready: false, detail: "not there yet" });
    expect(stateOf("Service", "x", snapshot("Ingress", {}))).toEqual({ ready: false, detail: "not there yet" });
  });
});

it.each<[object, string | undefined]>([
  [{}, undefined],
  [{ status: { loadBalancer: { ingress: [] } } }, undefined],
  [{ status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }, { ip: "192.0.2.2" }] } } }, "192.0.2.1"],
])("the address in %j", (object, address) => {
  expect(addressIn(snapshot("Service", object), "Service", "x")).toBe(address);
  expect(addressIn(snapshot("Service", object), "Service", "other")).toBeUndefined();
});
