import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Orders } from "../../automation/rehearsal/services/cvat/faults.ts";
import { nameOf } from "../../automation/runs/owner.ts";
import { silentProgress } from "../../automation/progress.ts";
import { Stopped } from "../../automation/signals.ts";
import type { StepName } from "../../automation/smoke/names.ts";
import { ownName } from "../../automation/smoke/own-projects.ts";
import { reportOf, reportText, type Outcome } from "../../automation/smoke/report.ts";
import { tryOut, type Running } from "../../automation/smoke/run.ts";
import type { Trial } from "../../automation/smoke/step.ts";
import { chosenSteps, STEPS } from "../../automation/smoke/steps.ts";
import { CvatClient } from "../../components/cvat/client/client.ts";
import type { SsoConfig } from "../../components/sso/sso-config.ts";
import { ADMIN, ALICE, startCvat, type TestCvat } from "../fixtures/cvat/stand-in.ts";

/** So long a step that hangs is waited for. */
const SHORT_MS = 400;

interface World {
  endpoint?: string;
  password?: string;
  analytics?: boolean;
  /** Whether somebody is there who is no administrator. */
  alone?: true;
  /** Whether people sign in by an issuer, and the superuser alone by a password; what the stack file says of it. */
  sso?: Partial<SsoConfig>;
  /** Where people reach CVAT. Default: where this machine does. */
  url?: string;
}

function trialOf(
  cvat: TestCvat,
  { endpoint = cvat.url, password, analytics = true, alone, sso, url = endpoint }: World = {},
): Trial {
  const people: Record<string, string> = { admin: password ?? ADMIN.password, alice: ALICE.password };
  const cvatOf: Trial["lab"]["cvatOf"] = (username, { signal, accessToken } = {}) =>
    Promise.resolve(
      new CvatClient(
        { endpoint, username, password: people[username] ?? "" },
        { accessToken, ...(signal && { signal }) },
      ),
    );
  const users = alone ? [] : [{ username: "alice", role: "user" }];
  const section = {
    superuser: { username: "admin" },
    users,
    namespace: "cvat",
    analytics: { enabled: analytics, clickhouse: {} },
    postgresql: {},
    kvrocks: {},
  };
  return {
    lab: {
      plan: {
        lab: { cvat: section, ...(sso && { sso: { ...SSO, ...sso } }) },
      } as unknown as Trial["lab"]["plan"],
      ...{ cvatOf, cvat: (options) => cvatOf("admin", options) },
      organization: () => Promise.resolve(""),
      urlOfCvat: () => Promise.resolve(url),
    },
    edge: sso && { url, open: `${url}/api/server/about`, header: "X-Sso-Token", refusesSlashes: true },
    ...{ name: ownName(), made: {}, everyMs: 10 },
  };
}

/** What a stack file says of sign-in. */
const SSO = { issuer: "https://auth.example.com", passwordLogin: false, refresh: "60s", tokenLifetime: "5m" };

const run = (trial: Trial, running: Partial<Running> = {}, only?: StepName[]) =>
  tryOut(trial, chosenSteps(only), {
    ...{ progress: silentProgress, signal: new AbortController().signal, left: () => undefined },
    ...running,
  });
const steps = (outcomes: readonly Outcome[], is: Outcome["is"]) =>
  outcomes.filter((one) => one.is === is).map(({ step }) => step);

async function withCvat<T>(work: (cvat: TestCvat) => Promise<T>): Promise<T> {
  const cvat = await startCvat();
  try {
    return await work(cvat);
  } finally {
    await cvat.end();
  }
}

const always = (call: string, kind: "500" | "503" = "500") => ({ faults: [{ call, kind, times: 1000 }] });
const CLICKHOUSE_GONE =
  "clickhouse_connect.driver.exceptions.OperationalError: Error HTTPConnectionPool(host='cvat-clickhouse', port=8123)";

/** What is broken, what that does to CVAT, and the step that says so. */
const BROKEN: readonly [what: string, step: Outcome["step"], orders: Orders, world?: World][] = [
  ["the password is another", "sign-in", {}, { password: "somebody else's" }],
  ["the server is down", "sign-in", {}, { endpoint: "http://127.0.0.1:1" }],
  ["the server is busy for good", "sign-in", always("GET server/about", "503")],
  ["the policy agent is gone", "policy", { policy: "down" }],
  ["the policy agent allows everything", "policy", { policy: "allows all" }],
  ["no project can be made", "task", always("POST projects")],
  ["the claim is full", "upload", always("POST tasks/*/data/")],
  ["a piece of the picture breaks off", "upload", { faults: [{ call: "PATCH tasks/*/data/*", kind: "drop-before" }] }],
  ["no worker imports", "import", { workers: { import: "down" } }],
  ["the worker of imports dies", "import", { workers: { import: "dies" } }],
  [
    "the picture is not taken in",
    "import",
    { failures: { "create:task": "OSError: [Errno 28] No space left on device" } },
  ],
  ["no worker makes chunks", "frame", { workers: { chunks: "down" } }],
  ["the cache of chunks fails", "frame", always("GET tasks/*/data")],
  ["annotations are not saved", "annotate", always("PATCH jobs/*/annotations")],
  ["no worker exports", "export-cvat", { workers: { export: "down" } }],
  ["an export fails", "export-cvat", { failures: { "export:annotations": "MemoryError" } }],
  ["an export is an empty zip", "export-cvat", { exports: "empty" }],
  [
    "one export of two fails",
    "export-coco",
    { faults: [{ call: "GET tasks/*/dataset/download", kind: "500", after: 1 }] },
  ],
  ["events do not arrive", "event", { events: "lost" }],
  ["ClickHouse is gone", "event", { failures: { "export:events": CLICKHOUSE_GONE } }],
  ["removal is refused", "remove", always("DELETE projects/*")],
];

describe.concurrent("names the step that fails where", () => {
  it.each(BROKEN)("%s: %s", async (_, step, orders, world) => {
    await withCvat(async (cvat) => {
      const trial = trialOf(cvat, world);
      await cvat.order(orders);
      const outcomes = await run(trial, { limitsMs: { [step]: SHORT_MS } });
      expect(steps(outcomes, "failed")).toEqual([step]);
      const [failed] = outcomes.filter(({ is }) => is === "failed");
      expect(failed?.said).not.toBe("");
      expect(failed?.cure).toMatch(/kubectl -n cvat|--as NAME|run smoke again/);
      expect(failed?.ms).toBeLessThan(20_000);
      if (step === "remove") return;
      expect(cvat.store.state.projects).toEqual([]);
      expect(cvat.store.state.tasks).toEqual([]);
      expect(cvat.store.state.requests.filter(({ status }) => status === "queued")).toEqual([]);
    });
  });
});

/** Steps that only a lab with sign-in has. */
const OF_SIGN_IN: StepName[] = ["edge", "token-lifetime", "access-token"];

describe("where all is well", () => {
  let cvat: TestCvat;
  beforeAll(async () => (cvat = await startCvat()));
  afterAll(() => cvat.end());
  const nothingIsLeft = () => {
    expect(cvat.store.state.projects).toEqual([]);
    expect(cvat.store.state.uploads).toEqual([]);
  };

  it("every step goes well, once, and nothing is left", async () => {
    const outcomes = await run(trialOf(cvat));
    expect(steps(outcomes, "left out")).toEqual(OF_SIGN_IN);
    expect(steps(outcomes, "well")).toEqual([
      ...STEPS.map(({ name }) => name).filter((name) => !OF_SIGN_IN.includes(name)),
      "remove",
    ]);
    const report = reportOf("lab", "admin", outcomes);
    expect(report).toMatchObject({ well: true, failed: [] });
    expect(reportText(report)).toMatch(
      /^Well: stack lab did 12 steps in [\d.]+ s, as admin\. Left out: [^\n]*\n {2}✓ sign-in /,
    );
    nothingIsLeft();
  });

  it("says what it leaves out, and why", async () => {
    const outcomes = await run(trialOf(cvat, { analytics: false, alone: true }));
    expect(steps(outcomes, "left out")).toEqual([...OF_SIGN_IN, "event"]);
    const text = reportText(reportOf("lab", "admin", outcomes));
    expect(text).toContain("Left out: edge, token-lifetime, access-token, event.");
    expect(text).toContain("analytics is off (vision-platform:cvat.analytics.enabled)");
    expect(text).toContain("nobody of this stack is less than an administrator");
  });

  it("signs nobody in by a password whom CVAT refuses where people sign in by an issuer", async () => {
    const outcomes = await run(trialOf(cvat, { sso: {} }), {}, ["policy"]);
    expect(outcomes.at(-1)).toMatchObject({
      is: "well",
      said: expect.stringContaining("only the superuser") as string,
    });
  });

  it("takes some steps with those they need", async () => {
    const outcomes = await run(trialOf(cvat), {}, ["frame"]);
    const needed = ["sign-in", "policy", "task", "upload", "import", "frame", "remove"];
    expect(outcomes.map(({ step }) => step)).toEqual(needed);
    nothingIsLeft();
  });

  it("makes nothing where nothing is asked for that needs it", async () => {
    expect((await run(trialOf(cvat), {}, ["policy"])).map(({ step }) => step)).toEqual(["sign-in", "policy"]);
  });

  it("removes what dead runs have left, and nothing else", async () => {
    const make = async (name: string, mark: object) => {
      await cvat.call("POST", "projects", { body: { name, bug_tracker: JSON.stringify(mark) } });
      return name;
    };
    const mine = nameOf(process.pid);
    const [dead, running, persons] = [
      await make(ownName(new Date("2026-01-02T03:04:05Z")), { ...mine, pid: 2 ** 30 }),
      await make(ownName(new Date("2026-01-02T03:04:06Z")), mine),
      // A person's, by a name that looks like ours.
      await make("smoke test of the new detector", { ...mine, pid: 2 ** 30 }),
    ];
    const earlier = (await run(trialOf(cvat), {}, ["earlier"])).at(-1);
    expect(earlier).toMatchObject({ is: "well", said: "removed 1 project of runs that died" });
    expect(dead).toContain("2026-01-02 03:04:05");
    expect(cvat.store.state.projects.map(({ name }) => name)).toEqual([running, persons]);
    // On another machine nothing is known of a process, and after an hour no run is under way.
    for (const project of cvat.store.state.projects)
      project.created_date = new Date(Date.now() - 4_000_000).toISOString();
    await run(trialOf(cvat), {}, ["earlier"]);
    expect(cvat.store.state.projects.map(({ name }) => name)).toEqual([persons]);
    cvat.store.state.projects = [];
  });

  it("removes all when it is stopped, also what no worker has begun with", async () => {
    await cvat.order({ workers: { import: "down" } });
    const ends = new AbortController();
    let left = "";
    const trial = trialOf(cvat);
    const ended = run(trial, { signal: ends.signal, left: (text) => (left = text) }).catch((error: unknown) => error);
    while (cvat.store.state.requests.every(({ status }) => status !== "queued")) await pause(5);
    ends.abort(new Stopped("SIGINT", "Stopped."));
    expect(await ended).toBeInstanceOf(Stopped);
    expect(left).toBe("Nothing of it is left in CVAT.");
    nothingIsLeft();
    expect(cvat.store.state.requests.filter(({ status }) => status === "queued")).toEqual([]);
    await cvat.order({});
  });
});

it("takes the export of events back, which no worker has begun with", async () => {
  await withCvat(async (cvat) => {
    const early = STEPS.filter(({ name }) => ["sign-in", "policy", "task"].includes(name));
    const event = STEPS.filter(({ name }) => name === "event").map((step) => ({ ...step, needs: ["task"] as const }));
    await cvat.order({ workers: { export: "down" } });
    const running = { progress: silentProgress, signal: new AbortController().signal, left: () => undefined };
    const outcomes = await tryOut(trialOf(cvat), [...early, ...event], { ...running, limitsMs: { event: SHORT_MS } });
    expect(steps(outcomes, "failed")).toEqual(["event"]);
    expect(cvat.store.state.requests.map(({ status }) => status)).not.toContain("queued");
  });
});

it("names whose a store is that somebody else runs", () => {
  const external = { host: "db.example.com", port: 5432 };
  const cures = (more: object) => {
    const section = { namespace: "cvat", postgresql: {}, kvrocks: {}, analytics: { clickhouse: {} }, ...more };
    return STEPS.map(({ cure }) => cure(section as unknown as Parameters<typeof cure>[0])).join("\n");
  };
  const others = { postgresql: { external }, kvrocks: { external }, analytics: { clickhouse: { external } } };
  expect(cures({}).match(/statefulset\/cvat-(postgresql|kvrocks|clickhouse-shard0)/g)).toHaveLength(3);
  expect(cures(others)).not.toMatch(/statefulset\/cvat-(postgresql|kvrocks|clickhouse)/);
  for (const key of ["postgresql", "kvrocks", "analytics.clickhouse"])
    expect(cures(others)).toContain(
      `the log of db.example.com:5432, which somebody else runs (vision-platform:cvat.${key}.external)`,
    );
});

it("begins with the verdict, and has what to look at below the step", () => {
  const outcomes: Outcome[] = [
    { step: "sign-in", is: "well", ms: 400, said: "CVAT 2.64.0, as admin" },
    { step: "policy", is: "failed", ms: 61_000, said: "It did not end within 1 min 0 s.", cure: "the agent" },
    { step: "task", is: "not tried", ms: 0, said: "needs policy" },
  ];
  expect(reportText(reportOf("lab", "admin", outcomes)).split("\n")).toEqual([
    "Not well: stack lab fails at policy; 1 step went well, as admin.",
    "  ✓ sign-in       0.4 s  CVAT 2.64.0, as admin",
    "  ✗ policy    1 min 1 s  It did not end within 1 min 0 s.",
    "                         Look at: the agent",
    "  - task                 not tried: needs policy",
  ]);
});
