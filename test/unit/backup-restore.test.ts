import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as age from "age-encryption";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DatabaseCluster } from "../../automation/backup/databases/cluster.ts";
import { restored, type RestoreOptions } from "../../automation/backup/databases/restore.ts";
import { silentProgress } from "../../automation/progress.ts";
import type { JsonPatch } from "../../components/kubernetes/field-manager.ts";
import type { ApiRequest, Send } from "../../components/kubernetes/api-server.ts";

const NAMESPACE_PATH = "/api/v1/namespaces/cvat";
const NAMESPACE = "/namespaces/cvat/";
const STAMP = "20261201T004700Z";

interface Stored {
  metadata: { name: string; annotations: Record<string, string>; resourceVersion: string; managedFields: object[] };
  spec: { replicas: number; template: { spec: { containers: { env: { name: string }[] }[] } } };
  status: { replicas: number; readyReplicas: number };
}

const APPLIED = { manager: "vision-platform", operation: "Apply" };

/** The API server of a namespace, whose pods come and go at once. */
class Namespace {
  readonly workloads = new Map<string, Stored>();
  readonly secrets = new Map<string, Record<string, string>>();
  /** What each Secret goes with. */
  readonly owners: string[] = [];
  /** Of the namespace itself. */
  annotations: Record<string, string> = {};
  /** How the Job ends that makes CVAT's users. */
  usersEnd = "Complete";
  /** What was made of that Job. */
  again: object[] = [];
  /** Whether its Jobs end by themselves. */
  jobsEnd = true;
  /** Those that a run before began, and that have not ended. */
  readonly begun: object[] = [];
  /** What was changed, in order. */
  readonly changes: string[] = [];
  /** What the scripts answer to a request. */
  answer: (request: Record<string, unknown>) => object = () => ({});
  #log = "";

  constructor() {
    for (const [name, replicas, variable] of [
      ["cvat-backend-server", 2, "CVAT_POSTGRES_HOST"],
      ["cvat-backend-worker-import", 1, "CVAT_POSTGRES_HOST"],
      ["cvat-frontend", 1, "OTHER"],
    ] as const)
      this.workloads.set(name, {
        metadata: { name, annotations: {}, resourceVersion: "1", managedFields: [APPLIED] },
        spec: { replicas, template: { spec: { containers: [{ env: [{ name: variable }] }] } } },
        status: { replicas, readyReplicas: replicas },
      });
  }

  readonly replicas = () =>
    Object.fromEntries([...this.workloads].map(([name, { spec }]) => [name.replace("cvat-", ""), spec.replicas]));

  readonly send: Send = (request) => {
    const found = this.#answer(request);
    return Promise.resolve(
      found === undefined
        ? { status: Array.isArray(request.body) ? 422 : 404, text: "{}" }
        : { status: 200, text: typeof found === "string" ? found : JSON.stringify(found) },
    );
  };

  #answer({ method, path: whole, body }: ApiRequest): object | string | undefined {
    const [, of = ""] = whole.split(NAMESPACE);
    const [plural = "", name = ""] = of.split(/[/?]/);
    if (whole === NAMESPACE_PATH && method === "PATCH") {
      this.annotations = (body as { metadata: { annotations: Record<string, string> } }).metadata.annotations;
      this.changes.push("noted");
    }
    if (whole === NAMESPACE_PATH) return { metadata: { annotations: this.annotations } };
    if (method === "PATCH" && plural === "secrets") {
      const { metadata } = body as { metadata: { ownerReferences: { kind: string; name: string; uid: string }[] } };
      this.owners.push(...metadata.ownerReferences.map((one) => `${one.kind} ${one.uid}`));
      return {};
    }
    if (method === "PATCH")
      return Array.isArray(body) ? this.#patchRead(name, body as JsonPatch) : this.#patch(name, body as Stored);
    if (method === "DELETE" && plural === "jobs") {
      this.changes.push("removed");
      return {};
    }
    if (method === "DELETE") return this.secrets.delete(name) ? {} : undefined;
    if (method === "POST" && plural === "secrets") {
      const secret = body as { metadata: { name: string }; stringData: Record<string, string> };
      this.secrets.set(secret.metadata.name, secret.stringData);
      return secret;
    }
    if (method === "POST" && JSON.stringify(body).includes("cvat-users")) {
      this.again.push(body as object);
      this.changes.push("users");
      return body as object;
    }
    if (method === "POST") return this.#begin(body as { spec: { template: { spec: { containers: Container[] } } } });
    if (plural === "deployments" && name !== "") return this.workloads.get(name);
    if (plural === "deployments") return { items: [...this.workloads.values()] };
    if (plural === "statefulsets") return { items: [] };
    if (plural === "cronjobs") return cronJob(name);
    if (plural === "jobs" && name.startsWith("labelSelector=")) return { items: this.begun };
    if (plural === "jobs" && name === "cvat-users") return USERS_JOB;
    if (plural === "jobs" && name.startsWith("cvat-users"))
      return {
        metadata: { name },
        status: { conditions: [{ type: this.usersEnd, status: "True", reason: "Backoff" }] },
      };
    if (name === "of-before") this.begun.length = 0;
    if (plural === "jobs")
      return { status: { conditions: this.jobsEnd ? [{ type: "Complete", status: "True" }] : [] } };
    if (of.endsWith("/log?container=backup")) return this.#log;
    return { items: [{ metadata: { name: "pod" }, status: { phase: "Succeeded" } }] };
  }

  #patch(name: string, { metadata, spec }: Stored): object {
    const stored = this.workloads.get(name) ?? expect.fail(`no ${name}`);
    for (const [key, value] of Object.entries(metadata.annotations) as [string, string | null][])
      if (value === null) Reflect.deleteProperty(stored.metadata.annotations, key);
      else stored.metadata.annotations[key] = value;
    stored.spec.replicas = spec.replicas;
    stored.status = { replicas: spec.replicas, readyReplicas: spec.replicas };
    stored.metadata.managedFields.push({ manager: "vision-platform", operation: "Update" });
    this.changes.push(`${name} ${spec.replicas}`);
    return {};
  }

  /** As where somebody changes an object at the same moment, it refuses the first. */
  #patchRead(name: string, body: JsonPatch): object | undefined {
    const { metadata } = this.workloads.get(name) ?? expect.fail(`no ${name}`);
    const read = body.find(({ op }) => op === "test")?.value;
    if (metadata.resourceVersion === "1") metadata.resourceVersion = "2";
    if (read !== metadata.resourceVersion) return undefined;
    for (const { op, path: at } of body)
      if (op === "remove") metadata.managedFields.splice(Number(at.split("/").at(-1)), 1);
    return {};
  }

  /** Begins what a run that was killed has left at work. */
  leave(request: Record<string, unknown>): void {
    const { spec } = cronJob("").spec.jobTemplate;
    const env = [{ name: "BACKUP_REQUEST", value: JSON.stringify(request) }];
    const [container] = spec.template.spec.containers;
    const template = { spec: { containers: [{ ...container, env }] } };
    this.#begin({ spec: { template } });
    this.begun.push({ metadata: { name: "of-before" }, spec: { template }, status: {} });
    this.changes.length = 0;
  }

  #begin({ spec }: { spec: { template: { spec: { containers: Container[] } } } }): object {
    const [container] = spec.template.spec.containers;
    const request = JSON.parse(container?.env[0]?.value ?? "") as Record<string, unknown>;
    this.changes.push(Object.keys(request).join());
    this.#log = `{"say": "at work"}\n${JSON.stringify({ result: this.answer(request) })}\n`;
    return { metadata: { uid: "of-the-job" } };
  }
}

/** As the cluster has it, with what the Job's controller wrote into it. */
const USERS_JOB = {
  metadata: { name: "cvat-users", namespace: "cvat", uid: "first" },
  spec: {
    ...{ backoffLimit: 2, selector: { matchLabels: { "controller-uid": "first" } } },
    template: {
      metadata: {
        labels: { app: "cvat-users", "controller-uid": "first", "batch.kubernetes.io/job-name": "cvat-users" },
      },
      spec: { containers: [{ name: "users" }] },
    },
  },
};

interface Container {
  env: { name: string; value?: string }[];
}

const cronJob = (name: string) => ({
  metadata: { name, namespace: "cvat", uid: "1" },
  spec: {
    jobTemplate: { spec: { template: { spec: { containers: [{ env: [{ name: "BACKUP_REQUEST", value: "" }] }] } } } },
  },
});

const about = {
  stamp: STAMP,
  server: "15.2",
  counts: { engine_task: 10, engine_job: 20 },
  dump: { key: "k", bytes: 7 },
};
const now = {
  server: "15.2",
  counts: { engine_task: 12, engine_job: 20, of_a_newer_release: 1 },
  newer: { engine_task: { rows: 3, newest: "2026-12-01T09:00:00+00:00" } },
  others: [] as string[],
};
const well = (more: object) => ({ outcome: "well", backups: [{ ...about, ...more }] });

let folder: string;
let namespace: Namespace;
beforeAll(async () => (folder = await mkdtemp(path.join(tmpdir(), "vision-platform-restore-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  namespace = new Namespace();
  namespace.answer = (request) => well("look" in request ? { now } : { restored: about.counts });
});

const restore = (more: Partial<RestoreOptions> = {}, send = namespace.send) =>
  restored({
    engine: "postgresql",
    cluster: new DatabaseCluster(
      { engine: "postgresql", namespace: "cvat", usedBy: "CVAT_POSTGRES_HOST", after: ["cvat-users"] },
      { send, progress: silentProgress, signal: new AbortController().signal },
    ),
    progress: silentProgress,
    scaleDown: true,
    letGo: () => {
      namespace.changes.push("let go");
      return Promise.resolve();
    },
    dryRun: false,
    stands: () => undefined,
    ...more,
  });

const DOWN = ["cvat-backend-server 0", "cvat-backend-worker-import 0"];
const UP = ["cvat-backend-server 2", "cvat-backend-worker-import 1"];
const AS_IT_WAS = { "backend-server": 2, "backend-worker-import": 1, frontend: 1 };

describe("restoring a database", () => {
  it("scales down what uses it alone, restores, and scales up; and says what that takes away", async () => {
    const { losses, used, done } = await restore();
    expect(done).toBe(true);
    expect(namespace.changes).toEqual(["look", "let go", ...DOWN, "restore", "users", "noted", ...UP]);
    expect(namespace.annotations).toEqual({ "vision-platform/restored-postgresql": STAMP });
    expect(namespace.replicas()).toEqual(AS_IT_WAS);
    expect(JSON.stringify([...namespace.workloads.values()])).not.toContain("replicas-before-restore");
    expect(used).toEqual(["cvat-backend-server", "cvat-backend-worker-import"]);
    expect(losses).toEqual([
      "engine_task: 12 rows now, 10 in the dump; 3 changed since, the newest 2026-12-01T09:00:00+00:00",
      "of_a_newer_release: 1 rows, which the dump does not know",
    ]);
  });

  it("has the Job of the users done once more, and what uses the database stays down where that fails", async () => {
    await restore();
    expect(namespace.again).toMatchObject([
      {
        metadata: { name: expect.stringMatching(/^cvat-users-\w{8}$/) as string, ownerReferences: [{ uid: "first" }] },
        spec: { backoffLimit: 2, template: { metadata: { labels: { app: "cvat-users" } } } },
      },
    ]);
    expect(JSON.stringify(namespace.again)).not.toMatch(/controller-uid|job-name|selector/);
    namespace.changes.length = 0;
    namespace.usersEnd = "Failed";
    await expect(restore()).rejects.toThrow(
      /did not come to what the stack file says.*\nJob cvat-users.*\n.*stays scaled/,
    );
    expect(namespace.changes).toEqual(["look", "let go", ...DOWN, "restore", "users"]);
    namespace.usersEnd = "Complete";
    await restore();
    expect(namespace.replicas()).toEqual(AS_IT_WAS);
  });

  it("leaves the number of replicas to the next up, to which another owner of it would be a conflict", async () => {
    await restore();
    for (const { metadata } of namespace.workloads.values()) expect(metadata.managedFields).toEqual([APPLIED]);
  });

  it("leaves all down for who brings it up as another release, but where it failed", async () => {
    await restore({ staysDown: true });
    expect(namespace.changes).toEqual(["look", "let go", ...DOWN, "restore"]);
    expect(namespace.replicas()).toMatchObject({ "backend-server": 0, frontend: 1 });
    // What a run that was killed then has left.
    await restore();
    expect(namespace.replicas()).toEqual(AS_IT_WAS);
    namespace.answer = (request) =>
      "look" in request
        ? well({ now })
        : { outcome: "failed", failed: [{ what: "CVAT's PostgreSQL", why: "disk full" }] };
    await expect(restore({ staysDown: true })).rejects.toThrow("disk full");
    expect(namespace.replicas()).toEqual(AS_IT_WAS);
  });

  it("changes nothing in a dry run, and where it may not scale down", async () => {
    expect(await restore({ dryRun: true })).toMatchObject({
      done: false,
      used: ["cvat-backend-server", "cvat-backend-worker-import"],
    });
    await expect(restore({ scaleDown: false })).rejects.toThrow(
      /is in use, and nothing was changed:\n {2}Deployment cvat-backend-server/,
    );
    expect(namespace.changes).toEqual(["look", "look"]);
  });

  it("is refused by a session that nothing here would end", async () => {
    for (const one of namespace.workloads.values()) one.spec.replicas = one.status.replicas = 0;
    namespace.answer = () => well({ now: { ...now, others: ["cvat (psql) from 192.0.2.9: 1"] } });
    await expect(restore({ scaleDown: false })).rejects.toThrow("session of cvat (psql) from 192.0.2.9: 1");
  });

  it("scales up again where the restore failed, and tells why it did", async () => {
    namespace.answer = (request) =>
      "look" in request
        ? well({ now })
        : { outcome: "failed", failed: [{ what: "CVAT's PostgreSQL", why: "disk full" }] };
    await expect(restore()).rejects.toThrow("CVAT's PostgreSQL: disk full");
    expect(namespace.replicas()).toEqual(AS_IT_WAS);
  });

  /** The answer to requests of a kind is another once the restore was asked for. */
  const then =
    (method: string, status: number): Send =>
    async (request) => {
      const answer = await namespace.send(request);
      const isIt = request.method === method && request.path.includes("/jobs") && namespace.changes.includes("restore");
      return isIt ? { status, text: "{}" } : answer;
    };

  it("gives back what it took where not all of it could be taken", async () => {
    const send: Send = async (request) => {
      const isLast = request.method === "PATCH" && request.path.includes("import") && namespace.changes.length === 3;
      return isLast ? { status: 403, text: "{}" } : namespace.send(request);
    };
    await expect(restore({}, send)).rejects.toThrow("answers 403 to PATCH");
    expect(namespace.replicas()).toEqual(AS_IT_WAS);
  });

  it("ends a Job whose making had no answer, before what uses the database comes back", async () => {
    namespace.answer = (request) => {
      namespace.jobsEnd = "look" in request;
      return well({ now });
    };
    await expect(restore({}, then("POST", 500))).rejects.toThrow("answers 500 to POST");
    expect(namespace.changes).toEqual(["look", "let go", ...DOWN, "restore", "removed", ...UP]);
  });

  it("leaves down what uses the database where the Job may be at work, and says what to do", async () => {
    await expect(restore({}, then("GET", 403))).rejects.toThrow(/may be at work nevertheless.*\nRun the same again/);
    expect(namespace.changes).toEqual(["look", "let go", ...DOWN, "restore"]);
    await restore();
    expect(namespace.replicas()).toEqual(AS_IT_WAS);
  });

  it("touches nothing for a dump that is not well", async () => {
    namespace.answer = () => ({
      outcome: "failed",
      backups: [about],
      failed: [{ what: STAMP, why: "its sha256 is another" }],
    });
    await expect(restore()).rejects.toThrow(`${STAMP}: its sha256 is another`);
    expect(namespace.changes).toEqual(["look"]);
  });

  it("finishes what a run began that was killed, even where something came back meanwhile", async () => {
    for (const [name, replicas] of [["cvat-backend-server", 0] as const, ["cvat-backend-worker-import", 1] as const]) {
      const one = namespace.workloads.get(name) ?? expect.fail(name);
      one.metadata.annotations["vision-platform/replicas-before-restore"] = name.endsWith("server") ? "2" : "1";
      one.spec.replicas = one.status.replicas = one.status.readyReplicas = replicas;
    }
    const said: string[] = [];
    await restore({ progress: { ...silentProgress, line: (text) => said.push(text) } });
    expect(said[0]).toMatch(
      /^Deployment cvat-backend-server has 0 replicas since a restore that did not end, and had 2/,
    );
    expect(namespace.changes).toEqual([
      "look",
      "let go",
      "cvat-backend-worker-import 0",
      "restore",
      "users",
      "noted",
      ...UP,
    ]);
    expect(namespace.replicas()).toEqual(AS_IT_WAS);
  });

  it("follows the Job that a run before began and that is at work still, and gives back what that one took", async () => {
    for (const one of namespace.workloads.values()) {
      one.metadata.annotations["vision-platform/replicas-before-restore"] = String(one.spec.replicas);
      one.spec.replicas = one.status.replicas = one.status.readyReplicas = 0;
    }
    namespace.leave({ restore: STAMP });
    await expect(restore({ dryRun: true })).rejects.toThrow(
      `is being put back as it was at ${STAMP}, by Job of-before of a run before this one. Nothing was begun`,
    );
    await expect(restore({ stamp: "20261130T004700Z" })).rejects.toMatchObject({ exitCode: 2 });
    expect(namespace.changes).toEqual([]);
    expect(await restore({ scaleDown: false })).toMatchObject({
      ...{ done: true, followed: "of-before" },
      backup: { restored: about.counts },
    });
    expect(namespace.changes).toEqual(["let go", "users", "noted", ...UP]);
    expect(namespace.replicas()).toMatchObject({ "backend-server": 2, "backend-worker-import": 1 });
  });

  it("takes what a look found that a run before began, and makes none beside it", async () => {
    namespace.leave({ look: null });
    await restore();
    expect(namespace.changes).toEqual(["let go", ...DOWN, "restore", "users", "noted", ...UP]);
  });

  it("begins nothing beside a Job that was asked for something else", async () => {
    namespace.leave({ check: null });
    await expect(restore()).rejects.toThrow(/Something else was asked.*\nJob of-before may be at work/);
    expect(namespace.changes).toEqual([]);
  });

  it("gives the cluster the key of one file alone, for as long as the Job runs", async () => {
    const identity = await age.generateIdentity();
    const recipient = await age.identityToRecipient(identity);
    const encrypter = new age.Encrypter();
    encrypter.addRecipient(recipient);
    const file = Buffer.from(await encrypter.encrypt("a dump"));
    const header = file.subarray(0, file.indexOf("\n", file.indexOf("\n--- ") + 1) + 1);
    const given: string[] = [];
    namespace.answer = (request) => {
      if ("restore" in request) given.push(...[...namespace.secrets.values()].map(({ key = "" }) => key));
      return well({ now, recipient, header: header.toString("base64") });
    };
    const key = path.join(folder, "key");
    await writeFile(key, `# public key: ${recipient}\n${identity}\n`);
    await restore({ identity: key });
    expect(given.map((text) => Buffer.from(text, "base64").length)).toEqual([16]);
    expect(namespace.secrets.size).toBe(0);
    const refusing: Send = (request) =>
      request.method === "DELETE" && given.length > 1
        ? Promise.resolve({ status: 403, text: "{}" })
        : namespace.send(request);
    expect(await restore({ identity: key }, refusing)).toMatchObject({ done: true });
    namespace.owners.pop();
    // Where nobody is left to take it away.
    expect(namespace.owners).toEqual(["Job of-the-job"]);
    namespace.changes.length = 0;
    const other = path.join(folder, "other");
    const stranger = await age.generateIdentity();
    await writeFile(other, stranger);
    const refused = restore({ identity: other });
    await expect(refused).rejects.toThrow(/other has no key that opens the dump/);
    await expect(refused).rejects.not.toThrow(stranger);
    await expect(restore()).rejects.toThrow(/--identity/);
    expect(namespace.changes).toEqual(["look", "look"]);
  });
});
