import type { V1CronJob } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { jobFrom } from "../../automation/backup/job.ts";
import { restoreJob } from "../../automation/backup/volumes/restore.ts";
import { checkedVolumeText, restoredVolumeText } from "../../automation/backup/volumes/text.ts";
import { listText } from "../../automation/backup/text.ts";
import { backupCommand } from "../../automation/commands/backup.ts";
import { cronJobs } from "../../components/backup/cron-jobs.ts";
import { watchedOf } from "../../components/backup/plan.ts";
import { settingsText } from "../../components/backup/settings.ts";
import { backupWorkloads } from "../../components/backup/workloads.ts";
import { planned } from "../fixtures/inputs/planned.ts";
import { exampleStack, type Sections } from "../fixtures/inputs/whole-stack.ts";

const lab = (volumes: object = {}, more: object = {}): Sections => ({
  ...exampleStack(),
  backup: { volumes },
  ...more,
});
const planOf = (sections: Sections) => planned(sections).backup ?? expect.fail("no backups are planned");
const withIn = (system: "cvat" | "clearml", more: object) => ({
  [system]: { ...(exampleStack()[system] as object), ...more },
});

/** The CronJobs of volumes, by name. */
const rowsOf = (sections: Sections) =>
  Object.fromEntries(
    cronJobs(planOf(sections), undefined)
      .filter(({ name }) => /cvat-data|clearml-files/.test(name))
      .map((row) => [row.name, row] as const),
  );

/** As much of its pod as is looked at here. */
interface Pod {
  affinity?: Record<string, object>;
  securityContext: Record<string, unknown>;
  containers: { env: object[]; volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[] }[];
  volumes: { persistentVolumeClaim?: { claimName: string; readOnly?: boolean } }[];
}
function podOf(sections: Sections, name: string) {
  const { template } = (rowsOf(sections)[name] ?? expect.fail(`there is no ${name}`)).spec.jobTemplate.spec;
  return { labels: template.metadata.labels as Record<string, string>, spec: template.spec as unknown as Pod };
}
const claimOf = ({ spec }: { spec: Pod }) => spec.volumes.flatMap((one) => one.persistentVolumeClaim ?? []);

describe("backups of volumes", () => {
  it("run where the claim is, which they cannot write into, and which the server may go on writing into", () => {
    const rows = rowsOf(lab());
    expect(Object.values(rows).map(({ name, namespace }) => [name, namespace])).toEqual([
      ["backup-cvat-data", "cvat"],
      ["backup-clearml-files", "clearml"],
    ]);
    expect(rows["backup-cvat-data"]?.spec).toMatchObject({ schedule: "17 3 * * *", concurrencyPolicy: "Forbid" });
    for (const [name, claim] of [
      ["backup-cvat-data", "cvat-backend-data"],
      ["backup-clearml-files", "clearml-fileserver-data"],
    ] as const) {
      const pod = podOf(lab(), name);
      // A claim that is read-only of itself would be attached so for all.
      expect(claimOf(pod)).toEqual([{ claimName: claim }]);
      const mounts = pod.spec.containers[0]?.volumeMounts.filter(({ mountPath }) => mountPath === "/volume");
      expect(mounts).toMatchObject([{ readOnly: true }]);
      // It would change the group of all that is in it.
      expect(pod.spec.securityContext).not.toHaveProperty("fsGroup");
      expect(pod.spec).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } });
    }
  });

  it("are made of what the lab has, and of nothing where they are off", () => {
    expect(Object.keys(rowsOf(lab({}, { clearml: { enabled: false } })))).toEqual(["backup-cvat-data"]);
    expect(Object.keys(rowsOf(lab({}, { cvat: { enabled: false }, functions: {} })))).toEqual(["backup-clearml-files"]);
    expect(rowsOf(lab({ enabled: false }))).toEqual({});
    expect(planOf(lab({ enabled: false })).parts).toEqual(["projects", "databases"]);
  });

  it("go to the node of a volume that is attached to one alone, and need no server there to begin", () => {
    const { spec, labels } = podOf(lab(), "backup-clearml-files");
    const terms = (spec.affinity?.["podAffinity"] as { requiredDuringSchedulingIgnoredDuringExecution: Term[] })
      .requiredDuringSchedulingIgnoredDuringExecution;
    expect(terms).toHaveLength(1);
    const { labelSelector, topologyKey } = terms[0] ?? expect.fail("no term");
    const { key, operator, values } = labelSelector.matchExpressions[0] ?? expect.fail("no expression");
    expect([topologyKey, operator]).toEqual(["kubernetes.io/hostname", "In"]);
    // The pods that use it, as ClearML's chart labels them (facts/inventory/clearml-7.14.4.json), and its own.
    expect(values).toContain("clearml-fileserver");
    expect(values).toContain(labels[key]);
    // Or the file server's Service would lead to it.
    expect(labels[key]).not.toBe("clearml-fileserver");
    const anywhere = withIn("clearml", {
      values: { fileserver: { storage: { data: { accessMode: "ReadWriteMany" } } } },
    });
    expect(podOf(lab({}, anywhere), "backup-clearml-files").spec).not.toHaveProperty("affinity");
    expect(podOf(lab(), "backup-cvat-data").spec).not.toHaveProperty("affinity");
    const one = withIn("cvat", { data: { accessMode: "ReadWriteOnce", node: "node-2" } });
    expect(JSON.stringify(podOf(lab({}, one), "backup-cvat-data").spec.affinity)).toContain('"values":["node-2"]');
  });

  it("are of the claim that a stack names itself", () => {
    const own = withIn("clearml", { values: { fileserver: { storage: { data: { existingPVC: "of-old" } } } } });
    expect(claimOf(podOf(lab({}, own), "backup-clearml-files"))).toEqual([{ claimName: "of-old" }]);
    const store = { endpoint: "http://192.0.2.30:9000", region: "eu", bucket: "b", accessKey: "a", secretKey: "s" };
    const told = JSON.parse(settingsText(planOf(lab({}, own)), { store })) as { claims: Record<string, object> };
    expect(told.claims["clearml-files"]).toMatchObject({ claim: "clearml.of-old", leavesOut: ["lost+found"] });
    expect(told.claims["cvat-data"]).toMatchObject({ claim: "cvat.cvat-backend-data" });
  });

  it("are watched each by itself, and their ways are opened", () => {
    const watched = watchedOf(planOf(lab({ to: "lab/volumes/" }))).filter(({ name }) => name.includes("-"));
    expect(watched).toMatchObject([
      { name: "cvat-data", place: "lab/volumes/cvat-data/", lateAfterHours: 27, verb: "create volumes" },
      { name: "clearml-files", place: "lab/volumes/clearml-files/" },
    ]);
    const labels = backupWorkloads(planOf(lab())).map((one) => one.labels);
    expect(labels).toContainEqual({ "vision-platform/backup": "cvat-data" });
  });
});

interface Term {
  labelSelector: { matchExpressions: { key: string; operator: string; values: string[] }[] };
  topologyKey: string;
}

it("a volume is listed by its name, its size and its files", () => {
  const one = { place: "volumes/cvat-data/of/cvat.cvat-backend-data/20261201T031700Z/", stamp: "20261201T031700Z" };
  const counts = { files: 3, folders: 2, links: 0 };
  const text = listText([{ ...one, kind: "volume", volume: "cvat-data", bytes: 2048, counts }]);
  expect(text).toMatch(/2026-12-01 03:17 UTC +cvat-data +2\.0 KiB +3 files, 2 folders/);
});

describe("writing a volume back", () => {
  function jobOf(asked: Parameters<typeof restoreJob>[1]) {
    const plan = planOf(lab());
    const { cronJob, namespace, request, change } = restoreJob(plan, asked);
    const row = rowsOf(lab())[cronJob] ?? expect.fail(`there is no ${cronJob}`);
    const made = { metadata: { name: cronJob, namespace }, spec: row.spec } as unknown;
    const job = jobFrom(made as V1CronJob, "one", request);
    const spec = job.spec?.template.spec ?? expect.fail("no pod");
    change?.(spec);
    return { spec, request };
  }
  const mountsOf = ({ spec }: ReturnType<typeof jobOf>) =>
    spec.containers[0]?.volumeMounts?.map(({ mountPath, readOnly = false }) => [mountPath, readOnly]);

  it("alone may write into it, and into nothing else", () => {
    const job = jobOf({ volume: "clearml-files", backup: "20261201T031700Z" });
    expect(job.request).toMatchObject({ restore: "20261201T031700Z" });
    expect(mountsOf(job)).toEqual([
      ["/etc/vision-platform/backup", true],
      ["/etc/vision-platform/backup-settings", true],
      ["/tmp", false],
      ["/volume", false],
    ]);
    expect(job.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 });
    const before = podOf(lab(), "backup-clearml-files").spec;
    expect(before.securityContext).not.toHaveProperty("fsGroup");
  });

  it("changes nothing in a dry run, which could not", () => {
    const job = jobOf({ volume: "cvat-data", dryRun: true, overwrite: true });
    expect(job.request).toMatchObject({ look: null, overwrite: true });
    expect(mountsOf(job)).toContainEqual(["/volume", true]);
  });

  it("is refused for a volume that is not backed up", () => {
    const plan = planOf(lab({}, { clearml: { enabled: false } }));
    expect(() => restoreJob(plan, { volume: "clearml-files" })).toThrow(/does not back up clearml-files.*cvat-data/);
  });

  it("says what was written, what stays and why, and what is another user's", () => {
    const restored = {
      ...{ files: 3, bytes: 2048, folders: 1, links: 0, same: 7, replaced: 1, kept: 6 },
      ...{ keptNamed: ["a (newer)", "b (newer)"], ofOthers: 2 },
    };
    const told = {
      outcome: "failed" as const,
      backups: [{ what: "CVAT's data", stamp: "20261201T031700Z", restored }],
      failed: [{ what: "1 file or folder", why: "not written: c (Permission denied)" }],
    };
    expect(restoredVolumeText(told, false)).toMatchInlineSnapshot(`
      "CVAT's data of 2026-12-01 03:17 UTC: 3 files of 2.0 KiB written, 1 of them in an older one's place; 7 are there as they were. Made: 1 folder, 0 links.
      Left alone (--overwrite replaces them): a (newer), b (newer), and 4 more
      2 files were another user's, and are now of the Job's.
      Failed:
        1 file or folder: not written: c (Permission denied)"
    `);
    expect(restoredVolumeText(told, true)).toContain("Dry run: nothing was changed.");
    expect(restoredVolumeText({ outcome: "refused", why: "no room" }, false)).toBe("Nothing was done: no room");
    expect(checkedVolumeText(told, false)).not.toContain("is in the bucket");
  });

  it.each([
    ["restore", "--volume", "cvat-data", "--project", "Roads"],
    ["restore", "--volume", "cvat-data", "--scale-down"],
    ["restore", "--volume", "cvat-data", "--all"],
    ["restore", "--volume", "cvat"],
    ["restore", "--overwrite", "--project", "Roads"],
    ["verify", "--volume", "cvat-data", "--project", "Roads"],
  ])("refuses %s %s %s %s", async (...words) => {
    const command = backupCommand().exitOverride();
    const said: string[] = [];
    for (const one of command.commands) one.exitOverride().configureOutput({ writeErr: (text) => said.push(text) });
    await expect(command.parseAsync(words, { from: "user" })).rejects.toThrow();
    expect(said.join("")).toMatch(/cannot be used with|Allowed choices are cvat-data, clearml-files/);
  });
});
