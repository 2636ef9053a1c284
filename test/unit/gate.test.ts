import "./fresh-modules.ts";
import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { UserError } from "../../components/program/errors.ts";
import type { NamespaceReader } from "../../components/readiness/client.ts";
import type { Expectation } from "../../components/readiness/expectation.ts";
import { waitUntilReady } from "../../components/readiness/gate.ts";
import { keyOf } from "../../components/readiness/snapshot.ts";

const BOUND = { status: { phase: "Bound" } };
const PENDING = { status: { phase: "Pending" } };
const workload = (ready: number) => ({
  metadata: { generation: 1 },
  spec: { replicas: 1 },
  status: { observedGeneration: 1, availableReplicas: ready, updatedReplicas: ready, readyReplicas: ready },
});
const ADDRESS = { status: { loadBalancer: { ingress: [{ ip: "192.0.2.40" }] } } };

const LAB: readonly Expectation[] = [
  { kind: "Service", name: "web", stage: "addresses" },
  { kind: "Deployment", name: "worker", stage: "workers" },
  { kind: "PersistentVolumeClaim", name: "data", stage: "claims" },
  { kind: "StatefulSet", name: "db", stage: "databases" },
  { kind: "Deployment", name: "server", stage: "server" },
];
const READY: Record<string, object> = {
  "PersistentVolumeClaim/data": BOUND,
  "StatefulSet/db": workload(1),
  "Deployment/server": workload(1),
  "Deployment/worker": workload(1),
  "Service/web": ADDRESS,
};

interface Trouble {
  pods?: V1Pod[];
  events?: CoreV1Event[];
  poolTrouble?: string;
}

/** A reader whose state is the last of `states` that has been reached, one more with each look. */
function advancing(states: readonly Record<string, object>[], { pods = [], events = [], poolTrouble }: Trouble = {}) {
  let looks = 0;
  const reader = {
    snapshot: vi.fn<NamespaceReader["snapshot"]>(() => {
      const state = states[Math.min(looks++, states.length - 1)] ?? {};
      return Promise.resolve(new Map(Object.entries(state)));
    }),
    pods: vi.fn<NamespaceReader["pods"]>(() => Promise.resolve(pods)),
    events: vi.fn<NamespaceReader["events"]>(() => Promise.resolve(events)),
    poolTrouble: vi.fn(() => Promise.resolve(poolTrouble)),
  };
  return reader;
}

function gate(reader: NamespaceReader, expectations = LAB, timeoutMs = 60_000) {
  const lines: string[] = [];
  const done = waitUntilReady({
    title: "CVAT",
    expectations,
    timeoutMs,
    timeoutKey: "vision-platform:cluster.readyTimeout",
    reader,
    say: (line) => lines.push(line),
  });
  return { lines, done };
}

async function finish<T>(done: Promise<T>): Promise<T | Error> {
  const settled = done.catch((error: unknown) => error as Error);
  await vi.runAllTimersAsync();
  return settled;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("when everything is ready", () => {
  it("costs one round of lists of the kinds it waits for, and says nothing", async () => {
    const reader = advancing([READY]);
    const { lines, done } = gate(reader);
    expect(await done).toEqual(new Map(Object.entries(READY)));
    expect(reader.snapshot.mock.calls).toEqual([
      [new Set(["Service", "Deployment", "PersistentVolumeClaim", "StatefulSet"])],
    ]);
    expect(reader.pods).not.toHaveBeenCalled();
    expect(reader.events).not.toHaveBeenCalled();
    expect(lines).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits for nothing where nothing is expected", async () => {
    const reader = advancing([{}]);
    await gate(reader, []).done;
    expect(reader.snapshot).toHaveBeenCalledTimes(1);
  });
});

it("waits stage by stage and says each change once", async () => {
  const claims = { "PersistentVolumeClaim/data": BOUND };
  const databases = { ...claims, "StatefulSet/db": workload(1) };
  const server = { ...databases, "Deployment/server": workload(1) };
  const workers = { ...server, "Deployment/worker": workload(1) };
  const { lines, done } = gate(
    advancing([
      {},
      // Ready out of turn: still the claim is waited for.
      { ...READY, "PersistentVolumeClaim/data": PENDING },
      claims,
      { ...claims, "StatefulSet/db": workload(0) },
      { ...claims, "StatefulSet/db": workload(0) },
      databases,
      server,
      workers,
      READY,
    ]),
  );
  expect(await finish(done)).toBeInstanceOf(Map);
  expect(lines).toEqual([
    "CVAT: waiting for PersistentVolumeClaim data: not there yet",
    "CVAT: waiting for PersistentVolumeClaim data: Pending",
    "CVAT: claims are bound",
    "CVAT: waiting for StatefulSet db: not there yet",
    "CVAT: waiting for StatefulSet db: 0 of 1 pods ready",
    "CVAT: databases are ready",
    "CVAT: waiting for Deployment server: not there yet",
    "CVAT: the server is ready",
    "CVAT: waiting for Deployment worker: not there yet",
    "CVAT: workers are ready",
    "CVAT: waiting for Service web: not there yet",
    "CVAT: addresses are given",
  ]);
});

it("says several stages that are passed at once, and none that has nothing in it", async () => {
  const expectations = LAB.filter(({ stage }) => stage !== "databases");
  const { lines, done } = gate(advancing([{}, READY]), expectations);
  await finish(done);
  expect(lines).toEqual([
    "CVAT: waiting for PersistentVolumeClaim data: not there yet",
    "CVAT: claims are bound",
    "CVAT: the server is ready",
    "CVAT: workers are ready",
    "CVAT: addresses are given",
  ]);
});

function crash(seconds: number): V1Pod {
  const waiting = { reason: "CrashLoopBackOff", message: `back-off ${seconds}s` };
  const status = { containerStatuses: [{ name: "c", image: "i", state: { waiting } }] };
  return { metadata: { name: "worker-7b9c5d8f4-kq2lz" }, status } as unknown as V1Pod;
}
const event = (kind: string, name: string, reason: string, message: string, type = "Warning") =>
  ({ metadata: {}, involvedObject: { kind, name }, reason, message, type }) as unknown as CoreV1Event;

describe("when something is stuck", () => {
  const WORKER = LAB.filter(({ name }) => name === "worker");

  it("says why and what to do, once, though the words count up, and not in the first seconds", async () => {
    let seconds = 10;
    const reader = advancing([{ "Deployment/worker": workload(0) }]);
    reader.pods.mockImplementation(() => Promise.resolve([crash((seconds += 10))]));
    const { lines, done } = gate(reader, WORKER, 40_000);
    done.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(7000);
    expect(reader.pods).not.toHaveBeenCalled();
    expect(await finish(done)).toBeInstanceOf(UserError);
    expect(lines).toEqual([
      "CVAT: waiting for Deployment worker: 0 of 1 pods ready",
      "CVAT: Deployment/worker is stuck: CrashLoopBackOff: back-off 20s. Read its log: kubectl logs --previous.",
    ]);
  });

  it("ends at the bound with every object, reason and cure, and the key of the bound", async () => {
    const reader = advancing(
      [
        {
          "PersistentVolumeClaim/data": BOUND,
          "StatefulSet/db": workload(1),
          "Deployment/server": workload(1),
          "Deployment/worker": workload(0),
          "Service/web": {},
        },
      ],
      { pods: [crash(10)] },
    );
    const start = Date.now();
    const error = await finish(gate(reader, LAB, 20_000).done);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).problems).toEqual([
      "CVAT was not ready within 20 s. Still waited for:",
      expect.stringMatching(
        /^ {2}Service web: no address yet: \n {4}Nothing gives this Service an address: check that MetalLB/,
      ),
      "  Deployment worker: 0 of 1 pods ready: CrashLoopBackOff: back-off 10s\n    Read its log: kubectl logs --previous.",
      "What is there stays; cure it and run up again, or allow more time with vision-platform:cluster.readyTimeout.",
    ]);
    expect(Date.now() - start).toBeLessThan(20_100);
  });

  it("ends at the bound with a reason even when that is sooner than reasons are looked for", async () => {
    const reader = advancing([{ "Deployment/worker": workload(0) }], { pods: [crash(10)] });
    const error = (await finish(gate(reader, WORKER, 1000).done)) as UserError;
    expect(error.message).toContain("within 1 s");
    expect(error.message).toContain("CrashLoopBackOff");
  });

  it("looks less and less often", async () => {
    const reader = advancing([{}]);
    await finish(gate(reader, WORKER, 60_000).done);
    expect(reader.snapshot.mock.calls.length).toBeLessThan(30);
  });
});

describe("a Service that asks for an address", () => {
  const KEY = "vision-platform:clearml.addresses.web";
  const WEB: Expectation = { kind: "Service", name: "web", stage: "addresses", addresses: ["192.0.2.41"], key: KEY };
  const refusal = event("Service", "web", "AllocationFailed", '["192.0.2.41"] is not allowed in config');

  it("is not ready with the one it had before", async () => {
    const moved = { status: { loadBalancer: { ingress: [{ ip: "192.0.2.41" }] } } };
    const { lines, done } = gate(advancing([{ "Service/web": ADDRESS }, { "Service/web": moved }]), [WEB]);
    expect(await finish(done)).toBeInstanceOf(Map);
    expect(lines).toEqual([
      "CVAT: waiting for Service web: has 192.0.2.40, asked for 192.0.2.41",
      "CVAT: addresses are given",
    ]);
  });

  it("ends at the bound when nobody answers, with what it has, what it asked for, and the key", async () => {
    const error = (await finish(gate(advancing([{ "Service/web": ADDRESS }]), [WEB], 20_000).done)) as UserError;
    expect(error.problems[1]).toMatch(
      /^ {2}Service web: has 192\.0\.2\.40, asked for 192\.0\.2\.41: \n {4}vision-platform:clearml\.addresses\.web: .*MetalLB's controller runs/,
    );
    expect(error.message).not.toContain("ServiceLB");
  });

  it("ends soon when it is refused for good, whatever else is still on its way", async () => {
    const start = Date.now();
    const state = { ...READY, "StatefulSet/db": workload(0), "Service/web": {} };
    const expectations = [...LAB.filter(({ kind }) => kind !== "Service"), WEB];
    const { done } = gate(advancing([state], { events: [refusal] }), expectations, 900_000);
    const error = (await finish(done)) as UserError;
    expect(Date.now() - start).toBeLessThan(20_000);
    expect(error.problems).toEqual([
      "CVAT cannot become ready, however long is waited:",
      expect.stringMatching(
        /^ {2}Service web: no address yet: AllocationFailed: .*\n {4}vision-platform:clearml\.addresses\.web: Give the Service/,
      ),
      "What is there stays; cure it and run up again.",
    ]);
  });

  it("is not given up for a refusal that passes: two that swap their addresses", async () => {
    const moved = { status: { loadBalancer: { ingress: [{ ip: "192.0.2.41" }] } } };
    const reader = advancing([{ "Service/web": {} }], { events: [refusal] });
    const start = Date.now();
    reader.snapshot.mockImplementation(() =>
      Promise.resolve(new Map([["Service/web", Date.now() - start > 9_000 ? moved : {}]])),
    );
    expect(await finish(gate(reader, [WEB], 900_000).done)).toBeInstanceOf(Map);
  });

  it("ends soon when MetalLB did not take its pools, which no event tells", async () => {
    const reader = advancing([{ "Service/web": {} }], { poolTrouble: 'invalid CIDR "192.0.2.60" in pool "lab"' });
    const error = (await finish(gate(reader, [WEB], 900_000).done)) as UserError;
    expect(error.message).toContain('MetalLB did not take its pools as they are now: invalid CIDR "192.0.2.60"');
    expect(error.message).toContain(`${KEY}: Mend them`);
  });

  it("takes any where none is asked for, and waits for one to become free", async () => {
    const any: Expectation = { kind: "Service", name: "web", stage: "addresses" };
    const none = event("Service", "web", "AllocationFailed", "no available IPs");
    const error = (await finish(gate(advancing([{}], { events: [none] }), [any], 30_000).done)) as UserError;
    expect(error.message).toContain("was not ready within 30 s");
  });
});

describe("an Ingress on which nobody writes an address", () => {
  const WEB: Expectation = { kind: "Ingress", name: "web", stage: "addresses" };
  const live = (age: number) => ({ metadata: { creationTimestamp: new Date(Date.now() - age) } });

  it("is waited for as long as Traefik takes, and no longer: the lab works without", async () => {
    const start = Date.now();
    const { lines, done } = gate(advancing([{ "Ingress/web": live(0) }]), [WEB], 900_000);
    expect(await finish(done)).toBeInstanceOf(Map);
    expect(Date.now() - start).toBeGreaterThan(10_000);
    expect(Date.now() - start).toBeLessThan(40_000);
    expect(lines.join("\n")).toContain("CVAT: Ingress web has no address: Traefik writes none on Ingresses here");
  });

  it("is not waited for when it has been there for long", async () => {
    const start = Date.now();
    await finish(gate(advancing([{ "Ingress/web": live(3_600_000) }]), [WEB], 900_000).done);
    expect(Date.now() - start).toBeLessThan(1000);
  });

  it("is waited for until it is there at all", async () => {
    expect(await finish(gate(advancing([{}]), [WEB], 60_000).done)).toBeInstanceOf(UserError);
  });
});

describe("a claim that is bound only once a pod wants it", () => {
  const CLAIM = keyOf("PersistentVolumeClaim", "data");
  const forFirstPod = event(
    "PersistentVolumeClaim",
    "data",
    "WaitForFirstConsumer",
    "waiting for first consumer",
    "Normal",
  );

  it("does not hold up the stages behind it", async () => {
    const { lines, done } = gate(
      advancing(
        [
          { [CLAIM]: PENDING, "StatefulSet/db": workload(0) },
          { ...READY, [CLAIM]: PENDING, "StatefulSet/db": workload(0) },
          READY,
        ],
        { events: [forFirstPod] },
      ),
    );
    expect(await finish(done)).toBeInstanceOf(Map);
    expect(lines).toEqual([
      "CVAT: PersistentVolumeClaim data is bound when the first pod that uses it is scheduled",
      "CVAT: waiting for StatefulSet db: 0 of 1 pods ready",
      "CVAT: databases are ready",
      "CVAT: the server is ready",
      "CVAT: workers are ready",
      "CVAT: addresses are given",
    ]);
  });

  it("is not waited for when no pod wants it", async () => {
    const state = { ...READY, [CLAIM]: PENDING };
    const { lines, done } = gate(advancing([state], { events: [forFirstPod] }));
    expect(await done).toEqual(new Map(Object.entries(state)));
    expect(lines).toEqual([]);
  });

  it("holds them up once its volume cannot be made", async () => {
    const failed = event("PersistentVolumeClaim", "data", "ProvisioningFailed", "no space left");
    const { lines, done } = gate(
      advancing([{ ...READY, [CLAIM]: PENDING }], { events: [forFirstPod, failed] }),
      LAB,
      10_000,
    );
    const error = (await finish(done)) as UserError;
    expect(lines[0]).toBe("CVAT: waiting for PersistentVolumeClaim data: Pending");
    expect(error.message).toContain("PersistentVolumeClaim data: Pending: ProvisioningFailed: no space left");
  });
});
