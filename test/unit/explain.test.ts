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
      "address is another Service's",
      waiting("Service", "clearml-webserver"),
      [],
      [
        event(
          "Service",
          "clearml-webserver",
          "AllocationFailed",
          `Failed to allocate IP for "clearml/clearml-webserver": can't change sharing key for "clearml/clearml-webserver", address also in use by default/foreign`,
        ),
      ],
      "default/foreign",
      /Another Service holds this address/,
    ],
    [
      "pool is for others",
      waiting("Service", "clearml-webserver"),
      [],
      [
        event(
          "Service",
          "clearml-webserver",
          "AllocationFailed",
          'Failed to allocate IP for "clearml/clearml-webserver": pool lab not compatible for ip assignment',
        ),
      ],
      "not compatible",
      /serviceAllocation/,
    ],
    [
      "address asked for twice over",
      waiting("Service", "traefik"),
      [],
      [
        event(
          "Service",
          "traefik",
          "LoadBalancerFailed",
          "invalid requested loadbalancer IPs: service can not have both metallb.io/loadBalancerIPs and svc.Spec.LoadBalancerIP",
        ),
      ],
      "LoadBalancerFailed",
      /spec\.loadBalancerIP/,
    ],
    [
      "pod that Pod Security refuses: the one with a way out of its own",
      waiting("StatefulSet", "clearml-elastic-master"),
      [],
      [
        event(
          "StatefulSet",
          "clearml-elastic-master",
          "FailedCreate",
          'create Pod clearml-elastic-master-0 failed error: pods "clearml-elastic-master-0" is forbidden: violates PodSecurity "baseline:latest": privileged (container "configure-sysctl" must not set securityContext.privileged=true)',
        ),
      ],
      "violates PodSecurity",
      /vision-platform:clearml\.elasticsearch\.sysctlInit: false/,
    ],
    [
      "pod that Pod Security refuses",
      DEPLOYMENT,
      [],
      [
        event(
          "ReplicaSet",
          "cvat-backend-server-6d4b8f7c9d",
          "FailedCreate",
          'Error creating: pods "x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
        ),
      ],
      "violates PodSecurity",
      /pod-security\.kubernetes\.io\/enforce/,
    ],
    [
      "image is for another processor",
      DEPLOYMENT,
      [
        stuck(
          "ErrImagePull",
          'failed to pull and unpack image "docker.io/cvat/server:v2.64.0": no match for platform in manifest: not found',
        ),
      ],
      [],
      "no match for platform",
      /kubectl taint nodes/,
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

describe("of several events", () => {
  const SERVICE: Expectation = {
    kind: "Service",
    name: "clearml-webserver",
    stage: "addresses",
    addresses: ["192.0.2.40"],
  };
  const at = (time: string, reason: string, message: string, more: object = {}) =>
    Object.assign(event("Service", SERVICE.name, reason, message), { lastTimestamp: new Date(time), ...more });
  const NOT_ALLOWED = at("2026-11-29T16:00:00Z", "AllocationFailed", '["10.9.9.9"] is not allowed in config');
  const NONE_LEFT = at("2026-11-29T16:30:00Z", "AllocationFailed", "no available IPs");
  const OUR_OWN = at(
    "2026-11-29T16:31:00Z",
    "deprecatedAnnotation",
    "Service uses deprecated annotation metallb.universe.tf/loadBalancerIPs",
  );
  const reasonOf = (events: CoreV1Event[], change?: string) => {
    const metadata = {
      name: SERVICE.name,
      creationTimestamp: new Date("2026-11-29T15:00:00Z"),
      managedFields: [
        { manager: "pulumi", time: new Date(change ?? "2026-11-29T15:30:00Z") },
        // MetalLB's own writing is no change of what is wanted.
        { manager: "metallb-controller", subresource: "status", time: new Date("2026-11-29T16:40:00Z") },
      ],
    };
    const live = { metadata };
    return obstacles([SERVICE], [], events, new Map([["Service/clearml-webserver", live]]))[0]?.reason;
  };

  it("the newest counts, in whatever order they come", () => {
    expect(reasonOf([NOT_ALLOWED, NONE_LEFT])).toBe("AllocationFailed: no available IPs");
    expect(reasonOf([NONE_LEFT, NOT_ALLOWED])).toBe("AllocationFailed: no available IPs");
  });

  it("also over one with a cause that is better known", () => {
    const scheduling = Object.assign(event("Pod", POD, "FailedScheduling", "0/3 nodes: 3 Insufficient memory"), {
      lastTimestamp: new Date("2026-11-29T16:00:00Z"),
    });
    const mount = Object.assign(event("Pod", POD, "SomethingNew", "the disk is on fire"), {
      lastTimestamp: new Date("2026-11-29T16:05:00Z"),
    });
    expect(obstacles([DEPLOYMENT], [pod(POD)], [scheduling, mount])[0]?.reason).toBe(
      "SomethingNew: the disk is on fire",
    );
  });

  it("one that repeats is as new as its last time", () => {
    const repeated = at("2026-11-29T16:00:00Z", "AllocationFailed", "said again", {
      series: { count: 9, lastObservedTime: new Date("2026-11-29T16:50:00Z") },
    });
    expect(reasonOf([NONE_LEFT, repeated])).toBe("AllocationFailed: said again");
  });

  it("none from before the object's last change counts", () => {
    expect(reasonOf([NOT_ALLOWED, NONE_LEFT], "2026-11-29T16:10:00Z")).toBe("AllocationFailed: no available IPs");
    expect(reasonOf([NOT_ALLOWED, NONE_LEFT], "2026-11-29T16:40:00Z")).toBeUndefined();
  });

  it("our own old annotation is never the reason", () => {
    expect(reasonOf([NONE_LEFT, OUR_OWN])).toBe("AllocationFailed: no available IPs");
    expect(reasonOf([OUR_OWN])).toBeUndefined();
  });

  it("a refusal of an address that is asked for is final, and one of any address is not", () => {
    expect(obstacles([SERVICE], [], [NOT_ALLOWED])[0]?.final).toBe(true);
    expect(obstacles([{ ...SERVICE, addresses: [] }], [], [NONE_LEFT])[0]?.final).toBeUndefined();
    expect(obstacles([SERVICE], [], [at("2026-11-29T16:00:00Z", "SyncFailed", "x")])[0]?.final).toBeUndefined();
  });
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
