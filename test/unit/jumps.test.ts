import { afterAll, describe, expect, it } from "vitest";
import type { VersionsOfParts } from "../../components/charts/jumps.ts";
import { knownBadJumps, TABLES, versionsCanBeReached } from "../../components/preflight/known-bad-jumps.ts";
import { SYSTEMS, versionsIn, versionsOf, type InstalledVersions } from "../../components/preflight/versions.ts";
import { setsNamed, upgradeCheck, upgradeText } from "../../automation/report/upgrade.ts";
import { planReport } from "../../automation/report/plan-report.ts";
import { planMarkdown } from "../../automation/report/plan-markdown.ts";
import { parseLab } from "../../components/lab/parse.ts";
import { planned } from "../fixtures/inputs/planned.ts";

const NOTHING: InstalledVersions = { cvat: {}, clearml: {} };
const NONE_TAKEN = { cvat: [], clearml: [] };
const FOUND = new Set<string>();

function found(system: "cvat" | "clearml", before: VersionsOfParts, after: VersionsOfParts): string[] {
  const jumps = knownBadJumps({ ...NOTHING, [system]: before }, { ...NOTHING, [system]: after }, NONE_TAKEN);
  for (const { jump } of jumps) FOUND.add(jump.id);
  return jumps.map(({ jump, verdict }) => `${verdict} ${jump.id}`);
}

afterAll(() => {
  const all = SYSTEMS.flatMap((system) => TABLES[system].jumps.map(({ id }) => id));
  expect([...FOUND].sort(), "each row has found something").toEqual(all.sort());
});

describe("steps between versions that are known to go wrong", () => {
  it.each<["cvat" | "clearml", string, string, string, string[]]>([
    ["cvat", "server", "2.64.0", "2.48.1", ["refused cvat-goes-back"]],
    ["cvat", "server", "2.64.0", "1.9.0", ["refused cvat-goes-back"]],
    ["cvat", "server", "2.64.0", "2.64.0", []],
    ["cvat", "server", "2.64.1", "2.64.0", []],
    ["cvat", "server", "2.48.1", "2.64.0", []],
    ["cvat", "server", "1.7.0", "2.64.0", ["refused cvat-skips-migrations"]],
    ["cvat", "server", "1.7.0", "2.39.0", []],
    ["cvat", "server", "2.0.0", "2.48.0", []],
    ["cvat", "chart", "2.64.0", "2.76.0", ["refused cvat-redis-chart"]],
    ["cvat", "chart", "2.64.0", "2.75.9", []],
    ["cvat", "chart", "2.76.0", "2.77.0", []],
    ["cvat", "chart", "0.17.1", "2.64.0", ["handled kvrocks-claim-label"]],
    ["cvat", "chart", "2.64.0", "0.17.1", ["handled kvrocks-claim-label"]],
    ["cvat", "chart", "0.15.0", "0.17.1", []],
    ["cvat", "nuclio", "1.15.20", "1.15.19", ["refused nuclio-loses-runtime-class"]],
    ["cvat", "nuclio", "1.17.6-amd64", "1.14.1-amd64", ["refused nuclio-loses-runtime-class"]],
    ["cvat", "nuclio", "1.14.1-amd64", "1.13.0", []],
    ["cvat", "nuclio", "1.13.0", "1.17.6", []],
    ["cvat", "nuclio", "1.15", "1.13.0", []],
    ["clearml", "server", "2.3.0", "2.0.0-613", ["refused clearml-goes-back"]],
    ["clearml", "server", "2.0.0-614", "2.0.0-613", []],
    ["clearml", "chart", "7.14.7", "7.15.0", ["refused clearml-dragonfly"]],
    ["clearml", "chart", "7.15.0", "7.14.7", ["refused clearml-dragonfly"]],
    ["clearml", "chart", "7.14.4", "7.14.7", []],
    ["clearml", "chart", "7.15.0", "7.15.1", []],
  ])("%s: %s from %s to %s", (system, part, from, to, expected) => {
    expect(found(system, { [part]: [from] }, { [part]: [to] })).toEqual(expected);
  });

  it("a part that was not there, or will not be, goes nowhere", () => {
    expect(found("cvat", {}, { server: ["2.39.0"] })).toEqual([]);
    expect(found("cvat", { server: ["2.64.0"] }, {})).toEqual([]);
  });

  it("each says why, what to do and where it is known from", () => {
    for (const system of SYSTEMS) {
      for (const { why, steps, source } of TABLES[system].jumps) {
        expect(why).toMatch(/\.$/);
        for (const step of steps) expect(step).toMatch(/\.$/);
        expect(source.length).toBeGreaterThan(10);
      }
    }
  });

  it("known-good sets hold no step up that is refused, and every step down of CVAT is", () => {
    const { sets } = TABLES.cvat;
    for (const from of sets) {
      for (const to of sets) {
        const one = ({ parts }: (typeof sets)[number]) => ({ server: [parts.server], chart: [parts.chart] });
        const refused = found("cvat", one(from), one(to)).filter((told) => told.startsWith("refused"));
        const isBack = from.version > to.version;
        expect([from.version, to.version, refused.length > 0]).toEqual([from.version, to.version, isBack]);
      }
    }
  });
});

/** A state as the engine gives it. */
const state = (cvat: object | undefined, ...workloads: { name: string; image: string; labels?: object }[]) => [
  { type: "pulumi:pulumi:Stack", outputs: cvat ? { cvat: { versions: { parts: cvat } } } : {} },
  ...workloads.map(({ name, image, labels = {} }) => ({
    type: "kubernetes:apps/v1:Deployment",
    outputs: { metadata: { name, labels }, spec: { template: { spec: { containers: [{ name: "one", image }] } } } },
  })),
];

describe("versions that a state knows", () => {
  it("are those of the last outputs", () => {
    expect(versionsIn(state({ chart: "2.64.0", server: "2.64.0" })).cvat).toEqual({
      chart: ["2.64.0"],
      server: ["2.64.0"],
    });
  });

  it("are those of the workloads too: a run that failed has changed them, and no output", () => {
    const half = state({ server: "2.48.1" }, { name: "cvat-backend-server", image: "cvat/server:v2.64.0" });
    expect(versionsIn(half).cvat).toEqual({ server: ["2.48.1", "2.64.0"] });
    const back = versionsCanBeReached(versionsIn(half), planned({ cvat: { version: "2.48.1" } }));
    expect(back).toMatchObject([{ severity: "refusal", path: "vision-platform:cvat.version" }]);
  });

  it("are read of images from anywhere, with a digest, and of the chart's label", () => {
    const labels = { "helm.sh/chart": "clearml-7.14.7" };
    const digest = `sha256:${"a".repeat(64)}`;
    expect(
      versionsIn(
        state(
          undefined,
          { name: "clearml-apiserver", image: `registry.example:5000/clearml/server:2.3.0@${digest}`, labels },
          { name: "cvat-nuclio-dashboard", image: "quay.io/nuclio/dashboard:1.14.1-amd64" },
          { name: "cvat-frontend", image: "cvat/ui:v2.1.0" },
        ),
      ),
    ).toEqual({ cvat: { nuclio: ["1.14.1-amd64"] }, clearml: { server: ["2.3.0"], chart: ["7.14.7"] } });
  });

  it("are none of a stack that is new, and nothing is refused for it", () => {
    expect(versionsIn([])).toEqual(NOTHING);
    expect(versionsCanBeReached(NOTHING, planned({ cvat: { version: "2.39.0" } }))).toEqual([]);
  });
});

describe("a run that would make a known-bad step", () => {
  const before = versionsOf(planned({}));

  it("is refused with the steps to take, and how to say that they were taken", () => {
    const [finding, ...more] = versionsCanBeReached(before, planned({ cvat: { version: "2.48.1" } }));
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ severity: "refusal", path: "vision-platform:cvat.version" });
    expect(finding?.message).toMatch(
      /^The server of CVAT goes from 2\.64\.0 to 2\.48\.1 \(to an older release\)\. .* First: 1\. .* When that is done, say so: pulumi config set --path 'vision-platform:cvat\.stepsTaken\[0\]' cvat-goes-back@2\.48\.1$/,
    );
  });

  it("is let through with a warning when the stack file says that the steps to that very version were taken", () => {
    const allowed = { version: "2.48.1", stepsTaken: ["cvat-goes-back@2.48.1"] };
    expect(versionsCanBeReached(before, planned({ cvat: allowed }))).toMatchObject([{ severity: "warning" }]);
    const other = { version: "2.48.1", stepsTaken: ["cvat-goes-back@2.39.0"] };
    expect(versionsCanBeReached(before, planned({ cvat: other }))).toMatchObject([{ severity: "refusal" }]);
  });

  it("is not refused for a system that is switched off, or that stays as it is", () => {
    expect(versionsCanBeReached(before, planned({ cvat: { enabled: false } }))).toEqual([]);
    expect(versionsCanBeReached(before, planned({}))).toEqual([]);
  });

  it("has a report of the preview that it ends, which says why", () => {
    const failure = "These versions cannot be reached";
    const report = planReport({ stack: "lab", steps: [], fixes: { before: [], after: [] }, warnings: [], failure });
    expect(report.verdict).toBe("Nothing was seen: the preview failed before its first object.");
    expect(planMarkdown(report)).toContain(`### Why it failed\n\n\`\`\`text\n${failure}\n\`\`\``);
  });
});

it("stepsTaken takes what is known, and says what that is", () => {
  const { problems } = parseLab({ cvat: { stepsTaken: ["cvat-goes-bakc@2.48.1"] }, clearml: { stepsTaken: ["yes"] } });
  expect(problems.map(({ path }) => path).sort()).toEqual([
    "vision-platform:clearml.stepsTaken[0]",
    "vision-platform:cvat.stepsTaken[0]",
  ]);
  expect(problems.map(({ message }) => message).join("\n")).toMatch(/Must be one of .*cvat-goes-back, .*@1\.2\.3/);
});

describe("upgrade check", () => {
  const before = versionsOf(planned({}));
  const check = (sections: Record<string, unknown>, ...to: string[]) =>
    upgradeCheck("lab", before, planned(sections), setsNamed(to));

  it("says what changes, and that nothing does", () => {
    expect(upgradeText(check({}))).toBe("lab has these versions already.");
    const back = check({ cvat: { version: "2.48.1" } });
    expect(back.changes).toContainEqual({ system: "cvat", part: "server", from: "2.64.0", to: "2.48.1" });
    expect(back.jumps.map(({ id, verdict }) => `${verdict} ${id}`)).toEqual([
      "refused cvat-goes-back",
      "handled kvrocks-claim-label",
    ]);
    expect(upgradeText(back)).toMatch(
      /\nRefused: The server of CVAT .*\n {2}.*\n {2}1\. .*\n {2}2\. .*\n {2}When that/,
    );
  });

  it("asks a set by its name, with the chart where two have one version, or by its version alone", () => {
    expect(check({}, "cvat@2.39.0").changes).toContainEqual({
      system: "cvat",
      part: "chart",
      from: "2.64.0",
      to: "0.15.0",
    });
    expect(check({}, "cvat@2.39.0+0.17.1").changes).toContainEqual({
      system: "cvat",
      part: "chart",
      from: "2.64.0",
      to: "0.17.1",
    });
    expect(check({}, "7.14.4").changes.map(({ system, part }) => `${system} ${part}`)).toEqual([
      "clearml chart",
      "clearml agent",
    ]);
  });

  it("names all sets where it is asked for none of them", () => {
    expect(() => setsNamed(["cvat@9.9.9"])).toThrow(
      /^No known-good set is called cvat@9\.9\.9\. There are: cvat@2\.64\.0, .*cvat@2\.39\.0\+0\.17\.1, clearml@7\.14\.7, /,
    );
    expect(() => setsNamed(["cvat@2.64.0", "cvat@2.48.1"])).toThrow(/names cvat twice/);
  });

  it("tells versions that nobody has tried, but not those that are there already", () => {
    const untried = { cvat: { allowUnknownVersions: true, images: { server: "cvat/server:v2.64.1" } } };
    expect(check(untried).untried).toEqual([{ system: "cvat", version: "2.64.0" }]);
    const there = versionsOf(planned(untried));
    expect(upgradeCheck("lab", there, planned(untried), []).untried).toEqual([]);
  });

  it("has nothing against a stack that is new", () => {
    const fresh = upgradeCheck("lab", NOTHING, planned({ cvat: { version: "2.39.0" } }), []);
    expect(fresh).toMatchObject({ isNew: true, changes: [], jumps: [], untried: [] });
  });
});
