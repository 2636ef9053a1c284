import { describe, expect, it } from "vitest";
import type { DatabaseCluster } from "../../automation/backup/databases/cluster.ts";
import { RECORDS } from "../../automation/backup/databases/records.ts";
import type { Found } from "../../automation/backup/databases/found.ts";
import { lossesOf } from "../../automation/backup/databases/report.ts";
import type { Workload } from "../../automation/backup/databases/workloads.ts";
import { databaseStep, judged } from "../../automation/backup/whole/database-step.ts";
import { lostWith } from "../../automation/backup/whole/lost.ts";
import { newestVolumes, projectsSince } from "../../automation/backup/whole/projects-step.ts";
import { foreseenText, occupiedText, wholeText } from "../../automation/backup/whole/text.ts";
import { silentProgress } from "../../automation/progress.ts";
import type { Engine } from "../../components/backup/databases/database.ts";
import { TOKENS } from "../../components/records/tokens.ts";
import { planned } from "../fixtures/inputs/planned.ts";
import { exampleStack } from "../fixtures/inputs/whole-stack.ts";

const DUMP = "20261201T004700Z";
const OF: Readonly<Record<Engine, string>> = { postgresql: "engine_task", mongodb: "backend.task" };

interface Given {
  engine?: Engine;
  /** Tasks in the dump. */
  then?: number;
  /** Tasks in the database. */
  now?: number;
  projects?: number;
  newer?: number;
}

function found({ engine = "postgresql", then = 10, now = 0, projects = 0, newer = 0 }: Given): Found {
  const table = OF[engine];
  return {
    ...{ stamp: DUMP, server: "15.2", counts: { [table]: then, engine_project: 1 } },
    dump: { key: "k", bytes: 7 },
    now: {
      server: "15.2",
      counts: { [table]: now, engine_project: projects },
      newer: newer > 0 ? { [table]: { rows: newer, newest: "2026-12-01T09:00:00+00:00" } } : {},
      others: [],
    },
  };
}

const down: Workload = { kind: "Deployment", name: "server", replicas: 0, pods: 0, ready: 0, before: 2 };

const judge = ({ noted, left = [], ...given }: Given & { noted?: string; left?: Workload[] }) => {
  const backup = found(given);
  return judged(given.engine ?? "postgresql", { backup, losses: lossesOf(backup), left }, { noted, ownProjects: 1 });
};

describe("a database of a lab that comes back", () => {
  it.each<[string, Parameters<typeof judge>[0], string]>([
    ["has nobody's work yet: only what up has made", { projects: 1 }, "lost"],
    ["has tasks that the dump has not", { now: 2, newer: 2 }, "occupied"],
    ["has fewer tasks than the dump", { now: 2 }, "occupied"],
    ["has a project that up has not made", { projects: 2 }, "occupied"],
    ["is as the dump has it, and nobody wrote that down: a run was killed", { now: 10, projects: 1 }, "lost"],
    ["is half scaled down by a run that was killed", { now: 9, left: [down] }, "lost"],
    ["was put back, and goes on", { now: 12, newer: 3, noted: DUMP }, "there"],
    ["was put back, and its volume was lost since", { now: 0, noted: DUMP }, "lost"],
    ["was put back from a dump without tasks", { then: 0, now: 0, noted: DUMP }, "there"],
    ["has ClearML's own examples alone", { engine: "mongodb", now: 4 }, "lost"],
    ["has experiments since", { engine: "mongodb", now: 14, newer: 2 }, "occupied"],
  ])("%s", (_, given, expected) => {
    expect(judge(given)).toBe(expected);
  });

  it("without a dump is asked nothing", async () => {
    const bad = { place: "p", stamp: DUMP, kind: "database", database: "postgresql", bad: "its sha256 is another" };
    const cluster: unknown = { noted: () => Promise.resolve(undefined) };
    const at = { cluster: cluster as DatabaseCluster, progress: silentProgress, stands: () => undefined };
    const step = await databaseStep({ ...at, database: { engine: "postgresql" }, listed: [bad], ownProjects: 0 });
    expect(step).toMatchObject({ is: "none", title: "CVAT's PostgreSQL" });
  });

  it("is let go of by the state with every kind of record that lies in it, but for waits and proofs", () => {
    const inState = ["cvat:RegistrationProof", "cvat:UsersReady", "clearml:ApiKeys"];
    const all = TOKENS.filter((token) => /^(cvat|clearml):/.test(token) && !inState.includes(token));
    expect(Object.values(RECORDS).flat().sort()).toEqual([...all].sort());
  });
});

describe("what is said of it", () => {
  const plan = planned({ ...exampleStack(), backup: {} });
  const backup = found({ now: 2, newer: 2 });
  const look = { title: "CVAT's PostgreSQL", backup, losses: lossesOf(backup), atWork: [], left: [] };
  const nothing: unknown = {};
  const cluster = nothing as DatabaseCluster;
  const step = (is: "lost" | "there" | "occupied") =>
    ({ engine: "postgresql", title: look.title, cluster, is, look, stamp: DUMP }) as const;
  const none = { engine: "mongodb", title: "ClearML's MongoDB", cluster, is: "none" } as const;
  const of = (stamp: string, id: number, name: string) => ({
    ...{ place: `p/${stamp}/`, stamp, kind: "project", organization: "lab" },
    project: { id, name },
  });
  const data = { place: "v/", stamp: "20261201T031700Z", kind: "volume", volume: "cvat-data" };
  const listed = [
    of("20261201T011700Z", 1, "Roads"),
    of("20261130T011700Z", 1, "Roads"),
    of("20261130T011700Z", 2, "Old"),
  ];

  it("names the dump with its time, what it would take away, what has a younger backup, and what is lost", () => {
    const projects = projectsSince(listed, DUMP);
    const lines = foreseenText({
      ...{ steps: [step("lost"), none], projects, volumes: [data] },
      lost: lostWith(plan, [step("lost"), none], [data]),
    });
    const text = lines.join("\n");
    expect(text).toContain(`CVAT's PostgreSQL as it was at ${DUMP}: k, 7 bytes, not encrypted`);
    expect(text).toContain("engine_task: 2 rows now, 10 in the dump");
    expect(text).toContain("ClearML's MongoDB: there is no dump of it.");
    expect(text).toContain("    lab/Roads, of 2026-12-01 01:17 UTC");
    expect(text).not.toContain("Old");
    expect(text).toContain("CVAT: what was done after 2026-12-01 00:47 UTC");
    expect(text).toContain("Volume cvat-data, of 2026-12-01 03:17 UTC");
    expect(text).toContain("uploaded after 2026-12-01 03:17 UTC");
    expect(text).toMatch(/experiments, models' names and queues, since there is no dump\.\n.*Elasticsearch/);
  });

  it("takes the newest of a volume that is of use, of those that are backed up", () => {
    const bad = { ...data, stamp: "20261202T031700Z", bad: "a content is gone" };
    expect(newestVolumes([bad, data], ["cvat-data"])).toEqual([data]);
    expect(newestVolumes([bad, data], ["clearml-files"])).toEqual([]);
  });

  it("without a dump has all that is in projects' backups", () => {
    expect(projectsSince(listed, undefined).map(({ project }) => project?.name)).toEqual(["Roads", "Old"]);
    expect(lostWith(plan, [], []).join()).toContain("CVAT: what is in no project's backup, since there is no dump");
  });

  it("says how to go on where the lab is not empty, and after each part", () => {
    expect(occupiedText([step("occupied")]).join("\n")).toMatch(/not empty.*2 rows now, 10 in the dump.*--replace/s);
    const done = { volumes: [], projects: undefined, next: [] };
    expect(wholeText({ steps: [step("lost")] }, { ...done, next: ["npm run platform -- up"] })).toBe(
      "CVAT's PostgreSQL is as it was at 2026-12-01 00:47 UTC.\nNot all is back yet. Next:\n  npm run platform -- up",
    );
    expect(wholeText({ steps: [step("there"), none] }, done)).toBe("Nothing is to be brought back.");
  });
});
