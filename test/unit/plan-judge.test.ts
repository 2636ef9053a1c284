import { createHmac } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { specialSecretSig, specialSigKey } from "@pulumi/pulumi/runtime/rpc.js";
import { describe, expect, it } from "vitest";
import type { Operation } from "../../automation/engine/changes.ts";
import { hiding } from "../../automation/engine/known-secrets.ts";
import { HIDDEN } from "../../automation/engine/outputs.ts";
import type { Given, Step } from "../../automation/engine/steps.ts";
import { judge, openSecrets, type Departed } from "../../automation/plan/judge.ts";
import { plannedSteps, registeredName, type Planning } from "../../automation/plan/of-steps.ts";
import { leavesOf, withLeaves, type Place } from "../../automation/plan/places.ts";
import { departedText, refusedText } from "../../automation/plan/words.ts";
import { UNKNOWN } from "../../components/records/kind.ts";
import { recorded } from "../fixtures/plans/recorded.ts";

const PLANS = path.resolve(import.meta.dirname, "../fixtures/plans");
const NAMES = readdirSync(PLANS).flatMap((name) => (name.endsWith(".json.gz") ? [name.slice(0, -8)] : []));
const stepsOf = (name: string) => recorded(name).steps;

interface Values {
  /** Of each secret, by where it stands. */
  before?: (urn: string, place: Place) => string;
  after?: (urn: string, place: Place) => string;
  secrets?: readonly string[];
}

const secretOf = (urn: string, place: Place) => `secret of ${urn} ${place.join(".")}`;

/** Steps as a preview that was watched gives them: what is hidden in the recording has a value. */
function planOf(steps: readonly Step[], { before = secretOf, after = secretOf, secrets = [] }: Values = {}) {
  const sealed = ({ urn, type }: Step, given: Given | undefined, value: typeof secretOf): Given => {
    const text = (place: Place) =>
      type === "kubernetes:core/v1:Secret" && place.length === 1
        ? { key: Buffer.from(value(urn, ["data"])).toString("base64") }
        : value(urn, place);
    const isPlain = type === "kubernetes:core/v1:Secret" && given?.["stringData"] === HIDDEN;
    const { stringData, ...rest } = given ?? {};
    const whole = isPlain ? { ...rest, data: stringData } : given;
    return withLeaves(whole ?? {}, (leaf, place) =>
      leaf === HIDDEN ? { [specialSigKey]: specialSecretSig, value: text(place) } : leaf,
    ) as Given;
  };
  const planning: Planning = {
    registered: new Map(
      steps.map((step) => [registeredName(step), { ...step, props: sealed(step, step.after, after) }]),
    ),
    stored: new Map(steps.map((step) => [step.urn, sealed(step, step.before, before)])),
    mark: (place, value) =>
      createHmac("sha256", "key")
        .update(JSON.stringify([place, value]))
        .digest("base64url")
        .slice(0, 22),
    hide: hiding(secrets),
    folders: [],
  };
  return plannedSteps(steps, planning);
}

const departed = (reviewed: readonly Step[], now: readonly Step[], values?: Values): Departed[] =>
  judge(planOf(reviewed), planOf(now, values)).refused.flatMap((one) => one.departed);

const told = (...args: Parameters<typeof departed>) => departed(...args).map(departedText);

function named(name: string, object: string): Step {
  const found = stepsOf(name).find(({ kind, short }) => `${kind} ${short}` === object);
  return found ?? expect.fail(`${name} has no ${object}`);
}

function withValue(given: Given | undefined, at: Place, value: unknown): Given {
  const copy = structuredClone(given ?? {}) as Record<string, unknown>;
  const [last = "", ...above] = [...at].reverse();
  const holder = above.reverse().reduce<Record<string, unknown>>((inner, key) => inner[key] as typeof copy, copy);
  if (value === undefined) Reflect.deleteProperty(holder, last);
  else holder[last] = value;
  return copy;
}

const as = ({ change }: Step, operation: Operation) => change && { ...change, operation };

const workers = named("more workers", "Deployment cvat-backend-worker-export");
const secret = named("another key of the store for functions", "Secret nuclio-yolo11x-model");
const user = named("another key of the store for functions", "IamUser store-functions");

describe("a reviewed plan", () => {
  it.each(NAMES)("%s: all of it was reviewed, in whichever order the engine tells of it", (name) => {
    const steps = stepsOf(name);
    const { refused, planned, settled } = judge(planOf(steps), planOf([...steps].reverse()));
    expect({ refused, settled }).toEqual({ refused: [], settled: [] });
    expect(planned).toBe(steps.filter(({ change }) => change).length);
  });

  it("of which all is done has nothing left, and says what", () => {
    expect(judge(planOf([workers]), [])).toMatchObject({
      refused: [],
      planned: 0,
      settled: ["Deployment cvat-backend-worker-export"],
    });
  });

  const spec = (replicas: number, more: Place = ["spec", "replicas"]) => withValue(workers.after, more, replicas);
  const claim = named("a volume grows", "PersistentVolumeClaim cvat-backend-data");
  const job = named("an image", "Job cvat-users");
  const keep = named("no agent", "Namespace clearml-agent-namespace");
  const flip = { ...workers, change: undefined, after: workers.before, willBeRetained: true };

  it.each<[string, readonly Step[], readonly Step[], string[]]>([
    [
      "value of a reviewed field",
      [workers],
      [{ ...workers, after: spec(3) }],
      ["spec.replicas: would be 3, reviewed: 2"],
    ],
    [
      "another field",
      [workers],
      [{ ...workers, after: withValue(spec(2), ["spec", "paused"], true) }],
      ["spec.paused: would be true, reviewed: not there"],
    ],
    [
      "an object that was not to change",
      [claim],
      [claim, workers],
      ["was not to change, and would be updated", "spec.replicas: would be 2, reviewed: 1"],
    ],
    [
      "an object that is new",
      [],
      [{ ...claim, before: undefined, change: as(claim, "create") }],
      ["was not to change, and would be made"],
    ],
    [
      "an object that goes",
      [],
      [{ ...claim, after: undefined, change: as(claim, "delete") }],
      ["was not to change, and would be deleted"],
    ],
    [
      "an update that makes it again",
      [workers],
      [{ ...workers, change: as(workers, "replace") }],
      ["was to be updated, and would be made again"],
    ],
    [
      "made again for another reason",
      [job],
      [{ ...job, replacedFor: ["spec.selector"] }],
      [`would be made again for another reason: spec.selector; reviewed: ${job.replacedFor.join(", ")}`],
    ],
    [
      "the old one goes first",
      [job],
      [{ ...job, isDeletedFirst: true }],
      ["the old one would go before the new one is made, and was to go after"],
    ],
    [
      "let go of, now deleted",
      [keep],
      [{ ...keep, change: as(keep, "delete") }],
      ["was to be let go of, and would be deleted"],
    ],
    [
      "retained, with a change",
      [workers],
      [{ ...workers, willBeRetained: true }],
      ["would stay when it is deleted, and was to go"],
    ],
    ["retained, and nothing else of it changes", [], [flip], ["was not to change, and would be kept in another way"]],
    [
      "another up moved the field meanwhile",
      [workers],
      [{ ...workers, before: withValue(workers.before, ["spec", "replicas"], 7) }],
      ["spec.replicas: was 1 at the review, and is 7 now"],
    ],
  ])("refuses: %s", (_title, reviewed, now, words) => {
    expect(told(reviewed, now)).toEqual(words);
  });

  it("is refused in the words that the docs show", () => {
    const { refused } = judge(planOf([claim]), planOf([claim, { ...workers, after: spec(3) }]));
    const page = readFileSync(path.resolve(import.meta.dirname, "../../docs/preview.md"), "utf8");
    expect(page).toContain(`\n${refusedText(refused)}\n`);
  });

  it("refuses a secret that becomes another, or was another", () => {
    const other = () => "other";
    expect(told([secret], [secret], { after: other })).toEqual(["data.key: would be another secret than was reviewed"]);
    const both = told([secret], [secret], { before: other });
    expect(both).toEqual(["data.key: was another secret at the review"]);
  });

  it("refuses a secret that is handed over as none, and shows it nowhere", () => {
    const plain = { ...user, change: undefined, after: withValue(user.after, ["secret"], "in-clear-7f3a") };
    const now = planOf([plain]);
    expect(JSON.stringify(now)).not.toContain("in-clear-7f3a");
    expect(judge([], now).refused.flatMap((one) => one.departed.map(departedText))).toEqual([
      "was not to change, and would be kept in another way",
      "secret: would be [secret, in clear], reviewed: [secret]",
    ]);
  });

  it("lets be what somebody else changed in an object meanwhile, and this up leaves alone", () => {
    const both = (given: Given | undefined) => withValue(given, ["spec", "paused"], true);
    expect(told([workers], [{ ...workers, before: both(workers.before), after: both(workers.after) }])).toEqual([]);
  });

  it("lets any value be in a place that was not known, and lists it", () => {
    const known = { ...user, after: withValue(user.after, ["secret"], HIDDEN) };
    const open = planOf([user]);
    expect(open[0]?.knownAfterUp).toEqual(["secret"]);
    expect(judge(open, planOf([known]))).toMatchObject({ refused: [], nowKnown: ["IamUser store-functions: secret"] });
    expect(told([known], [user])).not.toEqual([]);
  });

  it("finds any single value that is another, in any of the recorded plans", () => {
    let [seen, tried] = [0, 0];
    for (const name of NAMES.filter((one) => one !== "another namespace")) {
      for (const step of stepsOf(name).filter(({ change: some }) => some)) {
        const reviewed = planOf([step]);
        const side = step.after ? "after" : "before";
        for (const { place, value } of leavesOf(step[side])) {
          if (value === UNKNOWN || place.includes("kubeconfig") || /^(stringData|data)$/.test(place[0] ?? "")) continue;
          if (seen++ % 23 > 0) continue;
          tried++;
          const other = { ...step, [side]: withValue(step[side], place, value === "other" ? "another" : "other") };
          const { refused } = judge(reviewed, planOf([other]));
          if (refused.length === 0)
            expect.fail(`${name}: ${step.kind} ${step.short}, ${place.join(".")} was not found`);
        }
      }
    }
    expect(tried).toBeGreaterThan(150);
  });

  it("finds any single secret that is another, in any of the recorded plans", () => {
    let tried = 0;
    for (const name of NAMES) {
      for (const step of stepsOf(name).filter(({ change: some, after }) => some && after)) {
        const marks = planOf([step])[0]?.secrets.after ?? {};
        if (!Object.values(marks).some((mark) => mark.length === 22)) continue;
        tried++;
        expect(departed([step], [step], { after: () => "other" }), `${name}: ${step.short}`).not.toEqual([]);
      }
    }
    expect(tried).toBeGreaterThan(10);
  });
});

describe("a saved plan", () => {
  it("holds no password where somebody typed one into a plain key, in base64 neither, and marks it", () => {
    const canary = "canary-9c41d07be2";
    const typed = [canary, `--password=${canary}`, Buffer.from(canary).toString("base64")];
    const step = { ...workers, after: withValue(workers.after, ["spec", "typed"], typed) };
    const plan = planOf([step], { secrets: [canary] });
    expect(JSON.stringify(plan)).not.toMatch(new RegExp(`${canary}|${Buffer.from(canary).toString("base64")}`));
    const other = planOf(
      [{ ...step, after: withValue(step.after, ["spec", "typed", "1"], "--password=another-one") }],
      {
        secrets: [canary, "another-one"],
      },
    );
    expect(judge(plan, other).refused[0]?.departed).toEqual([{ about: "secret", path: "spec.typed[1]" }]);
  });

  it("names no folder of this machine in what is ours", () => {
    const step = named("no functions", "Function nuclio-sam");
    const text = JSON.stringify(planOf([step]));
    expect(text).not.toContain("/home/somebody");
    expect(text).toContain("(kubeconfig)");
  });
});

describe("secrets of the stack file that are others than at the review", () => {
  const known = planOf(stepsOf("more workers"));
  const unknown = planOf(stepsOf("another key of the store for CVAT"));
  const others = [
    { a: "1", b: "1" },
    { a: "2", b: "1", c: "1" },
  ] as const;

  it("are a reason to refuse where something is known only after up, which may be made of them", () => {
    expect(unknown.some(({ knownAfterUp }) => knownAfterUp.length > 0)).toBe(true);
    expect(openSecrets(...others, unknown)).toEqual(["a", "c"]);
    expect(openSecrets(others[1], others[0], unknown)).toEqual(["a", "c"]);
    expect(openSecrets(others[0], others[0], unknown)).toEqual([]);
  });

  it("are none where everything is known: each object has marks of its own", () => {
    expect(known.some(({ knownAfterUp }) => knownAfterUp.length > 0)).toBe(false);
    expect(openSecrets(...others, known)).toEqual([]);
  });
});
