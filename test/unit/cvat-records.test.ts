import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Connection } from "../../components/cvat/client/connection.ts";
import { hashed } from "../../automation/rehearsal/services/cvat/auth.ts";
import { kind as organizationKind, type OrganizationInputs } from "../../components/cvat/records/organization.ts";
import { kind as membershipKind, type MembershipInputs } from "../../components/cvat/records/membership.ts";
import { kind as storageKind } from "../../components/cvat/records/cloud-storage.ts";
import type { CloudStorageInputs } from "../../components/cvat/records/cloud-storage-inputs.ts";
import { kind as webhookKind, type WebhookInputs } from "../../components/cvat/records/webhook.ts";
import { ADMIN, ALICE, startCvat, storageBody, STORE_ADDRESS, type TestCvat } from "../fixtures/cvat/stand-in.ts";
import { newRun, within } from "./run.ts";

const run = newRun();
const organization = within(run, organizationKind);
const membership = within(run, membershipKind);
/** In a run of its own for each test: a run takes one look at the storages there are. */
let storage: ReturnType<typeof storageOf>;
const storageOf = () => within(newRun(), storageKind);
const webhook = within(run, webhookKind);

let cvat: TestCvat;
let connection: Connection;
const { storages, webhooks, organizations, memberships } = {
  webhooks: () => cvat.store.state.webhooks,
  storages: () => cvat.store.state.storages,
  organizations: () => cvat.store.state.organizations,
  memberships: () => cvat.store.state.memberships,
};

beforeAll(async () => {
  cvat = await startCvat();
  connection = {
    endpoint: cvat.url,
    username: ADMIN.username,
    password: ADMIN.password,
    callMs: 500,
    patienceMs: 2000,
  };
});
afterAll(() => cvat.end());
beforeEach(async () => {
  storage = storageOf();
  await cvat.order({});
  Object.assign(cvat.store.state, {
    storages: [],
    webhooks: [],
    organizations: [],
    memberships: [],
    projects: [],
    tasks: [],
  });
  Object.assign(cvat.s3, { accessKey: "cvat-key", buckets: { datasets: ["manifest.jsonl"], cvat: [] } });
});

const lab = (changes: Partial<OrganizationInputs> = {}): OrganizationInputs => ({
  connection,
  slug: "lab",
  name: "The lab",
  description: "Where pictures are annotated",
  contact: { email: "lab@example.test" },
  ...changes,
});
const datasets = (changes: Partial<CloudStorageInputs> = {}): CloudStorageInputs => ({
  connection,
  name: "datasets",
  bucket: "datasets",
  endpoint: STORE_ADDRESS,
  region: "us-east-1",
  prefix: "",
  description: "",
  manifests: [],
  organization: "",
  accessKey: "cvat-key",
  secretKey: "cvat-secret",
  force: false,
  ...changes,
});
const alice = (changes: Partial<MembershipInputs> = {}): MembershipInputs => ({
  connection,
  organization: "lab",
  username: ALICE.username,
  role: "worker",
  ...changes,
});
const hook = (changes: Partial<WebhookInputs> = {}): WebhookInputs => ({
  connection,
  organization: "lab",
  name: "CI",
  url: "https://ci.example.com/hooks/cvat",
  events: ["update:job", "create:task"],
  secret: "hook-secret",
  verifyTls: true,
  active: true,
  ...changes,
});
const post = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
  (await cvat.call("POST", path, { body, headers })).body as { id: number };

describe("an organization", () => {
  it("is made, read, changed and removed", async () => {
    const { id, outs } = await organization.create(lab());
    expect(organizations()).toMatchObject([{ slug: "lab", name: "The lab", contact: { email: "lab@example.test" } }]);
    const token = await cvat.key();
    expect(outs).toEqual({ ...lab(), connection: { ...connection, token }, organizationId: Number(id) });
    expect(await organization.read(id, outs)).toEqual({ id, outs });
    await organization.update(id, outs, lab({ name: "Another" }));
    expect(organizations()).toMatchObject([{ name: "Another" }]);
    await organization.delete(id, outs);
    expect(organizations()).toEqual([]);
    await organization.delete(id, outs);
  });

  it("is taken over when its slug is there, and brought to what the stack has", async () => {
    const { id } = await post("organizations", { slug: "lab", name: "Old" });
    await post("organizations", { slug: "LAB" });
    expect((await organization.create(lab())).id).toBe(String(id));
    expect(organizations().map(({ name }) => name)).toEqual(["The lab", "LAB"]);
  });

  it("shows what was changed, and that it is gone", async () => {
    const { id, outs } = await organization.create(lab());
    await cvat.call("PATCH", `organizations/${id}`, { body: { description: "changed" } });
    const read = await organization.read(id, outs);
    expect(read?.outs.description).toBe("changed");
    expect((await organization.diff(read?.outs ?? outs, lab())).changed).not.toEqual([]);
    await cvat.call("DELETE", `organizations/${id}`);
    expect(await organization.read(id, outs)).toBeUndefined();
  });

  it("is not removed while something is in it", async () => {
    const { id, outs } = await organization.create(lab());
    await post("projects", { name: "Cats" }, { "X-Organization": "lab" });
    await post("projects", { name: "Elsewhere" });
    await expect(organization.delete(id, outs)).rejects.toThrow(
      /lab is not empty.*\n {2}project Cats \(number \d+\)\n/,
    );
    expect(organizations()).toHaveLength(1);
  });

  it("is refused with a slug that CVAT does not take", async () => {
    expect(await organization.check(lab({ slug: "much-too-long-a-slug" }), {})).toEqual([
      expect.stringContaining("cvat.organizations") as string,
    ]);
    expect(await organization.check(lab(), {})).toEqual([]);
  });

  it("changes with another account, and with nothing else", async () => {
    const outs = { ...lab(), organizationId: 1 };
    expect((await organization.diff(outs, lab())).changed).toEqual([]);
    expect((await organization.diff(outs, lab({ connection: { ...connection, patienceMs: 1 } }))).changed).toEqual([]);
    expect(
      (await organization.diff(outs, lab({ connection: { ...connection, password: "new" } }))).changed,
    ).not.toEqual([]);
  });
});

describe("a member", () => {
  beforeEach(() => organization.create(lab()));

  it("is invited, given a role, and taken out", async () => {
    const { id, outs } = await membership.create(alice());
    expect(memberships().map(({ role }) => role)).toEqual(["owner", "worker"]);
    await membership.update(id, outs, alice({ role: "maintainer" }));
    expect((await membership.read(id, outs))?.outs.role).toBe("maintainer");
    await membership.delete(id, outs);
    expect(await membership.read(id, outs)).toBeUndefined();
  });

  it("who is in it already is taken over with the role of the stack", async () => {
    await post("invitations", { email: ALICE.email, role: "worker" }, { "X-Organization": "lab" });
    await membership.create(alice({ role: "supervisor" }));
    expect(memberships().map(({ role }) => role)).toEqual(["owner", "supervisor"]);
  });

  it("must be a user: CVAT would half-make one of an unknown address", async () => {
    const before = cvat.store.state.users.length;
    await expect(membership.create(alice({ username: "bob" }))).rejects.toThrow(/no user bob.*cvat\.users/);
    expect(cvat.store.state.users).toHaveLength(before);
  });

  it("moves by being made anew in another organization", async () => {
    expect(await membership.diff(alice(), alice({ organization: "other" }))).toEqual({
      changed: ["organization"],
      replaces: ["organization"],
    });
  });
});

describe("a webhook", () => {
  beforeEach(() => organization.create(lab()));

  it("is made, read, changed and removed", async () => {
    const { id, outs } = await webhook.create(hook());
    const [{ id: lab_id } = { id: 0 }] = organizations();
    expect(webhooks()).toMatchObject([
      {
        type: "organization",
        organization: lab_id,
        description: "CI",
        target_url: "https://ci.example.com/hooks/cvat",
        events: ["create:task", "update:job"],
        secret: "hook-secret",
        enable_ssl: true,
        is_active: true,
      },
    ]);
    expect((await webhook.diff((await webhook.read(id, outs))?.outs ?? hook({ url: "" }), hook())).changed).toEqual([]);
    await webhook.update(id, outs, hook({ url: "https://ci.example.com/other", active: false }));
    expect(webhooks()).toMatchObject([{ target_url: "https://ci.example.com/other", is_active: false }]);
    await webhook.delete(id, outs);
    expect(webhooks()).toEqual([]);
    await webhook.delete(id, outs);
  });

  it("to the same address is taken over in its own organization alone", async () => {
    await organization.create(lab({ slug: "other" }));
    const there = { type: "organization", target_url: hook().url, events: ["update:job"] };
    await post("webhooks", there, { "X-Organization": "other" });
    const { id } = await post("webhooks", there, { "X-Organization": "lab" });
    expect((await webhook.create(hook())).id).toBe(String(id));
    expect(webhooks().map(({ description, secret }) => [description, secret])).toEqual([
      ["", ""],
      ["CI", "hook-secret"],
    ]);
  });

  it("under a new name in the stack stays: the engine makes the new resource, and then removes the old", async () => {
    const { id, outs } = await webhook.create(hook());
    expect((await webhook.create(hook({ name: "builds" }))).id).toBe(id);
    await webhook.delete(id, outs);
    expect(webhooks().map(({ description }) => description)).toEqual(["builds"]);
  });

  it("shows what was changed, and that it is gone", async () => {
    const { id, outs } = await webhook.create(hook());
    await cvat.call("PATCH", `webhooks/${id}`, { body: { events: ["delete:task"], enable_ssl: false } });
    const read = await webhook.read(id, outs);
    expect(read?.outs).toMatchObject({ events: ["delete:task"], verifyTls: false, secret: "hook-secret" });
    expect((await webhook.diff(read?.outs ?? outs, hook())).changed).not.toEqual([]);
    await cvat.call("DELETE", `webhooks/${id}`);
    expect(await webhook.read(id, outs)).toBeUndefined();
  });

  it("is one although CVAT's answer was lost, and when two make it at once", async () => {
    await cvat.order({ faults: [{ call: "POST webhooks", kind: "drop-after" }] });
    await Promise.all([webhook.create(hook()), webhook.create(hook())]);
    expect(webhooks()).toHaveLength(1);
  });

  it("is refused with a secret that CVAT would cut, without the secret", async () => {
    expect(await webhook.check(hook({ secret: "hook-secret " }), {})).toEqual([
      "vision-platform:cvat.organizations: lab: the secret of webhook CI begins or ends with a blank, which CVAT takes off.",
    ]);
    expect(await webhook.check(hook(), {})).toEqual([]);
  });

  it("changes with its secret, whatever the order of its events, and moves by being made anew", async () => {
    expect((await webhook.diff(hook(), hook({ events: ["create:task", "update:job"] }))).changed).toEqual([]);
    expect(await webhook.diff(hook(), hook({ secret: "new" }))).toEqual({ changed: ["secret"], replaces: [] });
    expect((await webhook.diff(hook(), hook({ organization: "other" }))).replaces).toEqual(["organization"]);
  });
});

describe("a cloud storage", () => {
  it("is made as CVAT's own pages make it, read back, and removed", async () => {
    const { id, outs } = await storage.create(datasets({ prefix: "images/", manifests: ["manifest.jsonl"] }));
    expect(storages()).toMatchObject([
      {
        display_name: "datasets",
        provider_type: "AWS_S3_BUCKET",
        specific_attributes: "region=us-east-1&prefix=images%2F&endpoint_url=http%3A%2F%2F192.0.2.30%3A9000",
        manifests: ["manifest.jsonl"],
      },
    ]);
    expect(await storage.read(id, outs)).toEqual({ id, outs });
    expect((await storage.diff(outs, datasets({ prefix: "images/", manifests: ["manifest.jsonl"] }))).changed).toEqual(
      [],
    );
    await storage.delete(id, outs);
    expect(storages()).toEqual([]);
    await storage.delete(id, outs);
  });

  it("keeps its manifests through every change", async () => {
    const { id, outs } = await storage.create(datasets({ manifests: ["manifest.jsonl"] }));
    await storage.update(id, outs, datasets({ manifests: ["manifest.jsonl"], description: "new" }));
    expect(storages()).toMatchObject([{ description: "new", manifests: ["manifest.jsonl"] }]);
  });

  it("of a bucket with a dot is made and changed", async () => {
    cvat.s3.buckets["lab.datasets"] = [];
    const { id, outs } = await storage.create(datasets({ bucket: "lab.datasets" }));
    await storage.update(id, outs, datasets({ bucket: "lab.datasets", description: "new" }));
    expect(storages()).toMatchObject([{ resource: "lab.datasets", description: "new" }]);
  });

  it("gets the new key when the store's changes", async () => {
    const { id, outs } = await storage.create(datasets());
    cvat.s3.accessKey = "rotated";
    const news = datasets({ accessKey: "rotated", secretKey: "rotated-secret" });
    expect(await storage.diff(outs, news)).toEqual({ changed: ["accessKey", "secretKey"], replaces: [] });
    await storage.update(id, outs, news);
    expect(storages()).toMatchObject([{ key: "rotated", secret_key: "rotated-secret" }]);
  });

  it("belongs to its organization, and only one of it is taken over", async () => {
    await organization.create(lab());
    await post("cloudstorages", storageBody());
    const { outs } = await storage.create(datasets({ organization: "lab" }));
    expect(storages().map((one) => one.organization === null)).toEqual([true, false]);
    expect(await storage.diff(outs, datasets())).toMatchObject({ replaces: ["organization"] });
  });

  it("that was moved out of its organization shows it", async () => {
    const { id: lost } = await organization.create(lab());
    const { id, outs } = await storage.create(datasets({ organization: "lab" }));
    await cvat.call("DELETE", `organizations/${lost}`);
    expect((await storage.read(id, outs))?.outs.organization).toBe("");
  });

  it("of the same name and bucket is taken over, keys and all", async () => {
    const { id } = await post("cloudstorages", storageBody({ secret_key: "old" }));
    expect((await storage.create(datasets())).id).toBe(String(id));
    expect(storages()).toMatchObject([{ secret_key: "cvat-secret" }]);
  });

  it("of the same name in somebody else's space is left alone", async () => {
    const key = await cvat.key(ALICE);
    await cvat.call("POST", "cloudstorages", { key, body: storageBody() });
    await storage.create(datasets());
    expect(storages()).toHaveLength(2);
  });

  it("of the same name for another bucket is not pointed elsewhere", async () => {
    await post("cloudstorages", storageBody({ resource: "cvat" }));
    await expect(storage.create(datasets())).rejects.toThrow(
      /for the bucket cvat instead of datasets\. Remove or rename/,
    );
  });

  it("is one when two make it at once", async () => {
    const made = await Promise.all([storage.create(datasets()), storage.create(datasets())]);
    expect(storages()).toHaveLength(1);
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  });

  it.each(["drop-after", "drop-before", "500", "503", "hang"] as const)(
    "is one although CVAT's answer was lost: %s",
    async (kind) => {
      await cvat.order({ faults: [{ call: "POST cloudstorages", kind }] });
      await storage.create(datasets());
      expect(storages()).toHaveLength(1);
    },
    20_000,
  );

  it("is refused in one line when CVAT refuses it, without the secret", async () => {
    const text = await storage.create(datasets({ accessKey: "wrong" })).catch(String);
    expect(text).toContain("Cannot create resource datasets with specified credentials. Access forbidden.");
    expect(text).not.toContain("cvat-secret");
  });

  it("shows what was changed by hand", async () => {
    const { id, outs } = await storage.create(datasets());
    await cvat.call("PATCH", `cloudstorages/${id}`, { body: { display_name: "renamed", resource: "cvat" } });
    expect((await storage.read(id, outs))?.outs).toMatchObject({ name: "renamed", bucket: "cvat" });
  });

  it("is not removed while projects and tasks use it, unless that is asked for", async () => {
    const { id, outs } = await storage.create(datasets());
    const target_storage = { location: "cloud_storage", cloud_storage_id: Number(id) };
    await post("projects", { name: "Cats", target_storage });
    const task = await post("tasks", { name: "Night shift", labels: [{ name: "cat" }] });
    await post(`tasks/${task.id}/data`, { image_quality: 70, cloud_storage_id: Number(id), server_files: ["x/"] });
    const text = await storage.delete(id, outs).catch(String);
    expect(text).toMatch(
      /datasets is in use.*\n {2}project Cats \(number \d+\)\n {2}task Night shift \(number \d+\)\n.*`force`/s,
    );
    expect(storages()).toHaveLength(1);
    await storage.delete(id, { ...outs, force: true });
    expect(storages()).toEqual([]);
  });

  it.each([
    [{ accessKey: "k".repeat(41) }, /accessKey is longer than the 40/],
    [{ secretKey: "s".repeat(65) }, /secretKey is longer than the 64/],
    [{ secretKey: "pass word" }, /secretKey is empty or has a blank/],
    [{ bucket: "My_Bucket" }, /My_Bucket may have lower-case/],
    [{ prefix: "/a" }, /neither begin with a slash/],
    [{ endpoint: "" }, /must be http\(s\):\/\/HOST:PORT/],
  ])("is refused before CVAT is asked: %j", async (changes, problem) => {
    const problems = (await storage.check(datasets(changes), {})) ?? [];
    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(problems.join()).not.toMatch(/k{41}|s{65}|pass word/);
  });

  it("is removed although the password was changed in the same run", async () => {
    const { id, outs } = await storage.create(datasets());
    const admin = cvat.store.state.users.find(({ username }) => username === ADMIN.username);
    const before = admin?.password ?? "";
    Object.assign(admin ?? {}, { password: hashed("a-new-password") });
    await storage.delete(id, outs);
    expect(storages()).toEqual([]);
    Object.assign(admin ?? {}, { password: before });
  });

  it("is made by a token that died in the meantime", async () => {
    const { id, outs } = await storage.create(datasets());
    await cvat.call("POST", "auth/logout");
    await storage.update(id, outs, datasets({ description: "after the sign-out" }));
    expect(storages()).toMatchObject([{ description: "after the sign-out" }]);
  });
});
