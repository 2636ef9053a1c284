import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { applyUsers, type WantedUser } from "../../automation/rehearsal/services/cvat/cluster-users.ts";
import type { Connection } from "../../components/cvat/client/connection.ts";
import { kind as storageKind } from "../../components/cvat/records/cloud-storage.ts";
import type { CloudStorageInputs } from "../../components/cvat/records/cloud-storage-inputs.ts";
import { kind as membershipKind, type MembershipInputs } from "../../components/cvat/records/membership.ts";
import { kind as organizationKind, type OrganizationInputs } from "../../components/cvat/records/organization.ts";
import { kind as webhookKind, type WebhookInputs } from "../../components/cvat/records/webhook.ts";
import { ADMIN, ALICE, startCvat, STORE_ADDRESS, type TestCvat } from "../fixtures/cvat/stand-in.ts";
import { newRun as runOfEngine, within } from "./run.ts";

/** Records as one run of the engine works on them: another run knows nothing of what it learned. */
function newRun() {
  const run = runOfEngine();
  return {
    organization: within(run, organizationKind),
    membership: within(run, membershipKind),
    storage: within(run, storageKind),
    webhook: within(run, webhookKind),
  };
}

let cvat: TestCvat;
let connection: Connection;
beforeEach(async () => {
  cvat = await startCvat({ anonymousCalls: 100 });
  cvat.s3.buckets = { datasets: [] };
  connection = { endpoint: cvat.url, username: ADMIN.username, password: ADMIN.password, patienceMs: 2000 };
});
afterEach(() => cvat.end());

const BOSS: WantedUser = { username: "boss", email: "boss@example.test", password: "another-horse", role: "admin" };
const asBoss = (): Connection => ({ ...connection, username: BOSS.username, password: BOSS.password });
const lab = (by = connection): OrganizationInputs => ({
  ...{ connection: by, slug: "lab", name: "The lab", description: "", contact: {} },
});
const alice = (by = connection): MembershipInputs => ({
  ...{ connection: by, organization: "lab", username: ALICE.username, role: "worker" },
});
const datasets = (by = connection): CloudStorageInputs => ({
  ...{ connection: by, name: "datasets", bucket: "datasets", endpoint: STORE_ADDRESS, region: "us-east-1", prefix: "" },
  ...{ description: "", manifests: [], organization: "lab", accessKey: "cvat-key", secretKey: "s", force: false },
});
const hook = (number: number): WebhookInputs => ({
  ...{ connection, organization: "lab", name: `hook ${number}`, url: `https://ci.example.com/${number}` },
  ...{ events: ["update:job"], secret: "", verifyTls: true, active: true },
});

/** As the engine does it: ten at once. */
async function tenAtOnce<T>(all: readonly T[], work: (one: T) => Promise<unknown>): Promise<void> {
  const left = [...all];
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
    }),
  );
}

describe("200 records", () => {
  it("are made and read although CVAT lets an address make 100 calls a minute without a token", async () => {
    const first = newRun();
    await first.organization.create(lab());
    const made: { id: string; outs: WebhookInputs }[] = [];
    const numbers = Array.from({ length: 200 }, (_, number) => number);
    await tenAtOnce(numbers, async (number) => made.push(await first.webhook.create(hook(number))));
    expect(cvat.store.state.webhooks).toHaveLength(200);
    const second = newRun();
    await tenAtOnce(made, async ({ id, outs }) => expect(await second.webhook.read(id, outs)).toBeDefined());
  }, 60_000);

  it("that are cloud storages are looked for in one call before they are made, and made once", async () => {
    const all = Array.from({ length: 200 }, (_, number) => ({ ...datasets(), name: `pictures-${number}` }));
    const first = newRun();
    await first.organization.create(lab());
    const sent = vi.spyOn(globalThis, "fetch");
    await tenAtOnce(all, (one) => first.storage.create(one));
    const methods = sent.mock.calls.map(([, call]) => call?.method);
    sent.mockRestore();
    expect(methods.filter((method) => method === "POST")).toHaveLength(200);
    // One before all, and one after each.
    expect(methods.filter((method) => method === "GET")).toHaveLength(201);
    const second = newRun();
    await tenAtOnce(all, (one) => second.storage.create(one));
    expect(cvat.store.state.storages).toHaveLength(200);
  }, 60_000);

  it("are made too when the address was turned away just before: CVAT is there", async () => {
    for (let call = 0; call < 100; call++) await cvat.call("GET", "server/about", { key: null });
    expect((await cvat.call("GET", "server/about", { key: null })).status).toBe(429);
    const { organization } = newRun();
    // The login key of an earlier run.
    const [admin] = cvat.store.state.users;
    Object.assign(admin ?? {}, { token: "0".repeat(40) });
    await organization.create(lab({ ...connection, token: "0".repeat(40) }));
    expect(cvat.store.state.organizations).toHaveLength(1);
  });
});

describe("a record that is taken out of the stack in the change that renames the superuser", () => {
  /** The old superuser is made, then left out of the stack; what he made before he went is in `outs`. */
  async function renamed() {
    applyUsers(cvat.store, [{ ...ADMIN }, { ...ALICE }]);
    const run = newRun();
    await run.organization.create(lab());
    const storage = await run.storage.create(datasets());
    applyUsers(cvat.store, [BOSS, { ...ALICE }]);
    return storage;
  }

  it("is removed by the superuser there is now", async () => {
    const { id, outs } = await renamed();
    const run = newRun();
    // What stays in the stack is checked before anything is removed.
    await run.organization.check(lab(asBoss()), lab());
    await run.storage.delete(id, outs);
    expect(cvat.store.state.storages).toEqual([]);
  });

  it("is removed where CVAT is reached now, too", async () => {
    const { id, outs } = await renamed();
    const run = newRun();
    await run.organization.check(lab(asBoss()), lab());
    await run.storage.delete(id, { ...outs, connection: { ...connection, endpoint: "http://127.0.0.1:1" } });
    expect(cvat.store.state.storages).toEqual([]);
  });

  it("is not taken for another record of its number, in another CVAT", async () => {
    const { id, outs } = await renamed();
    const run = newRun();
    await run.organization.check(lab(asBoss()), lab());
    await run.storage.delete(id, { ...outs, name: "pictures" });
    expect(cvat.store.state.storages).toHaveLength(1);
  });

  it("tells the way when nothing that stays says which account there is", async () => {
    const { id, outs } = await renamed();
    const run = newRun();
    await expect(run.storage.delete(id, outs)).rejects.toThrow(
      /refuses the password of its user admin\..*Put the record back into the stack file and run up.*then take it out again/,
    );
    await run.storage.update(id, outs, datasets(asBoss()));
    await newRun().storage.delete(id, { ...outs, connection: asBoss() });
    expect(cvat.store.state.storages).toEqual([]);
  });
});

describe("the owner of an organization that somebody made in CVAT", () => {
  const roles = () =>
    cvat.store.state.memberships.map(({ user, role }) => [
      cvat.store.state.users.find(({ id }) => id === user)?.username,
      role,
    ]);

  async function adopted() {
    const key = await cvat.key(ALICE);
    await cvat.call("POST", "organizations", { key, body: { slug: "lab" } });
    const run = newRun();
    await run.organization.create(lab());
    return run;
  }

  it("is not demoted to a member's role", async () => {
    const { membership } = await adopted();
    await expect(membership.create(alice())).rejects.toThrow(
      /cvat\.organizations: lab: alice owns this organization in CVAT.*Take alice out of its members/,
    );
    expect(roles()).toEqual([["alice", "owner"]]);
  });

  it("is not taken out of it", async () => {
    const { membership } = await adopted();
    const [{ id } = { id: 0 }] = cvat.store.state.memberships;
    await expect(membership.delete(String(id), alice())).rejects.toThrow(/alice owns CVAT's organization lab/);
    expect(roles()).toEqual([["alice", "owner"]]);
  });

  it("stays in it without a word when he has become the superuser, who is in no list of members", async () => {
    const { membership } = await adopted();
    const [{ id } = { id: 0 }] = cvat.store.state.memberships;
    applyUsers(cvat.store, [{ ...ALICE, role: "admin" }]);
    const byAlice = { ...connection, username: ALICE.username, password: ALICE.password };
    await membership.check(alice(byAlice), {});
    await membership.delete(String(id), alice());
    expect(roles()).toEqual([["alice", "owner"]]);
  });
});

describe("a record that somebody removed in CVAT", () => {
  it.each(["organization", "storage", "webhook", "membership"] as const)(
    "is told when it is to be changed, with the way to go on: %s",
    async (kind) => {
      const run = newRun();
      const { id, outs } = await run.organization.create(lab());
      const storage = await run.storage.create(datasets());
      const webhook = await run.webhook.create(hook(1));
      const membership = await run.membership.create(alice());
      const remove = async (path: string) => cvat.call("DELETE", path, { headers: { "X-Organization": "lab" } });
      const changes = {
        organization: async () => {
          await remove(`organizations/${id}`);
          await run.organization.update(id, outs, { ...lab(), description: "new" });
        },
        storage: async () => {
          await remove(`cloudstorages/${storage.id}`);
          await run.storage.update(storage.id, storage.outs, { ...datasets(), description: "new" });
        },
        webhook: async () => {
          await remove(`webhooks/${webhook.id}`);
          await run.webhook.update(webhook.id, webhook.outs, { ...hook(1), active: false });
        },
        membership: async () => {
          await remove(`memberships/${membership.id}`);
          await run.membership.update(membership.id, membership.outs, { ...alice(), role: "supervisor" });
        },
      };
      await expect(changes[kind]()).rejects.toThrow(
        /^CVAT's .* cannot be changed, since somebody removed it in CVAT \(.*`pulumi refresh`, then run up: it is made again/,
      );
    },
  );
});
