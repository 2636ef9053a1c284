import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import type { Expectation, WaitedKind } from "../../components/readiness/expectation.ts";
import { claimsForFirstPod, obstacles } from "../../components/readiness/explain.ts";

const waiting = (kind: WaitedKind, name: string): Expectation => ({ kind, name, stage: "workers" });
const DEPLOYMENT = waiting("Deployment", "cvat-backend-server");
const POD = "cvat-backend-server-6d4b8f7c9d-x2vbn";

function event(kind: string, name: string, reason: string, message: string, type = "Warning"): CoreV1Event {
  const made: unknown = { metadata: {}, involvedObject: { kind, name }, reason, message, type };
  return made as CoreV1Event;
}
function pod(name: string, container: object = {}, status: object = {}): V1Pod {
  const containerStatuses = [{ name: "c", image: "cvat/server:v2.64.0", ...container }];
  return { metadata: { name }, status: { containerStatuses, ...status } } as unknown as V1Pod;
}
const unschedulable = (message: string) =>
  pod(POD, {}, { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }] });
const stuck = (reason: string, message?: string) => pod(POD, { state: { waiting: { reason, message } } });

describe("each known cause, by what the cluster says of it", () => {
  it.each<[string, Expectation, V1Pod[], CoreV1Event[], string, RegExp]>([
    [
      "runtime class missing",
      DEPLOYMENT,
      [],
      [
        event(
          "ReplicaSet",
          "cvat-backend-server-6d4b8f7c9d",
          "FailedCreate",
          'Error creating: pods "x" is forbidden: pod rejected: RuntimeClass "nvidia" not found',
        ),
      ],
      'RuntimeClass "nvidia" not found',
      /Install the NVIDIA container runtime/,
    ],
    [
      "image cannot be pulled",
      DEPLOYMENT,
      [stuck("ImagePullBackOff", 'Back-off pulling image "docker.io/bitnami/redis:7"')],
      [],
      "ImagePullBackOff: Back-off pulling",
      /image's name and tag/,
    ],
    [
      "image, without a message",
      DEPLOYMENT,
      [stuck("ErrImagePull")],
      [],
      "ErrImagePull: cvat/server:v2.64.0",
      /image's name and tag/,
    ],
    [
      "image, from the event",
      DEPLOYMENT,
      [pod(POD)],
      [event("Pod", POD, "BackOff", 'Back-off pulling image "x:1"')],
      'BackOff: Back-off pulling image "x:1"',
      /image's name and tag/,
    ],
    [
      "image must be on the node",
      DEPLOYMENT,
      [stuck("ErrImageNeverPull")],
      [],
      "ErrImageNeverPull",
      /k3s ctr images import/,
    ],
    [
      "user of the image is a name",
      DEPLOYMENT,
      [
        stuck(
          "CreateContainerConfigError",
          "container has runAsNonRoot and image has non-numeric user (kvrocks), cannot verify user is non-root",
        ),
      ],
      [],
      "CreateContainerConfigError: container has runAsNonRoot",
      /Secret, a ConfigMap or the user/,
    ],
    [
      "out of memory, rather than the crash it leads to",
      DEPLOYMENT,
      [
        pod(POD, {
          state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s" } },
          lastState: { terminated: { reason: "OOMKilled", exitCode: 137 } },
        }),
      ],
      [],
      "OOMKilled: cvat/server:v2.64.0",
      /Raise the memory limit/,
    ],
    [
      "crash",
      DEPLOYMENT,
      [stuck("CrashLoopBackOff", "back-off 20s restarting failed container")],
      [],
      "CrashLoopBackOff",
      /kubectl logs --previous/,
    ],
    [
      "Job that gave up",
      waiting("Job", "cvat-backend-initializer-r1"),
      [],
      [
        event(
          "Job",
          "cvat-backend-initializer-r1",
          "BackoffLimitExceeded",
          "Job has reached the specified backoff limit",
        ),
      ],
      "BackoffLimitExceeded",
      /delete the Job and run up again/,
    ],
    [
      "no GPU is free",
      DEPLOYMENT,
      [unschedulable("0/3 nodes are available: 3 Insufficient nvidia.com/gpu.")],
      [],
      "Unschedulable: 0/3",
      /No node has a free GPU/,
    ],
    [
      "no memory is left",
      DEPLOYMENT,
      [unschedulable("0/3 nodes are available: 3 Insufficient memory.")],
      [],
      "Unschedulable: 0/3",
      /lower the requests/,
    ],
    [
      "its claim is not bound",
      DEPLOYMENT,
      [unschedulable("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found")],
      [],
      "unbound immediate",
      /kubectl describe pvc/,
    ],
    [
      "volume is held by another node",
      DEPLOYMENT,
      [pod(POD)],
      [
        event(
          "Pod",
          POD,
          "FailedAttachVolume",
          'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) other',
        ),
      ],
      "FailedAttachVolume: Multi-Attach error",
      /held by another node/,
    ],
    [
      "StorageClass is not there",
      waiting("PersistentVolumeClaim", "data"),
      [],
      [
        event(
          "PersistentVolumeClaim",
          "data",
          "ProvisioningFailed",
          'storageclass.storage.k8s.io "longhorn" not found',
        ),
      ],
      "ProvisioningFailed",
      /cluster\.storageClass/,
    ],
    [
      "no default StorageClass",
      waiting("PersistentVolumeClaim", "data"),
      [],
      [
        event(
          "PersistentVolumeClaim",
          "data",
          "FailedBinding",
          "no persistent volumes available for this claim and no storage class is set",
        ),
      ],
      "FailedBinding",
      /cluster\.storageClass/,
    ],
    [
      "address is not in the pool",
      waiting("Service", "clearml-webserver"),
      [],
      [
        event(
          "Service",
          "clearml-webserver",
          "AllocationFailed",
          'Failed to allocate IP for "clearml/clearml-webserver": ["192.0.2.40"] is not allowed in config',
        ),
      ],
      "AllocationFailed",
      /ipaddresspool/,
    ],
    [
      "node selector",
      DEPLOYMENT,
      [unschedulable("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.")],
      [],
      "Unschedulable",
      /node selector and the tolerations/,
    ],
    [
      "taint",
      DEPLOYMENT,
      [unschedulable("0/1 nodes are available: 1 node(s) had untolerated taint {gpu: true}.")],
      [],
      "Unschedulable",
      /tolerations/,
    ],
    [
      "does not answer",
      DEPLOYMENT,
      [pod(POD, { state: { running: {} } })],
      [event("Pod", POD, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 502")],
      "Unhealthy: Readiness probe failed",
      /runs but does not answer yet/,
    ],
    [
      "something new",
      DEPLOYMENT,
      [],
      [
        event(
          "ReplicaSet",
          "cvat-backend-server-6d4b8f7c9d",
          "FailedCreate",
          'pods "x" is forbidden: exceeded quota: lab',
        ),
      ],
      "FailedCreate: pods",
      /kubectl describe/,
    ],
  ])("%s", (_, expected, pods, events, reason, cure) => {
    const found = obstacles([expected], pods, events);
    expect(found).toHaveLength(1);
    expect(found[0]?.object).toBe(`${expected.kind}/${expected.name}`);
    expect(found[0]?.reason).toContain(reason);
    expect(found[0]?.cure).toMatch(cure);
  });

  it.each<[string, V1Pod[], CoreV1Event[]]>([
    ["a container that starts", [stuck("ContainerCreating"), stuck("PodInitializing")], []],
    ["an event of the ordinary", [pod(POD)], [event("Pod", POD, "Pulling", 'Pulling image "x"', "Normal")]],
    [
      "old trouble of a pod that is ready",
      [
        pod(
          POD,
          { lastState: { terminated: { reason: "OOMKilled", exitCode: 137 } } },
          { conditions: [{ type: "Ready", status: "True" }] },
        ),
      ],
      [event("Pod", POD, "Unhealthy", "Readiness probe failed")],
    ],
    ["trouble of a pod that is gone", [], [event("Pod", POD, "FailedScheduling", "3 Insufficient memory")]],
    [
      "an event of the Service of that name",
      [],
      [event("Service", "cvat-backend-server", "AllocationFailed", "no available IPs")],
    ],
  ])("%s is no obstacle", (_, pods, events) => expect(obstacles([DEPLOYMENT], pods, events)).toEqual([]));
});

describe("names that begin alike", () => {
  const crash = (name: string) => pod(name, { state: { waiting: { reason: "CrashLoopBackOff", message: name } } });
  it.each<[Expectation[], string, string[]]>([
    [
      [waiting("Deployment", "cvat-backend-worker-import"), waiting("Deployment", "cvat-backend-worker-import2")],
      "cvat-backend-worker-import2-7b9c5d8f4-kq2lz",
      ["Deployment/cvat-backend-worker-import2"],
    ],
    [
      [waiting("Deployment", "clearml-apiserver"), waiting("Deployment", "clearml-apiserver-asyncdelete")],
      "clearml-apiserver-asyncdelete-7b9c5d8f4-kq2lz",
      ["Deployment/clearml-apiserver-asyncdelete"],
    ],
    [
      [waiting("StatefulSet", "cvat-redis"), waiting("StatefulSet", "cvat-redis-master")],
      "cvat-redis-master-0",
      ["StatefulSet/cvat-redis-master"],
    ],
    [[waiting("StatefulSet", "db"), waiting("Job", "db"), waiting("Deployment", "db")], "db-0", ["StatefulSet/db"]],
    [[waiting("StatefulSet", "db"), waiting("Job", "db"), waiting("Deployment", "db")], "db-x2vbn", ["Job/db"]],
    [
      [waiting("StatefulSet", "db"), waiting("Job", "db"), waiting("Deployment", "db")],
      "db-7b9c5d8f4-kq2lz",
      ["Deployment/db"],
    ],
  ])("%j: pod %s", (expected, name, objects) => {
    expect(obstacles(expected, [crash(name)], []).map(({ object }) => object)).toEqual(objects);
  });
});

describe("claims for the first pod", () => {
  const claim = (name: string, reason: string, type = "Normal") =>
    event("PersistentVolumeClaim", name, reason, "", type);
  it.each<[string, CoreV1Event[], string[]]>([
    ["wait for a consumer", [claim("a", "WaitForFirstConsumer")], ["a"]],
    ["wait for a pod to be scheduled", [claim("a", "WaitForPodScheduled")], ["a"]],
    ["are being provisioned", [claim("a", "ExternalProvisioning")], []],
    [
      "waited, and then failed",
      [
        claim("a", "WaitForFirstConsumer"),
        claim("a", "ProvisioningFailed", "Warning"),
        claim("b", "WaitForFirstConsumer"),
      ],
      ["b"],
    ],
    ["are no claims", [event("Pod", "a", "WaitForFirstConsumer", "", "Normal")], []],
  ])("that %s", (_, events, names) => expect([...claimsForFirstPod(events)]).toEqual(names));

  it("are not stuck", () => {
    expect(obstacles([waiting("PersistentVolumeClaim", "a")], [], [claim("a", "WaitForFirstConsumer")])).toEqual([]);
  });
});
