import "./fresh-modules.ts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deployFunction } from "../../components/nuclio/deploy.ts";
import { marked } from "../../components/nuclio/handed-over.ts";
import { platformValues } from "../../components/nuclio/nuclio.ts";
import { functionPlan } from "../../components/nuclio/plan.ts";
import { findings, findingsOr } from "../../components/nuclio/observe.ts";
import { removeFunction } from "../../components/nuclio/remove.ts";
import type { FunctionObject } from "../../components/nuclio/spec.ts";
import { config, object } from "./nuclio-fixtures.ts";
import { startWorld, type World } from "./nuclio-world.ts";

// Every wait of the program and of the stand-in, in the test's time.
vi.mock("node:timers/promises", () => ({
  setTimeout: (ms: number, value?: unknown, { signal }: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      globalThis.setTimeout(resolve, ms, value);
      signal?.addEventListener("abort", () => {
        reject(new Error("aborted"));
      });
    }),
}));

const OPTIONS = { readyMs: 30 * 60_000, buildMs: 60 * 60_000, everyMs: 500 };
const WRONG = "registry.invalid/vision/helmets:1";
const HELMETS = "registry.example/vision/helmets:1.0.0";
const SOURCE = { url: "https://git.example/helmets.git", kind: "git", branch: "main" };
const URLS = ["nuclio-helmets.cvat.svc.cluster.local:8080"];
const platform = platformValues({ helmets: functionPlan(config()) }, "1.14.1") ?? {};

let world: World;
const at = () => Date.now() / 1000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"] });
});
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
});

/** Lets the time pass until something is done: what came of it, and after how many seconds. */
async function timed<T>(work: Promise<T>): Promise<{ result?: T; error: string; seconds: number }> {
  const began = at();
  let end: { result?: T; error: string } | undefined;
  work.then(
    (result) => (end = { result, error: "" }),
    (error: unknown) => (end = { error: (error as Error).message }),
  );
  while (end === undefined) await vi.advanceTimersByTimeAsync(500);
  return { ...end, seconds: Math.round(at() - began) };
}

const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);
const up = (wanted: FunctionObject) => timed(deployFunction(world.nuclio, wanted, OPTIONS));
const stateOf = async (name = "helmets") => (await world.nuclio.dashboard.function(name))?.status;
const findingOf = async (name = "helmets") => (await findings(world.nuclio, { [name]: undefined }))[name]?.finding;

/** As the program of before did it, and others do: Nuclio waits half an hour for the pods. */
const waiting = (wanted: FunctionObject): FunctionObject => ({
  ...wanted,
  spec: { ...wanted.spec, readinessTimeoutSeconds: 1800, waitReadinessTimeoutBeforeFailure: true } as never,
});
const named = (name: string, image: string): FunctionObject => {
  const wanted = object({ image });
  return { ...wanted, metadata: { ...wanted.metadata, name } };
};

describe("a function from its hand-over to its removal", () => {
  beforeEach(() => {
    world = startWorld(platform);
  });

  it("is waited for as long as its pull and its load take, loads its model once, and has its address", async () => {
    world.fates.set(HELMETS, { readyAfterS: 600 });
    const { error, seconds } = await up(object());
    expect(error).toBe("");
    expect(seconds).toBeGreaterThanOrEqual(600);
    expect(seconds).toBeLessThan(620);
    expect(await stateOf()).toMatchObject({ state: "ready", internalInvocationUrls: URLS });
    await pass(600);
    expect(await stateOf()).toMatchObject({ state: "ready", internalInvocationUrls: URLS });
    expect(world.starts("helmets")).toBe(1);
    expect(await findingOf()).toBe("fine");
  });

  it.each([
    ["whose image cannot be pulled", { waitsFor: "ImagePullBackOff" }, /ImagePullBackOff[^]*Check the image's name/],
    [
      "whose GPU another holds",
      { unschedulable: "0/1 nodes are available: 1 Insufficient nvidia.com/gpu." },
      /No node has a free GPU/,
    ],
    ["whose code crashes", { waitsFor: "CrashLoopBackOff" }, /CrashLoopBackOff[^]*kubectl logs --previous/],
  ])(
    "ends the run after a minute, %s, with the reason; corrected and removed it is at once",
    async (_what, fate, why) => {
      world.fates.set(WRONG, fate);
      const failed = await up(object({ image: WRONG }));
      expect(failed.error).toMatch(why);
      expect(failed.error).not.toContain("timeouts.ready");
      expect(failed.seconds).toBeLessThan(75);
      const corrected = await up(object());
      expect(corrected.error).toBe("");
      expect(corrected.seconds).toBeLessThan(10);
      await up(object({ image: WRONG }));
      const removed = await timed(removeFunction(world.nuclio, "helmets", { everyMs: 500 }));
      expect(removed.seconds).toBeLessThan(10);
      expect(await world.nuclio.objects.deployment("helmets")).toBeUndefined();
    },
  );

  it.each<[string, Record<string, unknown>, RegExp, number]>([
    ["its pods", {}, /0 of 1 pods ready\.[^]*functions\.helmets\.timeouts\.ready/, 180],
    [
      "its build",
      { image: undefined, build: { source: SOURCE, image: "helmets:2", commands: ["sleep 9000"] } },
      /The build of function helmets[^]*functions\.helmets\.build\.timeout/,
      60 + 360,
    ],
  ])("ends the run when %s take longer than they may, with the key", async (_what, changes, why, after) => {
    world.fates.set(HELMETS, { readyAfterS: 4000 });
    const few = { readyMs: 180_000, buildMs: 60_000, everyMs: 500 };
    const { error, seconds } = await timed(deployFunction(world.nuclio, object(changes), few));
    expect(error).toMatch(why);
    expect(Math.abs(seconds - after)).toBeLessThan(30);
  });

  it.each([
    [
      "that runs",
      () => Promise.resolve(1),
      [
        expect.stringMatching(
          /^Nuclio runs and does not say how its functions are \(no answer within 15 s\), so this run does not see/,
        ),
      ],
    ],
    ["that is not there yet", () => Promise.resolve(undefined), []],
    ["of a cluster that does not answer either", () => Promise.reject(new Error("connect ECONNREFUSED")), []],
  ])("is not taken for fine without a word when the look fails, of a Nuclio %s", async (_what, since, expected) => {
    const told: string[] = [];
    const silent = {
      dashboard: {
        ...world.nuclio.dashboard,
        functions: () => Promise.reject(new Error("no answer within 15 s\nmore")),
      },
      objects: { ...world.nuclio.objects, dashboardSince: since },
    };
    expect(await findingsOr(silent, { helmets: undefined }, (text) => told.push(text))).toEqual({});
    expect(told).toEqual(expected);
  });

  it("comes up by the next run when what kept it is cured, though the node would wait longer", async () => {
    world.fates.set(HELMETS, { waitsFor: "ImagePullBackOff" });
    expect((await up(object())).error).not.toBe("");
    world.fates.delete(HELMETS);
    expect((await up(object())).error).toBe("");
    expect(world.starts("helmets")).toBe(2);
  });

  it("has the wait ended that a run of before left behind, for its correction and for its removal", async () => {
    world.fates.set(WRONG, { waitsFor: "ImagePullBackOff" });
    for (const end of ["corrected", "removed"]) {
      await timed(world.nuclio.dashboard.create(waiting(object({ image: WRONG }))));
      await pass(10);
      expect((await stateOf())?.state).toBe("waitingForResourceConfiguration");
      const { error, seconds } = await timed<unknown>(
        end === "corrected"
          ? deployFunction(world.nuclio, object(), OPTIONS)
          : removeFunction(world.nuclio, "helmets", { everyMs: 500 }),
      );
      expect([end, error]).toEqual([end, ""]);
      expect(seconds).toBeLessThan(40);
      await timed(removeFunction(world.nuclio, "helmets", { everyMs: 500 }));
      await pass(5);
    }
  });

  it("is not kept waiting by four that wait in vain, which stay as they are", async () => {
    world.fates.set(WRONG, { waitsFor: "ImagePullBackOff" });
    for (const name of ["one", "two", "three", "four"])
      await timed(world.nuclio.dashboard.create(waiting(named(name, WRONG))));
    await pass(10);
    const { error, seconds } = await up(object());
    expect(error).toBe("");
    expect(seconds).toBeLessThan(180);
    for (const name of ["one", "two", "three", "four"])
      expect((await world.nuclio.objects.deployment(name))?.spec?.replicas).toBe(1);
  });

  it("has its address asked for again where Nuclio has lost it, and its pods stay", async () => {
    await up(object());
    const there = await world.objects.get("NuclioFunction", "helmets");
    if (!there) throw new Error("it is gone");
    await world.objects.replace("NuclioFunction", { ...there, status: { state: "ready" } });
    expect(await findingOf()).toBe("without address");
    expect((await up(object())).error).toBe("");
    expect(await stateOf()).toMatchObject({ state: "ready", internalInvocationUrls: URLS });
    expect(world.starts("helmets")).toBe(1);
  });

  it.each<[string, string, () => Promise<unknown>]>([
    ["its Deployment", "without Deployment", () => world.objects.remove("Deployment", "nuclio-helmets")],
    ["its Service", "without Service", () => world.objects.remove("Service", "nuclio-helmets")],
    ["its project", "gone", () => world.objects.remove("NuclioProject", "cvat").then(() => pass(3))],
    [
      "its switch turned off",
      "switched off",
      async () => {
        const off = object();
        Object.assign(off.spec, { disable: true });
        await timed(world.nuclio.dashboard.update(marked(off)));
        await pass(5);
        expect(await stateOf()).toMatchObject({ state: "ready" });
      },
    ],
    [
      "its state gone",
      "without state",
      async () => {
        const there = await world.objects.get("NuclioFunction", "helmets");
        if (there) await world.objects.replace("NuclioFunction", { ...there, status: {} });
      },
    ],
  ])("is found and repaired with %s", async (_what, finding, harm) => {
    await up(object());
    await harm();
    expect(await findingOf()).toBe(finding);
    const { error, seconds } = await up(object());
    expect(error).toBe("");
    expect(seconds).toBeLessThan(20);
    expect(await findingOf()).toBe("fine");
    expect(await world.objects.get("Service", "nuclio-helmets")).toBeDefined();
    expect((await world.nuclio.objects.deployment("helmets"))?.spec?.replicas).toBe(1);
  });

  it("is built once more when the dashboard has forgotten its build", async () => {
    const wanted = object({ image: undefined, build: { source: SOURCE, image: "helmets:2", commands: ["sleep 60"] } });
    await timed(world.nuclio.dashboard.create(marked(wanted)));
    await pass(20);
    expect(await findingOf()).toBe("fine");
    world.restartDashboard();
    await pass(120);
    expect(await stateOf()).toMatchObject({ state: "building" });
    expect(await findingOf()).toBe("forgotten while building");
    const { error, seconds } = await up(wanted);
    expect(error).toBe("");
    expect(seconds).toBeLessThan(90);
    expect(await stateOf()).toMatchObject({ state: "ready", containerImage: "registry.example/helmets:2" });
  });

  it("loses in Nuclio what is taken out of its entry, a GPU whose runtime class stays too", async () => {
    const before = { env: { A: "1" }, resources: { limits: { memory: "1Gi" } }, tolerations: [{ key: "gpu" }] };
    await up(object(before));
    expect((await up(object())).error).toBe("");
    const pod = (await world.nuclio.objects.deployment("helmets"))?.spec?.template.spec;
    expect(pod?.tolerations).toEqual([]);
    expect(pod?.containers[0]?.resources?.limits).toBeUndefined();
    expect(JSON.stringify(pod?.containers[0]?.env)).not.toContain('"A"');
  });

  it("is handed over again where only the mark tells that something was taken out", async () => {
    await up(object({ registrySecret: "ours" }));
    const there = await world.objects.get("NuclioFunction", "helmets");
    expect((there?.["spec"] as { imagePullSecrets: string }).imagePullSecrets).toBe("ours");
    await up(object());
    const after = await world.objects.get("NuclioFunction", "helmets");
    expect((after?.["spec"] as { imagePullSecrets?: string }).imagePullSecrets).not.toBe("ours");
    const starts = world.starts("helmets");
    await up(object());
    expect(world.starts("helmets")).toBe(starts);
  });
});

describe("where Nuclio waits for pods nevertheless, since somebody has set that otherwise", () => {
  beforeEach(() => {
    world = startWorld({ functionReadinessTimeout: "120s" });
  });

  it("a slow first start has its address, and its pods stay once Nuclio's wait is ended", async () => {
    world.fates.set(HELMETS, { readyAfterS: 600 });
    const { error, seconds } = await up(object());
    expect(error).toBe("");
    expect(seconds).toBeLessThan(630);
    await pass(400);
    expect(await stateOf()).toMatchObject({ state: "ready", internalInvocationUrls: URLS });
    expect(world.starts("helmets")).toBe(2);
  });

  it("an image that cannot be pulled ends the run as soon", async () => {
    world.fates.set(WRONG, { waitsFor: "ImagePullBackOff" });
    const { error, seconds } = await up(object({ image: WRONG }));
    expect(error).toMatch(/does not come up, and waiting changes nothing[^]*Check the image's name/);
    expect(seconds).toBeLessThan(90);
  });
});
