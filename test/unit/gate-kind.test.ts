import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { kind, type GateInputs } from "../../components/readiness/kind.ts";
import type { Expectation } from "../../components/readiness/expectation.ts";
import { UNKNOWN, type Run } from "../../components/records/kind.ts";
import { startApiLists } from "./api-lists.ts";

const named = (name: string, rest: object) => ({ metadata: { name, generation: 1 }, ...rest });
const deployment = (ready: number) =>
  named("server", {
    spec: { replicas: 1 },
    status: { observedGeneration: 1, replicas: 1, availableReplicas: ready, updatedReplicas: ready },
  });
const service = (name: string, ...given: string[]) =>
  named(name, { status: { loadBalancer: { ingress: given.map((ip) => ({ ip })) } } });

const SERVER: Expectation = { kind: "Deployment", name: "server", stage: "server" };
const WEB: Expectation = { kind: "Service", name: "web", stage: "addresses", addresses: [] };
const API: Expectation = { kind: "Service", name: "api", stage: "addresses", addresses: ["192.0.2.41"] };
const READY = {
  deployments: [deployment(1)],
  services: [service("web", "192.0.2.50"), service("api", "192.0.2.60", "192.0.2.41")],
};

const inputs = (over: Partial<GateInputs> = {}): GateInputs => ({
  title: "CVAT",
  connection: { namespace: "cvat" },
  expectations: [SERVER, WEB, API],
  rendered: "digest",
  services: { web: "digest of web", api: "digest of api" },
  timeoutMs: 20_000,
  timeoutKey: "vision-platform:cluster.readyTimeout",
  ...over,
});
const made = (over: Partial<GateInputs> = {}) => ({
  ...inputs(over),
  addresses: { web: "192.0.2.50", api: "192.0.2.41" },
});

function runs() {
  const ends = new AbortController();
  const lines: string[] = [];
  const warnings: string[] = [];
  const run: Run = {
    engine: {},
    signal: ends.signal,
    say: (line) => void lines.push(line),
    warn: (text) => void warnings.push(text),
  };
  return { run, ends, lines, warnings };
}

describe("a wait", () => {
  it("ends when all is ready, with the address of each Service", async () => {
    const { kubeconfig, lists } = await startApiLists({ ...READY, deployments: [deployment(0)] });
    const { run, lines } = runs();
    const wanted = inputs({ connection: { namespace: "cvat", kubeconfig } });
    const created = kind.create(wanted, run);
    await expect
      .poll(() => lines, { timeout: 10_000 })
      .toContain("CVAT: waiting for Deployment server: 0 of 1 pods ready");
    lists["deployments"] = [deployment(1)];
    expect(await created).toEqual({
      id: "ready",
      outs: { ...wanted, addresses: { web: "192.0.2.50", api: "192.0.2.41" } },
    });
  });

  it("tells what is not ready in time, and what more there is to say", async () => {
    const { kubeconfig } = await startApiLists({ ...READY, deployments: [] });
    const wanted = inputs({ connection: { namespace: "cvat", kubeconfig }, timeoutMs: 1, hint: "Go back." });
    await expect(kind.update("ready", made(), wanted, runs().run)).rejects.toThrow(
      /^CVAT was not ready within 0 s\. Still waited for:\n {2}Deployment server: not there yet\n.*readyTimeout\.\nGo back\.$/s,
    );
  });

  it.each(["while it sleeps", "while the API server does not answer"])("ends with the run: %s", async (when) => {
    const { kubeconfig, hang, requests } = await startApiLists({ ...READY, deployments: [] });
    if (when.includes("answer")) hang();
    const { run, ends } = runs();
    const created = kind.create(inputs({ connection: { namespace: "cvat", kubeconfig } }), run);
    created.catch(() => undefined);
    await expect.poll(() => requests.length, { timeout: 10_000 }).toBeGreaterThan(1);
    await pause(50);
    const start = Date.now();
    ends.abort(new Error("The run was ended."));
    await expect(created).rejects.toThrow("The run was ended.");
    expect(Date.now() - start).toBeLessThan(1_000);
  });
});

describe("whether it waits again", () => {
  const elsewhere = { namespace: "cvat", kubeconfig: "/nowhere", context: "other" };
  it.each<[string, Partial<GateInputs>, string[]]>([
    ["another object", { rendered: "another" }, ["rendered"]],
    ["another Service", { services: { web: "another", api: "digest of api" } }, ["services"]],
    ["something more to wait for", { expectations: [SERVER] }, ["expectations"]],
    ["another namespace", { connection: { namespace: "lab" } }, ["connection"]],
    ["more time", { timeoutMs: 1, timeoutKey: "x", title: "y", hint: "z", rendered: "another" }, ["rendered"]],
    ["another way to the cluster", { connection: elsewhere, rendered: "another" }, ["rendered"]],
  ])("%s", async (_, over, changed) => {
    expect((await kind.diff(made(), inputs(over), runs().run)).changed).toEqual(changed);
  });

  it("not when nothing changed and all is ready: that costs one look", async () => {
    const { kubeconfig, requests } = await startApiLists(READY);
    const { run, warnings } = runs();
    const wanted = inputs({ connection: { namespace: "cvat", kubeconfig }, timeoutMs: 1 });
    expect(await kind.diff(made(), wanted, run)).toEqual({ changed: [] });
    expect(warnings).toEqual([]);
    expect(requests.sort()).toEqual(["/api/v1/namespaces/cvat/services", "/apis/apps/v1/namespaces/cvat/deployments"]);
  });

  it("not when something broke: that is a warning, with its reason and its cure", async () => {
    const waiting = { reason: "CrashLoopBackOff", message: "back-off 10s" };
    const pod = named("server-7b9c5d8f4-kq2lz", { status: { containerStatuses: [{ state: { waiting } }] } });
    const { kubeconfig } = await startApiLists({ ...READY, deployments: [deployment(0)], pods: [pod] });
    const { run, warnings } = runs();
    const wanted = inputs({ connection: { namespace: "cvat", kubeconfig } });
    expect(await kind.diff(made(), wanted, run)).toEqual({ changed: [] });
    expect(warnings).toEqual([
      "CVAT is not ready, though nothing of it changes:\n  Deployment server: 0 of 1 pods ready: CrashLoopBackOff: back-off 10s\n    Read its log: kubectl logs --previous.",
    ]);
  });

  it("not when nobody can tell: that is a warning too, within seconds", async () => {
    const { kubeconfig, hang } = await startApiLists(READY);
    hang();
    const { run, warnings } = runs();
    const start = Date.now();
    const wanted = inputs({ connection: { namespace: "cvat", kubeconfig } });
    expect(await kind.diff(made(), wanted, run)).toEqual({ changed: [] });
    expect(Date.now() - start).toBeLessThan(8_000);
    expect(warnings).toEqual([expect.stringMatching(/^CVAT: cannot tell whether it is still ready: /)]);
  });
});

describe("a preview knows the addresses", () => {
  it.each<[string, Partial<GateInputs>, ReturnType<typeof made> | undefined, unknown]>([
    ["that were asked for, of a new one", {}, undefined, { web: UNKNOWN, api: "192.0.2.41" }],
    ["that a change of an image leaves", { rendered: "another" }, made(), made().addresses],
    [
      "but that of a Service that changes",
      { services: { web: "another", api: "another" } },
      made(),
      { web: UNKNOWN, api: "192.0.2.41" },
    ],
    ["of no Service while nobody knows which there are", { expectations: UNKNOWN as never }, made(), UNKNOWN],
  ])("%s", (_, over, olds, addresses) => {
    expect(kind.foresee?.(inputs(over), olds)).toEqual({ addresses });
  });
});
