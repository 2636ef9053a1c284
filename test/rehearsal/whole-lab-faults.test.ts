import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { KubernetesObject } from "@kubernetes/client-node";
import { Client } from "minio";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { processesOf } from "../../automation/runs/belonging.ts";
import { kill, programOf, startOf } from "../../automation/processes.ts";
import { readJson, serviceFolder } from "../../automation/rehearsal/services/service.ts";
import { CvatClient } from "../../components/cvat/client/client.ts";
import type { CloudStorage, Membership, Organization } from "../../components/cvat/client/types.ts";
import { generatedIn } from "./canaries.ts";
import { orderCvat } from "./cvat-orders.ts";
import { problemsOf } from "./failure.ts";
import { full } from "./full.ts";
import { startLab, type Lab } from "./harness.ts";

let lab: Lab;

beforeAll(async () => {
  lab = await startLab({}, { whole: true });
  await lab.prepare();
});
afterAll(() => lab.end());

const folderOf = (service: string) => serviceFolder(lab.home.folder, service);
const failure = async (verb: "up" | "preview") => (await problemsOf(lab.run(verb))).join("\n");
const changes = async () => (await lab.run("up")).changes.map(({ operation, name }) => `${operation} ${name}`).sort();

async function cvatUrl(): Promise<string> {
  const ready = await readJson<{ port: number }>(path.join(folderOf("cvat"), "ready.json"));
  return `http://127.0.0.1:${ready?.port}`;
}

async function cvat(): Promise<CvatClient> {
  // Outputs are there after a whole up only.
  const passwords = await generatedIn(lab.rehearsal().stack);
  const password = passwords.find(({ name }) => name.endsWith("cvat-password-admin"))?.text ?? "";
  return new CvatClient({ endpoint: await cvatUrl(), username: "admin", password });
}

describe("a first up that meets one fault after the other", () => {
  it("a node without room: which one, and why", async () => {
    const full = path.join(folderOf("node-gpu-node"), "full");
    await writeFile(full, "");
    expect(await failure("up")).toMatch(/Node `gpu-node` did not take .*No space left on device/s);
    await rm(full);
  });

  it("CVAT fails between two records: which call, and what it answered", async () => {
    await orderCvat(await cvatUrl(), { faults: [{ call: "POST invitations", kind: "500", times: 9 }] });
    expect(await failure("up")).toMatch(/CVAT answers 500 to POST \/api\/invitations/);
  });

  it("is killed after CVAT has made a record and before the state knows", async () => {
    await orderCvat(await cvatUrl(), { faults: [{ call: "POST invitations", kind: "hang-after" }] });
    const members = async () => {
      const all = await (await cvat()).list<Membership>("memberships", { organization: "lab" });
      return all.map(({ user }) => user.username).sort();
    };
    expect(await members()).toEqual(["admin"]);
    const run = lab.run("up").catch((error: unknown) => error);
    await expect.poll(members, { timeout: 120_000, interval: 200 }).toEqual(["admin", "annotator"]);
    for (const found of processesOf(lab.home.folder)) if (programOf(found).startsWith("pulumi")) kill(found.pid);
    await run;
    await orderCvat(await cvatUrl(), {});
  });

  it("goes through once nothing is in its way, and nothing is there twice", async () => {
    // The killed run's lock is taken away.
    await lab.prepare();
    await lab.up();
    const client = await cvat();
    const organizations = await client.list<Organization>("organizations");
    expect(organizations.map(({ slug }) => slug)).toEqual(["lab"]);
    const members = await client.list<Membership>("memberships", { organization: "lab" });
    expect(members.map(({ user }) => user.username).sort()).toEqual(["admin", "annotator"]);
    const storages = await client.list<CloudStorage>("cloudstorages");
    expect(storages.map(({ display_name }) => display_name).sort()).toEqual(["cvat", "datasets"]);
    const functions = await lab.list("nuclio.io/v1beta1", "NuclioFunction", "cvat");
    expect(functions.map(({ metadata }) => metadata?.name).sort()).toEqual(["sam", "yolo11x"]);
    expect(await changes()).toEqual([]);
  });
});

describe("MinIO is down", () => {
  it("a preview says so, and goes on", async () => {
    const { pid } = (await readJson<{ pid: number }>(path.join(folderOf("minio"), "ready.json"))) ?? { pid: 0 };
    kill(pid);
    await expect.poll(() => startOf(pid), { timeout: 15_000 }).toBeUndefined();
    const { changes: planned, warnings } = await lab.run("preview");
    expect(planned).toEqual([]);
    expect(warnings.join("\n")).toMatch(/object store/);
  });

  it("an up is refused before it does anything, a refresh too", async () => {
    const before = await lab.rehearsal().stack.exportStack();
    for (const verb of ["up", "refresh"] as const) {
      expect((await problemsOf(lab.run(verb))).join("\n")).toMatch(/vision-platform:objectStore/);
    }
    const urns = ({ deployment }: { deployment: unknown }) =>
      (deployment as { resources: { urn: string }[] }).resources.map(({ urn }) => urn);
    expect(urns(await lab.rehearsal().stack.exportStack())).toEqual(urns(before));
  });

  it("nothing has changed when it is back", async () => {
    await lab.prepare();
    expect(await changes()).toEqual([]);
  });
});

describe("a key of the object store is rotated", () => {
  it("CVAT's: its user and its cloud storages change, and nothing else", async () => {
    await lab.configure({ objectStore: { keyRotations: { cvat: 1 } } });
    expect(await changes()).toEqual([
      "replace store-cvat-secret-key",
      "update cvat-storage-lab-cvat",
      "update cvat-storage-lab-datasets",
      "update store-cvat",
      "update store-derived-keys",
    ]);
    const client = await cvat();
    for (const { id } of await client.list<CloudStorage>("cloudstorages")) {
      expect(await client.get(`cloudstorages/${id}/status`)).toBe("AVAILABLE");
    }
    expect(await changes()).toEqual([]);
  });

  full("the functions': the Secret of each model has the key that the store has, there and back", async () => {
    const key = async () => {
      const name = "function-yolo11x-model";
      const { data = {} } = await lab.get<KubernetesObject & { data?: Record<string, string> }>(
        "v1",
        "Secret",
        name,
        "cvat",
      );
      const [accessKey, secretKey] = ["accessKey", "secretKey"].map((field) =>
        Buffer.from(data[field] ?? "", "base64").toString("utf8"),
      );
      const { port } = (await readJson<{ port: number }>(path.join(folderOf("minio"), "ready.json"))) ?? { port: 0 };
      const store = new Client({
        endPoint: "127.0.0.1",
        port,
        useSSL: false,
        accessKey,
        secretKey,
        region: "us-east-1",
      });
      // One that the store does not know is answered with 403.
      expect(await store.bucketExists("models")).toBe(true);
      return secretKey;
    };
    const changed = [
      "replace nuclio-yolo11x-model",
      "replace store-functions-secret-key",
      "update nuclio-yolo11x-restart",
      "update store-derived-keys",
      "update store-functions",
    ];
    const keys = [await key()];
    for (const functions of [1, 0]) {
      await lab.configure({ objectStore: { keyRotations: { functions } } });
      await lab.run("preview");
      expect(await changes()).toEqual(changed);
      keys.push(await key());
      expect(await changes()).toEqual([]);
    }
    expect(new Set(keys).size).toBe(3);
  });

  it("ClearML's: its user, the agent's Secret, and the agent starts again with it", async () => {
    await lab.configure({ objectStore: { keyRotations: { clearml: 1 } } });
    expect(await changes()).toEqual([
      "replace clearml-agent-credentials",
      "replace store-clearml-secret-key",
      "update clearml-agent:clearml-agent/clearml-agent",
      "update store-clearml",
      "update store-derived-keys",
    ]);
    expect(await changes()).toEqual([]);
  });
});
