import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { inProcess } from "../fixtures/data/in-process.ts";
import {
  boxesOf,
  drawn,
  madeTask,
  objectsOf,
  putPictures,
  startTestLab,
  zipOfBoxes,
  type TestLab,
} from "../fixtures/data/lab.ts";
import { sharedCache } from "../fixtures/data/shared-cache.ts";

/** Each verb that calls CVAT, by its command line, while the call that matters most goes wrong once. It goes through, and has done it once. */

const cache = sharedCache();
let lab: TestLab;
let made: Awaited<ReturnType<typeof madeTask>>;

beforeEach(async () => {
  lab = await startTestLab({}, cache());
  made = await madeTask(lab);
});
afterEach(() => lab.end());

interface Faulty {
  verb: string[];
  /** The call that goes wrong, as the stand-in's orders have it. */
  call: string;
  /** Whether CVAT does it in its own time, and its request may be forgotten or be under way before. */
  isRequest?: true;
  before?: () => Promise<unknown>;
  end: (stdout: string) => Promise<void> | void;
}

const at = (name: string) => path.join(lab.folder, name);
const oldBox = () => drawn(lab, made.task, [{ frame: 1, label_id: made.bus, points: [1, 2, 3, 4] }]);
const objects = (prefix: string) => objectsOf(lab, prefix);
const names = async (kind: string) => (await lab.list<{ name: string }>(kind)).map(({ name }) => name).sort();

const projectFile = (name: string, labels: object[]) => writeFile(at("project.yaml"), stringify({ name, labels }));

const VERBS: Record<string, Faulty> = {
  "annotations export --to": {
    verb: ["annotations", "export", "street", "--format", "COCO 1.0", "--to", "exports/"],
    call: "POST tasks/*/dataset/export",
    isRequest: true,
    before: oldBox,
    end: () => {
      expect(objects("exports/")).toHaveLength(1);
    },
  },
  "annotations export --output": {
    verb: ["annotations", "export", "streets", "--format", "COCO 1.0", "--output", "out.zip"],
    call: "POST projects/*/dataset/export",
    before: oldBox,
    end: async () => expect((await stat(at("out.zip"))).size).toBeGreaterThan(100),
  },
  "annotations import": {
    verb: ["annotations", "import", "street", "labels.zip"],
    call: "POST tasks/*/annotations",
    isRequest: true,
    before: () => zipOfBoxes(lab),
    end: async () => expect(await boxesOf(lab, made.task)).toHaveLength(1),
  },
  "annotations zip": {
    verb: ["annotations", "zip", "labels", "--task", "street", "--output", "made.zip"],
    call: "GET labels",
    before: async () => {
      const { mkdir } = await import("node:fs/promises");
      await mkdir(at("labels/street"), { recursive: true });
      await writeFile(at("labels/street/000.txt"), "0 0.5 0.5 0.25 0.5\n");
      await writeFile(at("labels/classes.txt"), "car\nbus\n");
    },
    end: async () =>
      expect((await readFile(at("made.zip"))).toString("latin1")).toContain("obj_train_data/street/000.txt"),
  },
  "task annotate": {
    verb: ["task", "annotate", "street", "--function", "det"],
    call: "POST lambda/requests",
    end: async () => expect(await boxesOf(lab, made.task)).toHaveLength(4),
  },
  "task create": {
    verb: ["task", "create", "yard", "--project", "streets", "--from", "yard/"],
    call: "POST tasks/*/data",
    isRequest: true,
    before: () => {
      putPictures(lab, ["yard/0.png", "yard/1.png"]);
      return Promise.resolve();
    },
    end: async () => expect(await names("tasks")).toEqual(["street", "yard"]),
  },
  "task assign": {
    verb: ["task", "assign", "street", "--to", "anna,ben", "--lead", "anna"],
    call: "PATCH jobs/*",
    end: async () => {
      const jobs = await lab.list<{ assignee: { username: string } | null }>("jobs");
      expect(jobs.map(({ assignee }) => assignee?.username).sort()).toEqual(["anna", "ben"]);
      expect(await lab.ask(`GET tasks/${made.task}`)).toMatchObject({ assignee: { username: "anna" } });
    },
  },
  "task delete": {
    verb: ["task", "delete", "street", "--yes", "street"],
    call: "DELETE tasks/*",
    end: async () => expect(await names("tasks")).toEqual([]),
  },
  "task ls": {
    verb: ["task", "ls", "--size"],
    call: "GET tasks",
    end: (stdout) => {
      expect(stdout).toContain("1 task, 4 frames");
    },
  },
  "task status": {
    verb: ["task", "status", "streets"],
    call: "GET jobs",
    end: (stdout) => {
      expect(stdout).toContain("streets: 1 tasks, 2 jobs, 4 frames");
    },
  },
  "project apply, a new one": {
    verb: ["project", "apply", "project.yaml"],
    call: "POST projects",
    before: () => projectFile("yards", [{ name: "car" }]),
    end: async () => expect(await names("projects")).toEqual(["streets", "yards"]),
  },
  "project apply, a change": {
    verb: ["project", "apply", "project.yaml"],
    call: "PATCH projects/*",
    before: () =>
      projectFile(
        "streets",
        ["car", "bus", "tram"].map((name) => ({ name })),
      ),
    end: async () => expect(await names(`labels?project_id=${made.project}`)).toEqual(["bus", "car", "tram"]),
  },
  "cvat token": {
    verb: ["cvat", "token", "--for", "anna", "--output", "anna.env"],
    call: "POST auth/access_tokens",
    end: async () => {
      expect(await readFile(at("anna.env"), "utf8")).toMatch(/^CVAT_ACCESS_TOKEN=\S+$/m);
      const { stdout } = await inProcess(lab, ["cvat", "token", "ls", "--for", "anna", "--json"]);
      expect((JSON.parse(stdout) as { tokens: object[] }).tokens).toHaveLength(1);
    },
  },
  "cvat token ls": {
    verb: ["cvat", "token", "ls", "--for", "anna"],
    call: "GET auth/access_tokens",
    end: (stdout) => {
      expect(stdout).toContain("anna has no token that works.");
    },
  },
};

/** Runs it, and once more where it said in a sentence that it could not: then it has it done, once. */
async function throughIt({ verb, end }: Faulty) {
  const words = verb.map((word) =>
    /^(labels|labels\.zip|project\.yaml|\w+\.(zip|env))$/.test(word) ? at(word) : word,
  );
  const first = await inProcess(lab, words);
  expect(first.stderr).not.toMatch(/\n {4}at |should not happen/);
  const last = first.exitCode === 0 ? first : await inProcess(lab, words);
  expect([last.exitCode, last.stderr]).toEqual([0, last.stderr]);
  await end(last.stdout);
  expect([...objects("temporary/"), ...objects("begun/")]).toEqual([]);
  return first;
}

const FAULTS = ["429", "500", "503", "drop-before", "drop-after"] as const;

describe.each(Object.entries(VERBS))("%s", (_, faulty) => {
  beforeEach(async () => {
    await faulty.before?.();
  });

  it.each(FAULTS)("by %s", async (kind) => {
    await lab.cvat.order({ faults: [{ call: faulty.call, kind }] });
    await throughIt(faulty);
  });
});

describe.each(Object.entries(VERBS).filter(([, { isRequest }]) => isRequest))("%s", (_, faulty) => {
  beforeEach(async () => {
    await faulty.before?.();
  });

  it("while its request is forgotten", async () => {
    let isForgotten = false;
    lab.gates.cvat.answered = (call) => {
      if (!isForgotten && call.startsWith("CVAT GET requests/")) {
        isForgotten = true;
        setTimeout(() => void lab.cvat.order({ expired: true }).catch(() => undefined), 250);
      }
      return undefined;
    };
    await throughIt(faulty);
    expect(isForgotten).toBe(true);
  });
});

describe("what CVAT is at already, by another command", () => {
  const begun = async (call: string, body?: Record<string, unknown>) => {
    await lab.cvat.order({ pace: { startedMs: 4_000 } });
    return lab.ask(`POST ${call}`, body ?? {});
  };

  it("is waited for by an export and an import, which then have their own done", async () => {
    await oldBox();
    await zipOfBoxes(lab);
    await begun(`tasks/${made.task}/dataset/export?format=COCO+1.0&save_images=false`);
    await throughIt(VERBS["annotations export --to"] as Faulty);
    lab.store.objects.set("theirs.zip", await readFile(at("labels.zip")));
    const storage = (await lab.list<{ id: number; resource: string }>("cloudstorages")).find(
      ({ resource }) => resource === "cvat",
    );
    const query = `format=YOLO+1.1&location=cloud_storage&cloud_storage_id=${storage?.id ?? 0}&filename=theirs.zip`;
    await lab.ask(`DELETE tasks/${made.task}/annotations`);
    await begun(`tasks/${made.task}/annotations?${query}`);
    await throughIt(VERBS["annotations import"] as Faulty);
  });

  it("is refused by a function over a task, and nothing is doubled", async () => {
    await begun("lambda/requests", { function: "det", task: made.task });
    const { exitCode, stderr } = await inProcess(lab, ["task", "annotate", "street", "--function", "det"]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("is on already, perhaps by somebody else")]);
    await expect.poll(() => boxesOf(lab, made.task), { timeout: 30_000 }).toHaveLength(4);
  });
});
