import { describe, expect, it } from "vitest";
import type { VersionsOfParts } from "../../components/charts/jumps.ts";
import { parseLab } from "../../components/lab/parse.ts";
import { backupBeforeMove, type MoveFacts } from "../../components/preflight/backup-before-move.ts";
import { movesOf } from "../../components/preflight/moves.ts";
import { versionsIn, versionsOf } from "../../components/preflight/versions.ts";
import { cronJobs } from "../../components/backup/cron-jobs.ts";
import { planned } from "../fixtures/inputs/planned.ts";
import { exampleStack } from "../fixtures/inputs/whole-stack.ts";

const moved = (before: VersionsOfParts, after: VersionsOfParts) =>
  movesOf({ cvat: before, clearml: {} }, { cvat: after, clearml: {} }).map(
    ({ part, from, to, isUnderWay }) => `${part} ${from.join("+")}>${to}${isUnderWay ? " under way" : ""}`,
  );

describe("a move to another release", () => {
  it.each<[string, VersionsOfParts, VersionsOfParts, string[]]>([
    ["a first install", {}, { server: ["2.64.0"], chart: ["2.64.0"] }, []],
    ["what leaves the stack file", { server: ["2.64.0"] }, {}, []],
    ["an unchanged version", { server: ["2.64.0"], chart: ["2.64.0"] }, { server: ["2.64.0"], chart: ["2.64.0"] }, []],
    [
      "another release",
      { server: ["2.48.1"], chart: ["0.17.1"] },
      { server: ["2.64.0"], chart: ["2.64.0"] },
      ["server 2.48.1>2.64.0"],
    ],
    [
      "one that was interrupted",
      { server: ["2.48.1", "2.64.0"] },
      { server: ["2.64.0"] },
      ["server 2.48.1>2.64.0 under way"],
    ],
    [
      "another one, after that",
      { server: ["2.48.1", "2.64.0"] },
      { server: ["2.65.0"] },
      ["server 2.48.1+2.64.0>2.65.0"],
    ],
    [
      "the chart alone",
      { server: ["2.39.0"], chart: ["0.15.0"] },
      { server: ["2.39.0"], chart: ["0.17.1"] },
      ["chart 0.15.0>0.17.1"],
    ],
    ["another image of no release, whose tag alone is known", { server: ["own"] }, { server: ["lab/server:own"] }, []],
    ["another Nuclio", { nuclio: ["1.13.0"], server: ["2.64.0"] }, { nuclio: ["1.15"], server: ["2.64.0"] }, []],
  ])("%s", (_, before, after, found) => {
    expect(moved(before, after)).toEqual(found);
  });

  it("is seen from a state that a run has left", () => {
    const state = [
      {
        type: "pulumi:pulumi:Stack",
        outputs: { cvat: { versions: { parts: { server: "2.48.1", chart: "0.17.1" } } } },
      },
    ];
    const [move] = movesOf(versionsIn(state), versionsOf(planned(exampleStack())));
    expect(move).toMatchObject({ system: "cvat", from: ["2.48.1"], to: "2.64.0", isUnderWay: false });
  });
});

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 11, 2);
const release = (server: string) => ({ version: server, chart: server, server });
const dump = (hours: number, more: object = {}) => ({
  place: `databases/postgresql/of/cvat/${hours}/`,
  at: NOW - hours * HOUR,
  when: `${hours} hours ago`,
  ...more,
});

function judged(more: Partial<MoveFacts>): string {
  const { severity, message } = backupBeforeMove({
    move: { system: "cvat", part: "server", from: ["2.48.1"], to: "2.64.0", isUnderWay: false },
    ...{ engines: ["postgresql"], dumps: [], waivedBy: undefined, servers: ["2.48.1"], now: NOW },
    ...more,
  });
  return `${severity}: ${message}`;
}

describe("the backup before it", () => {
  it("is named where one of the last day is there", () => {
    expect(judged({ dumps: [dump(50), dump(23), dump(30)] })).toMatch(
      /^warning: CVAT goes from 2\.48\.1 to 2\.64\.0, .*begun 23 hours ago, and was read again by the run that made it: databases\/postgresql\/of\/cvat\/23\/$/,
    );
    expect(judged({ dumps: [dump(1, { release: release("2.48.1") })] })).toMatch(/^warning/);
  });

  it.each<[string, Partial<MoveFacts>, RegExp]>([
    ["there is none", {}, /Of the last day there is none\..*backup create databases.*without-backup@2\.64\.0$/],
    ["it is of yesterday", { dumps: [dump(24)] }, /Of the last day the newest was begun 24 hours ago\./],
    ["it is known to be bad", { dumps: [dump(1, { bad: "its sha256 is another" })] }, /there is none/],
    ["it is of another release than is there", { dumps: [dump(1, { release: release("2.39.0") })] }, /there is none/],
    ["the store does not say", { dumps: undefined, unread: "http://192.0.2.30:9000: away" }, /not known: http:.*away/],
  ])("is wanted where %s, unless it is waived", (_, facts, why) => {
    expect(judged(facts)).toMatch(/^refusal/);
    expect(judged(facts)).toMatch(why);
    expect(judged({ ...facts, waivedBy: "--without-backup" })).toMatch(
      /^warning.*It goes on without: --without-backup\.$/,
    );
  });

  it("is missed, and not wanted, where none is made", () => {
    expect(judged({ engines: ["mongodb"] })).toMatch(/^warning.*This stack makes none: see vision-platform:backup/);
  });

  it("is waived by the stack file for one version alone", () => {
    const problems = (token: string) =>
      parseLab({ ...exampleStack(), cvat: { ...(exampleStack() as { cvat: object }).cvat, stepsTaken: [token] } })
        .problems;
    expect(problems("without-backup@2.64.0")).toEqual([]);
    expect(problems("without-backup")).toHaveLength(1);
  });
});

it("each dump is told the release that the stack installs", () => {
  const { backup } = planned({ ...exampleStack(), backup: {} });
  const told = cronJobs(backup ?? expect.fail("no backups"), undefined).flatMap(({ spec }) =>
    spec.jobTemplate.spec.template.spec.containers.flatMap(({ env }) => env.filter(({ name }) => name === "RELEASE")),
  );
  expect(told.map(({ value }) => JSON.parse(value ?? "") as unknown)).toEqual([
    { version: "2.64.0", chart: "2.64.0", server: "2.64.0" },
    { version: "7.14.7", chart: "7.14.7", server: "2.0.0-613" },
  ]);
});
