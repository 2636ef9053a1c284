import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeConfig, type V1CronJob } from "@kubernetes/client-node";
import { afterEach, describe, expect, it } from "vitest";
import { Asked } from "../../automation/backup/asked.ts";
import { begin, cronJobAt, followed, type JobPlace } from "../../automation/backup/follow.ts";
import { jobFrom, type JobObject } from "../../automation/backup/job.ts";
import { listedBackups } from "../../automation/backup/kept/listing.ts";
import { standingsOf } from "../../automation/backup/runs.ts";
import { checkedText, restoredText } from "../../automation/backup/text-back.ts";
import { listText, resultsText, resultText, sizeText, statusLine, statusText } from "../../automation/backup/text.ts";
import { backupCommand } from "../../automation/commands/backup.ts";
import { cronJobs } from "../../components/backup/cron-jobs.ts";
import { watchedOf } from "../../components/backup/plan.ts";
import { longestGapHours } from "../../components/backup/schedule.ts";
import { backupWorkloads } from "../../components/backup/workloads.ts";
import { apiServer } from "../../components/kubernetes/api-server.ts";
import { policiesOf } from "../../components/network/policies.ts";
import { WAYS } from "../../components/network/ways.ts";
import { memoryBucket } from "../data/memory-bucket.ts";
import { planned } from "../fixtures/inputs/planned.ts";
import { exampleStack } from "../fixtures/inputs/whole-stack.ts";

const backup =
  planned({ ...exampleStack(), backup: { databases: { enabled: false }, volumes: { enabled: false } } }).backup ??
  expect.fail("no backups are planned");
const [row = expect.fail("there is no CronJob")] = cronJobs(backup, undefined);
const cronJob = {
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name: row.name, namespace: "cvat", uid: "an-uid" },
  spec: row.spec,
} as unknown as V1CronJob;

describe("the longest time between two of a schedule's times", () => {
  it.each([
    ["17 1 * * *", 24],
    ["0 */6 * * *", 6],
    ["30 1,13 * * *", 12],
    ["@weekly", 24 * 7],
    ["0 3 * * mon-fri", 24 * 3],
    ["0 0 1 * *", 24 * 31],
    // Either is enough where both are said.
    ["0 0 1 * sun", 24 * 7],
    ["0 0 29 2 *", 24 * (4 * 365 + 1)],
    ["*/5 * * * *", 5 / 60],
  ])("%s: %d hours", (schedule, hours) => {
    expect(longestGapHours(schedule)).toBe(hours);
  });

  it.each(["0 0 30 2 *", "60 1 * * *", "0 0 * * 7", "1 1 1 1", "a b c d e", "5-1 * * * *", "*/0 * * * *"])(
    "%s never comes",
    (schedule) => {
      expect(longestGapHours(schedule)).toBeUndefined();
    },
  );
});

describe("a Job that somebody asks for", () => {
  it("does what the CronJob's own template says, is known as made by hand, and goes with the CronJob", () => {
    const job = jobFrom(cronJob, "backup-projects-1a2b");
    expect(job.spec).toEqual(row.spec.jobTemplate.spec);
    expect(job.metadata).toMatchObject({
      namespace: "cvat",
      labels: { "vision-platform/backup": "projects" },
      annotations: { "cronjob.kubernetes.io/instantiate": "manual" },
      ownerReferences: [{ kind: "CronJob", name: "backup-projects", uid: "an-uid", controller: true }],
    });
  });

  it("is asked for one project by a variable, and the CronJob for none", () => {
    const before = structuredClone(cronJob);
    const variable = (job: JobObject) =>
      job.spec?.template.spec?.containers[0]?.env?.find(({ name }) => name === "BACKUP_REQUEST")?.value;
    expect(variable(jobFrom(cronJob, "one", { project: 'a "b"' }))).toBe('{"project":"a \\"b\\""}');
    expect(variable(jobFrom(cronJob, "all"))).toBe("");
    expect(cronJob).toEqual(before);
  });

  it("does another command than the schedule's when told to, in a pod that the same ways are open to", () => {
    const job = jobFrom(cronJob, "one", { project: "a" }, "restore");
    const [container] = job.spec?.template.spec?.containers ?? [];
    expect(container?.command).toEqual([
      "python3",
      "/etc/vision-platform/backup/backup.py",
      "restore",
      "/etc/vision-platform/backup-settings/settings.json",
    ]);
    const [workload] = backupWorkloads(backup);
    expect(job.spec?.template.metadata?.labels).toMatchObject(workload?.labels ?? expect.fail("there is none"));
  });

  it("reaches CVAT's server, the store and who is told, and nobody reaches it", () => {
    const ports = [{ name: "http", port: 8080 }];
    const server = { namespace: "cvat", name: "cvat-backend-server", labels: { component: "server" }, ports };
    const address = (cidr: string) => [{ peers: [{ ipBlock: { cidr } }], ports: "any" as const }];
    const outside = { from: {}, to: { store: address("192.0.2.30/32"), notified: address("0.0.0.0/0") } };
    const all = [...backupWorkloads(backup), server];
    const policies = policiesOf(WAYS, all, outside, { internet: [] });
    expect(policies.map(({ name }) => name)).toEqual([
      "backup-projects-ways",
      "backup-drill-ways",
      "cvat-backend-server-ways",
    ]);
    for (const { spec } of policies.slice(0, 2)) {
      expect(spec.ingress).toEqual([]);
      const opened = JSON.stringify(spec.egress);
      for (const end of ['"component":"server"', '"port":8080', "192.0.2.30/32", "0.0.0.0/0"])
        expect(opened).toContain(end);
    }
    expect(JSON.stringify(policies[2]?.spec.ingress)).toContain('"vision-platform/backup":"drill"');
  });

  it("has one pod at a time, which nobody lets near the cluster's API", () => {
    const { spec } = row;
    expect(spec).toMatchObject({ concurrencyPolicy: "Forbid", schedule: "17 1 * * *", timeZone: "Etc/UTC" });
    const pod = spec.jobTemplate.spec.template.spec;
    expect(pod).toMatchObject({ automountServiceAccountToken: false, restartPolicy: "Never" });
    expect(pod.containers[0]?.command).toEqual([
      "python3",
      "/etc/vision-platform/backup/backup.py",
      "projects",
      "/etc/vision-platform/backup-settings/settings.json",
    ]);
  });
});

describe("the flags of `backup restore`", () => {
  it.each([
    ["--database", "postgresql", "--project", "Roads"],
    ["--database", "mongodb", "--all"],
    ["--project", "Roads", "--identity", "lab.key"],
    ["--all", "--scale-down"],
  ])("are of a database or of projects: %s %s %s", async (...args) => {
    const restore = backupCommand().commands.find((one) => one.name() === "restore") ?? expect.fail("no restore");
    restore.exitOverride().configureOutput({ writeErr: () => undefined });
    await expect(restore.parseAsync(args, { from: "user" })).rejects.toThrow("cannot be used with option");
  });
});

describe("following a Job", () => {
  let server: Server;
  afterEach(() => server.close());

  /** As much of an API server as a Job needs: its pod runs at the second look, and then has ended. */
  async function serverWith({
    log,
    phase = "Succeeded",
    known = true,
    removed = false,
    refuses = 0,
  }: {
    log: string;
    phase?: string;
    known?: boolean;
    /** Whether somebody takes the Job away while it is at work, as its deadline does with its pods. */
    removed?: boolean;
    /** How many questions it does not answer after the first look. */
    refuses?: number;
  }) {
    const asked: { method: string; path: string; body: string }[] = [];
    let looks = 0;
    const conditions = [{ type: phase === "Failed" ? "Failed" : "Complete", status: "True", reason: "Backoff" }];
    const pod = (now: string) => ({
      metadata: { name: "a-pod", namespace: "cvat" },
      spec: { containers: [{ name: "backup" }] },
      status: {
        phase: now,
        ...(now === "Failed" && {
          containerStatuses: [{ name: "backup", state: { terminated: { exitCode: 1, message: "said at its end" } } }],
        }),
      },
    });
    server = createServer((request, response) => {
      const [path = ""] = (request.url ?? "").split("?");
      let body = "";
      request.on("data", (piece: Buffer) => (body += piece.toString()));
      request.on("end", () => {
        asked.push({ method: request.method ?? "", path, body });
        const answer = (status: number, value: unknown) =>
          response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
        if (path.endsWith("/log")) response.writeHead(200, { "Content-Type": "text/plain" }).end(log);
        else if (looks === 1 && refuses-- > 0) answer(503, { message: "not now" });
        else if (path.endsWith("/pods"))
          answer(200, {
            items: removed && looks > 1 ? [] : [pod(["Pending", "Running"][looks++] ?? phase)],
            metadata: {},
          });
        else if (path.endsWith("/jobs/a-job"))
          if (removed && looks > 1) answer(404, { message: "not found" });
          else answer(200, { metadata: { name: "a-job" }, status: { conditions: looks < 2 ? [] : conditions } });
        else if (path.includes("/cronjobs/"))
          if (known) answer(200, cronJob);
          else answer(404, { kind: "Status", code: 404, message: "not found" });
        else answer(201, JSON.parse(body || "{}"));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const config = new KubeConfig();
    const { port } = server.address() as AddressInfo;
    config.loadFromClusterAndUser(
      { name: "c", server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
      { name: "u" },
    );
    const at = { asked: new Asked(apiServer(config), { rights: "jobs" }), namespace: "cvat", name: "a-job" };
    return { at, asked };
  }

  const line = (value: object) => `${JSON.stringify(value)}\n`;
  const follow = (at: JobPlace, said: string[]) =>
    followed({
      ...{ ...at, signal: new AbortController().signal },
      say: (text) => said.push(text),
    });

  it("tells how far it is, and what came of it", async () => {
    const result = { outcome: "failed", backups: [], failed: [{ what: "project 1", why: "is full" }] };
    const log = `${line({ at: "x", say: "1 of 2" })}Traceback\n${line({ result })}`;
    const { at, asked } = await serverWith({ log, phase: "Failed" });
    await begin(at, jobFrom(await cronJobAt(at, "backup-projects"), "a-job"));
    const said: string[] = [];
    expect(await follow(at, said)).toEqual(result);
    expect(said).toEqual(["1 of 2", "Traceback"]);
    expect(asked.find(({ method }) => method === "POST")?.path).toBe("/apis/batch/v1/namespaces/cvat/jobs");
  });

  it("of a pod that ends without a result says what it said", async () => {
    const { at } = await serverWith({ log: "killed\n", phase: "Failed" });
    await expect(follow(at, [])).rejects.toThrow("said at its end");
  });

  it("goes on where the API server does not answer for a moment, and says nothing twice", async () => {
    const log = `${line({ say: "1 of 2" })}${line({ result: { outcome: "well" } })}`;
    const { at } = await serverWith({ log, refuses: 2 });
    const said: string[] = [];
    expect(await follow(at, said)).toEqual({ outcome: "well" });
    expect(said).toEqual(["1 of 2"]);
  });

  it("ends where somebody removes the Job", async () => {
    const { at } = await serverWith({ log: line({ say: "1 of 2" }), removed: true });
    await expect(follow(at, [])).rejects.toThrow("Job a-job was removed before it had a result.");
  });

  it("of a CronJob that is not there says what makes it", async () => {
    const { at } = await serverWith({ log: "", known: false });
    await expect(cronJobAt(at, "backup-projects")).rejects.toThrow(
      "There is no CronJob backup-projects in namespace cvat: npm run platform -- up",
    );
  });
});

describe("how it is with backups", () => {
  const watched = watchedOf(backup).filter(({ name }) => name === "projects");
  const NOW = Date.UTC(2026, 11, 2, 12);
  const summary = (more: object = {}) => ({
    ...{
      stamp: "20261202T011700Z",
      outcome: "well",
      backups: [{ what: "p" }],
      failed: [],
      leftOut: [],
      notCovered: [],
    },
    ...{ lastWell: "20261202T011700Z", ...more },
  });
  const standings = async (last?: object) => {
    const bucket = memoryBucket({});
    if (last) await bucket.put("projects/runs/last.json", Buffer.from(JSON.stringify(last)));
    return standingsOf(bucket, watched, NOW);
  };
  const problems = async (last?: object) => (await standings(last)).flatMap((one) => one.problems);

  it("is well where the last run was, and young enough", async () => {
    expect(await problems(summary())).toEqual([]);
    expect(statusLine(await standings(summary()))).toBe("Backups: projects 2026-12-02 01:17 UTC.");
  });

  it.each([
    ["never ran", undefined, ["projects: no run has ended so far."]],
    ["failed", summary({ outcome: "failed" }), ["has failures"]],
    ["was stopped", summary({ outcome: "incomplete" }), ["did not come to its end"]],
    [
      "is overdue",
      summary({ lastWell: "20261201T080000Z" }),
      ["projects: overdue, the last that was well began 2026-12-01 08:00"],
    ],
    ["was never well", summary({ outcome: "failed", lastWell: null }), ["has failures", "none was well so far"]],
  ])("tells of one that %s", async (_, last, texts) => {
    const found = await problems(last);
    expect(found).toHaveLength(texts.length);
    for (const [index, text] of texts.entries()) expect(found[index]).toContain(text);
    expect(statusLine(await standings(last))).toContain("backup status");
  });

  it("tells of a drill that never ran, and looks for its runs where a drill writes them", async () => {
    const bucket = memoryBucket({});
    await bucket.put("projects/runs/last.json", Buffer.from(JSON.stringify(summary())));
    const problems = async () => (await standingsOf(bucket, watchedOf(backup), NOW)).flatMap((one) => one.problems);
    expect(await problems()).toEqual(["drill: no run has ended so far. Begin one: npm run platform -- backup drill"]);
    await bucket.put("projects/drills/runs/last.json", Buffer.from(JSON.stringify(summary())));
    expect(await problems()).toEqual([]);
  });

  it("names what failed and what is not covered", async () => {
    const failed = [{ what: "project 3", why: "the bucket is full" }];
    const notCovered = [{ what: "projects outside organizations", why: "sandboxes is off" }];
    const leftOut = [{ what: "task 7 `film` of project 3", why: "it never got data" }];
    const text = statusText(await standings(summary({ outcome: "failed", failed, leftOut, notCovered })));
    expect(text).toContain("Left out:\n  task 7 `film` of project 3: it never got data");
    expect(text).toContain("project 3: the bucket is full");
    expect(text).toContain("projects outside organizations: sandboxes is off");
    expect(resultText({ outcome: "failed", failed, backups: [{ what: "a", bytes: 2048 }] })).toBe(
      "1 backup of 2.0 KiB.\nFailed:\n  project 3: the bucket is full",
    );
    expect(resultText({ outcome: "held", why: "another run" })).toBe("Nothing was done: another run");
  });

  it("says of several runs which came to what, a line each", () => {
    const runs = ["backup-postgresql-1", "backup-mongodb-2"].map((job) => ({
      ...{ job, outcome: "well" as const },
      backups: [{ what: "d", bytes: 5 }],
    }));
    expect(resultsText(runs)).toBe("backup-postgresql-1: 1 backup of 5 B.\nbackup-mongodb-2: 1 backup of 5 B.");
    expect(resultsText(runs.slice(1))).toBe("1 backup of 5 B.");
  });

  it("says so where none is on", () => {
    expect(statusLine([])).toBe("Backups: none is on, see vision-platform:backup.");
  });

  it("lists backups by the object that is written last, whatever the index has", async () => {
    const bucket = memoryBucket({});
    const put = (key: string, value: unknown) => bucket.put(key, Buffer.from(JSON.stringify(value)));
    const about = (stamp: string) => ({
      ...{ kind: "project", stamp, organization: "lab", project: { id: 3, name: "Roads" } },
      ...{ zip: { bytes: 3 * 1024 * 1024 }, counts: { tasks: 2, shapes: 0, frames: 63 } },
    });
    await put("projects/of/lab/3/20261201T011700Z/about.json", about("20261201T011700Z"));
    const leftOut = [
      { id: 7, name: "film", why: "its data failed" },
      { name: "pictures of the guide", why: "" },
    ];
    await put("projects/of/lab/3/20261202T011700Z/about.json", { ...about("20261202T011700Z"), leftOut });
    await put("projects/of/lab/3/20261203T011700Z/backup.zip", "of a run that was killed");
    await put("projects/index.json", { backups: { "projects/of/lab/3/20260101T011700Z/": about("20260101T011700Z") } });
    const found = await listedBackups(bucket, watched);
    expect(found.map(({ stamp }) => stamp)).toEqual(["20261202T011700Z", "20261201T011700Z"]);
    expect(listText(found)).toMatch(
      /2026-12-02 01:17 UTC +lab\/Roads \(3\) +without 1 task +3\.0 MiB +2 tasks, 63 frames/,
    );
    expect(sizeText(0)).toBe("0 B");
  });
});

describe("what came of looking at backups, and of putting them back", () => {
  const one = { what: "project 3 `Roads` of lab", bytes: 5 };

  it("names each that was put back, what of it is lost, and what failed", () => {
    const back = { ...one, project: { id: 9, name: "Roads (2026-12-01)" }, lost: ["owner: it was alice, and is bob"] };
    const failed = [{ what: "project 4 `Cars` of lab", why: "its zip is gone" }];
    expect(restoredText({ outcome: "failed", backups: [back], failed }, false)).toBe(
      [
        "1 backup restored.",
        "  project 3 `Roads` of lab: project 9 `Roads (2026-12-01)`",
        "    lost: owner: it was alice, and is bob",
        "Failed:",
        "  project 4 `Cars` of lab: its zip is gone",
      ].join("\n"),
    );
    expect(restoredText({ outcome: "well", backups: [one] }, true)).toContain("nothing was done");
    expect(restoredText({ outcome: "incomplete", backups: [] }, false)).toContain("ask for the same again");
  });

  it("says why nothing was done", () => {
    expect(checkedText({ outcome: "refused", why: "no such project" }, "opened")).toBe(
      "Nothing was done: no such project",
    );
    const notCovered = [{ what: "pictures of Roads", why: "the backup is lightweight" }];
    expect(checkedText({ outcome: "well", backups: [one, one], notCovered }, "opened")).toBe(
      "2 backups opened.\nNot covered:\n  pictures of Roads: the backup is lightweight",
    );
  });
});
