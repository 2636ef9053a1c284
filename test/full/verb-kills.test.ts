import { readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { boxesOf, drawn, madeTask, objectsOf, startTestLab, zipOfBoxes, type TestLab } from "../fixtures/data/lab.ts";
import { sharedCache } from "../fixtures/data/shared-cache.ts";

/**
 * Verbs as processes that are killed, or asked to end, as an answer of CVAT or the store is on its way to them: what they have begun is done, and
 * nobody has heard of it. Then the same command once more. `dataset push` and `pull` have it in dataset-store.go.test.ts, `task create` in
 * data-task-create.test.ts.
 */

const cache = sharedCache();
let lab: TestLab;
let made: Awaited<ReturnType<typeof madeTask>>;

beforeEach(async () => {
  lab = await startTestLab({}, cache());
  made = await madeTask(lab);
});
afterEach(() => lab.end());

/** The first answer, or a later one, to a call of this kind. */
type Moment = [call: RegExp, nth?: number];

interface Killed {
  verb: string[];
  /** Makes ready what it works on. Default: the task as it is. */
  before?: () => Promise<void>;
  moments: [Moment, Moment, Moment, Moment, Moment];
  /** What is said at a stop, whenever it comes. */
  says: RegExp;
  /** What must be so in the end. */
  end: () => Promise<void>;
  /** Of the second run. Default: 0 alone. */
  exitCodes?: number[];
}

const OLD = [1, 2, 3, 4];
const oldBox = () => drawn(lab, made.task, [{ frame: 1, label_id: made.bus, points: OLD }]);
const found = () => Array.from({ length: 4 }, (_, frame) => ({ frame, label_id: made.car, points: [1, 1, 9, 9] }));
const objects = (prefix: string) => objectsOf(lab, prefix);
const sorted = async () => (await boxesOf(lab, made.task)).sort((one, other) => one.frame - other.frame);

const VERBS: Record<string, Killed> = {
  "annotations export": {
    verb: ["annotations", "export", "street", "--format", "COCO 1.0", "--to", "exports/"],
    before: oldBox,
    moments: [
      [/CVAT PATCH tasks/],
      [/store PUT cvat\/begun/],
      [/CVAT POST tasks\/\d+\/dataset\/export/],
      [/CVAT GET requests/],
      [/store HEAD cvat\/exports/, 2],
    ],
    says: /Nothing was exported|The export is there: s3:\/\/cvat\/exports|CVAT carries on with it: it will be s3:|done by then/,
    end: () => {
      expect(objects("exports/")).toHaveLength(1);
      return Promise.resolve();
    },
  },
  "annotations import": {
    verb: ["annotations", "import", "street", "labels.zip", "--replace"],
    before: async () => {
      await oldBox();
      await zipOfBoxes(lab);
    },
    moments: [
      [/CVAT POST tasks\/\d+\/dataset\/export/],
      [/store PUT cvat\/temporary/, 2],
      [/CVAT POST tasks\/\d+\/annotations/],
      [/CVAT GET requests.*import/],
      [/store POST cvat\/\?delete/],
    ],
    says: /Nothing was imported|Task street had 1 shape and now has 1 shape|CVAT has begun with the import|done by then/,
    end: async () => {
      expect(await boxesOf(lab, made.task)).toEqual([{ frame: 0, label_id: made.car, points: [24, 12, 40, 36] }]);
    },
  },
  "task annotate": {
    verb: ["task", "annotate", "street", "--function", "det"],
    before: oldBox,
    moments: [
      [/CVAT GET lambda\/functions/],
      [/store PUT cvat\/begun/],
      [/CVAT POST lambda\/requests/],
      [/CVAT GET lambda\/requests/, 2],
      [/CVAT GET tasks\/\d+\/annotations/, 2],
    ],
    says: /Nothing was begun|Cancelled at \d+ % of the frames: task street had 1 shape|Finished: task street had 1 shape and now has 5|done by then/,
    end: async () => {
      expect(await sorted()).toEqual([
        ...found().slice(0, 1),
        { frame: 1, label_id: made.bus, points: OLD },
        ...found().slice(1),
      ]);
    },
  },
  "task annotate --replace": {
    verb: ["task", "annotate", "street", "--function", "det", "--replace"],
    before: oldBox,
    moments: [
      [/CVAT POST tasks\/\d+\/dataset\/export/],
      [/store HEAD cvat\/replaced/],
      [/CVAT POST lambda\/requests/],
      [/CVAT GET lambda\/requests/, 2],
      [/CVAT GET tasks\/\d+\/annotations/, 2],
    ],
    says: /Nothing was begun|has what it had before again, 1 shape; what the run had found is gone|Finished: task street had 1 shape and now has 4/,
    end: async () => {
      expect(await sorted()).toEqual(found());
      const [kept = "", ...others] = objects("replaced/");
      expect(others).toEqual([]);
      // What the task had is in it.
      const verb = ["annotations", "import", "street", `s3://cvat/${kept}`, "--format", "CVAT 1.1", "--replace"];
      expect(await lab.start(...verb)).toMatchObject({ exitCode: 0 });
      expect(await boxesOf(lab, made.task)).toEqual([{ frame: 1, label_id: made.bus, points: OLD }]);
    },
  },
  "dataset manifest": {
    verb: ["dataset", "manifest", "street", "--no-storage"],
    moments: [
      [/store GET datasets\/\?list-type/],
      [/store GET datasets\/street\/002/],
      [/store GET datasets\/\?uploads/],
      [/store PUT datasets\/street\/manifest/],
      [/store HEAD datasets\/street\/manifest/],
    ],
    says: /No manifest was written|street\/manifest\.jsonl is written|done by then/,
    end: async () => {
      expect(lab.store.objects.get("street/manifest.jsonl")?.toString().trim().split("\n")).toHaveLength(6);
      expect(objects("street/")).toHaveLength(5);
      expect(lab.store.uploads.size).toBe(0);
      expect(await readdir(path.join(cache(), "manifests"))).toEqual([]);
    },
  },
  "project apply": {
    verb: ["project", "apply", "yard.yaml"],
    before: async () => {
      const labels = [{ name: "car", color: "#33ddff", type: "rectangle" }, { name: "bus" }];
      await writeFile(path.join(lab.folder, "yard.yaml"), stringify({ name: "yard", labels }));
    },
    moments: [
      [/CVAT POST auth\/login/],
      [/CVAT GET projects/],
      [/CVAT GET cloudstorages/],
      [/CVAT POST projects/],
      [/CVAT GET projects/, 3],
    ],
    says: /Nothing was changed|Project yard is as wanted|done by then/,
    end: async () => {
      const yards = (await lab.list<{ name: string; id: number }>("projects")).filter(({ name }) => name === "yard");
      expect(yards).toHaveLength(1);
      expect(await lab.list(`labels?project_id=${yards[0]?.id ?? 0}`)).toHaveLength(2);
    },
  },
  "task delete": {
    verb: ["task", "delete", "street", "--yes", "street", "--force"],
    before: oldBox,
    moments: [
      [/CVAT GET jobs$/],
      [/CVAT GET jobs\/\d+\/annotations/],
      [/store HEAD datasets\/street/],
      [/CVAT GET requests/],
      [/CVAT DELETE tasks/],
    ],
    says: /Nothing was deleted|Task street is deleted|done by then/,
    end: async () => {
      expect(await lab.list("tasks")).toEqual([]);
      expect(objects("street/")).toHaveLength(4);
    },
    exitCodes: [0, 2],
  },
  "task assign": {
    verb: ["task", "assign", "street", "--to", "anna,ben", "--kind", "task"],
    moments: [
      [/CVAT GET memberships/],
      [/CVAT GET jobs/],
      [/CVAT PATCH jobs\/\d+/],
      [/CVAT PATCH jobs\/\d+/, 2],
      [/CVAT PATCH jobs\/\d+/, 3],
    ],
    before: async () => {
      await lab.ask(`DELETE tasks/${made.task}`);
      made = await madeTask(lab, { name: "lane", pictures: 6 });
      await lab.ask(`PATCH tasks/${made.task}`, { name: "street" });
    },
    says: /Nothing was changed|All jobs are dealt out|[12] of 3 jobs are still to be told: run this again|done by then/,
    end: async () => {
      const jobs = await lab.list<{ id: number; assignee: { username: string } | null }>(`jobs?task_id=${made.task}`);
      const names = jobs.sort((one, other) => one.id - other.id).map(({ assignee }) => assignee?.username);
      expect(names).toEqual(["anna", "ben", "anna"]);
    },
  },
};

/** Runs a verb, and strikes as the moment's answer has come from the server and not yet to the verb. */
async function struck({ verb }: Killed, [call, nth = 1]: Moment, signal: "SIGKILL" | "SIGINT") {
  let count = 0;
  let wasStruck = false;
  const run = lab.start(...verb);
  const answered = (name: string) => {
    if (wasStruck || !call.test(name) || ++count < nth) return undefined;
    wasStruck = true;
    run.kill(signal);
    return signal === "SIGKILL" ? "silence" : "late";
  };
  Object.assign(lab.gates.cvat, { answered });
  Object.assign(lab.gates.store, { answered });
  const end = await run;
  for (const gate of Object.values(lab.gates)) gate.answered = () => undefined;
  expect([wasStruck, end.stderr]).toEqual([true, end.stderr]);
  return end;
}

/** What nobody may leave behind. */
async function leftOver(): Promise<string[]> {
  const requests = await lab.list<{ id: string; status: string }>("requests");
  const runs = await lab.ask<{ id: string; status: string }[]>("GET lambda/requests");
  const isOn = ({ status }: { status: string }) => status === "queued" || status === "started";
  return [...objects("temporary/"), ...objects("begun/"), ...[...requests, ...runs].filter(isOn).map(({ id }) => id)];
}

const nameOf = ([call, nth = 1]: Moment) => `${call.source.replaceAll("\\", "")}${nth > 1 ? `, the ${nth}.` : ""}`;

describe.each(Object.entries(VERBS))("%s", (_, killed) => {
  beforeEach(async () => killed.before?.());

  it.each(killed.moments.map((moment) => [nameOf(moment), moment] as const))("killed at %s", async (_name, moment) => {
    expect(await struck(killed, moment, "SIGKILL")).toMatchObject({ signal: "SIGKILL" });
    const { exitCode, stderr } = await lab.start(...killed.verb);
    expect([killed.exitCodes ?? [0], exitCode ?? -1, stderr]).toEqual([
      expect.arrayContaining([exitCode ?? -1]),
      exitCode ?? -1,
      stderr,
    ]);
    expect(await leftOver()).toEqual([]);
    await killed.end();
  });

  it.each(killed.moments.map((moment) => [nameOf(moment), moment] as const))("stopped at %s", async (_name, moment) => {
    const { exitCode, stderr } = await struck(killed, moment, "SIGINT");
    expect([exitCode, stderr]).toEqual([130, expect.stringMatching(killed.says)]);
    expect(await leftOver()).toEqual([]);
  });
});
