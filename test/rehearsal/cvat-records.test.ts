import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { processesOf } from "../../automation/runs/belonging.ts";
import { kill, programOf } from "../../automation/processes.ts";
import type {
  CloudStorage,
  Label,
  Membership,
  Organization,
  Project,
  Webhook,
} from "../../components/cvat/client/types.ts";
import { CvatClient } from "../../components/cvat/client/client.ts";
import { listTokens, revokeToken, tokenPath } from "../../components/cvat/tokens/access-tokens.ts";
import { startCvatLab, type CvatLab } from "./cvat-lab.ts";
import { problemsOf } from "./failure.ts";

const WEBHOOK = {
  name: "ci",
  url: "https://ci.example.com/cvat",
  events: ["update:job"],
  secret: "a-secret-of-the-webhook",
};
const WHOLE = {
  users: [{ username: "eva", role: "worker" }],
  organizations: [
    {
      slug: "lab",
      name: "The lab",
      members: [{ username: "eva" }],
      webhooks: [WEBHOOK],
    },
  ],
  projects: [
    {
      name: "street",
      targetStorage: "cvat",
      labels: [
        { name: "car", type: "rectangle", color: "#ff0000", attributes: [{ name: "paint", values: ["red", "blue"] }] },
        { name: "man", type: "skeleton", points: [{ name: "head", x: 50, y: 20 }] },
      ],
    },
  ],
};
/** The cloud storages without `datasets`; the other as it is where the stack lists none. */
const WITHOUT_DATASETS = {
  cloudStorages: [{ name: "cvat", role: "cvat", description: "Made with the lab's object store." }],
};
/** Records by their names in the stack. */
const RECORDS = [
  "cvat-member-lab-eva",
  "cvat-organization-lab",
  "cvat-project-lab-street",
  "cvat-storage-lab-cvat",
  "cvat-storage-lab-datasets",
  "cvat-webhook-lab-ci",
];

const [IN, OUT] = [
  [200, 200, 200],
  [401, 401, 401],
];

let lab: CvatLab;

beforeAll(async () => {
  lab = await startCvatLab(WHOLE);
});
afterAll(() => lab.end());
beforeEach(() => lab.order({}));

const up = () => lab.engine.run("up");
const changed = async (run = up()) =>
  (await run).changes.map(({ operation, urn }) => `${operation} ${urn.split("::").at(-1) ?? ""}`).sort();
const storages = async () => (await lab.client()).list<CloudStorage>("cloudstorages");
const named = async (name: string) => (await storages()).filter(({ display_name }) => display_name === name);

describe("what is in CVAT", () => {
  it("is made by the first up: users by the Job, then what the superuser makes", async () => {
    const made = await changed();
    expect(made).toEqual(expect.arrayContaining(RECORDS.map((name) => `create ${name}`)));
    const client = await lab.client();
    const users = await client.list<{ username: string; is_superuser: boolean }>("users");
    expect(users.map(({ username, is_superuser }) => [username, is_superuser]).sort()).toEqual([
      ["admin", true],
      ["eva", false],
    ]);
    const [organization] = await client.list<Organization>("organizations");
    expect(organization).toMatchObject({ slug: "lab", name: "The lab" });
    const members = await client.list<Membership>("memberships", { organization: "lab" });
    expect(members.map(({ user, role }) => `${user.username} ${role}`).sort()).toEqual(["admin owner", "eva worker"]);
    const webhooks = await client.list<Webhook>("webhooks", { organization: "lab" });
    expect(webhooks).toMatchObject([{ target_url: "https://ci.example.com/cvat", events: ["update:job"] }]);
    expect((await storages()).map((one) => [one.display_name, one.resource, one.organization]).sort()).toEqual([
      ["cvat", "cvat", organization?.id],
      ["datasets", "datasets", organization?.id],
    ]);
  });

  it("is left alone by the second", async () => {
    const { changes, counts } = await up();
    expect(changes).toEqual([]);
    expect(counts).toEqual({ same: counts["same"] });
  });

  it("has no password and no key in clear, in state or in the Job", async () => {
    // Not by the engine's export: that one opens the secrets.
    const state = await readFile(path.join(lab.home.folder, "state/.pulumi/stacks/bench/bench.json"), "utf8");
    const outputs = (await lab.engine.stack.outputs())["passwords"]?.value as Record<string, string>;
    for (const secret of [...Object.values(outputs), lab.stack.storeKey.secretKey, WEBHOOK.secret]) {
      expect(secret.length).toBeGreaterThan(10);
      expect(state).not.toContain(secret);
    }
  });

  it("changes in its storages alone when the store's key is rotated", async () => {
    await lab.rotateStoreKey();
    expect(await changed()).toEqual(["update cvat-storage-lab-cvat", "update cvat-storage-lab-datasets"]);
    const client = await lab.client();
    for (const { id } of await storages()) expect(await client.get(`cloudstorages/${id}/status`)).toBe("AVAILABLE");
  });

  it("is made again when it was removed or changed by hand", async () => {
    const client = await lab.client();
    const [street] = await client.list<Project>("projects");
    const [label] = (await client.list<Label>("labels", { query: { project_id: street?.id ?? 0 } })).filter(
      ({ name }) => name === "car",
    );
    await client.patch(`projects/${street?.id ?? 0}`, {
      labels: [{ id: label?.id, name: "vehicle", color: label?.color }],
    });
    const [datasets] = await named("datasets");
    await client.remove(`cloudstorages/${datasets?.id ?? 0}`);
    const [webhook] = await client.list<Webhook>("webhooks");
    await client.patch(`webhooks/${webhook?.id ?? 0}`, { is_active: false });
    const [target] = await named("cvat");
    await client.patch(`cloudstorages/${target?.id ?? 0}`, { description: "by hand", manifests: [] });
    await lab.engine.run("refresh");
    expect(await changed()).toEqual([
      "create cvat-storage-lab-datasets",
      "update cvat-project-lab-street",
      "update cvat-storage-lab-cvat",
      "update cvat-webhook-lab-ci",
    ]);
    expect(await named("datasets")).toHaveLength(1);
    expect(await client.list<Webhook>("webhooks")).toMatchObject([{ id: webhook?.id, is_active: true }]);
    expect((await named("cvat"))[0]?.description).not.toBe("by hand");
  });

  it("follows users: a new password runs the Job again, one taken out is switched off, and both are out for good", async () => {
    const [boss, eva] = [await lab.signedIn("admin"), await lab.signedIn("eva")];
    expect([await boss.statuses(), await eva.statuses()]).toEqual([IN, IN]);
    lab.stack.config = {
      ...WHOLE,
      superuser: { password: "a-password-of-the-stack" },
      users: [],
      organizations: [{ slug: "lab", name: "The lab" }],
    };
    const changes = await changed();
    expect(changes).toEqual(
      expect.arrayContaining([
        "delete cvat-member-lab-eva",
        "delete cvat-webhook-lab-ci",
        "update cvat-organization-lab",
      ]),
    );
    expect(changes.filter((change) => change.endsWith(" cvat-users"))).toEqual([
      "replace cvat-users",
      "replace cvat-users",
    ]);
    const users = await (await lab.client()).list<{ username: string; is_active: boolean }>("users");
    expect(users.find(({ username }) => username === "eva")?.is_active).toBe(false);
    expect([await boss.statuses(), await eva.statuses()]).toEqual([OUT, OUT]);
    expect(await changed()).toEqual([]);
    lab.stack.config = WHOLE;
    await up();
    expect([await boss.statuses(), await eva.statuses()]).toEqual([OUT, OUT]);
    expect(await (await lab.signedIn("eva")).statuses()).toEqual(IN);
  });

  it("is removed by the superuser there is now, when he is renamed in the same change and his old key is dead", async () => {
    await (await lab.client()).post("auth/logout", {});
    lab.stack.config = { ...WHOLE, ...WITHOUT_DATASETS, superuser: { username: "boss" } };
    expect(await changed()).toEqual(
      expect.arrayContaining(["delete cvat-storage-lab-datasets", "update cvat-organization-lab"]),
    );
    expect(await named("datasets")).toEqual([]);
    const client = await lab.client();
    const members = await client.list<Membership>("memberships", { organization: "lab" });
    expect(members.map(({ user, role }) => `${user.username} ${role}`).sort()).toEqual(["boss owner", "eva worker"]);
    lab.stack.config = WHOLE;
    await up();
    expect(await named("datasets")).toHaveLength(1);
  });

  it("is told when somebody removed in CVAT what the stack changes, and is made again after a refresh", async () => {
    const [cvat] = await named("cvat");
    await (await lab.client()).remove(`cloudstorages/${cvat?.id ?? 0}`);
    await lab.rotateStoreKey();
    expect((await problemsOf(up())).join("\n")).toMatch(
      /CVAT's cloud storage cvat cannot be changed, since somebody removed it in CVAT.*`pulumi refresh`/,
    );
    await lab.engine.run("refresh");
    expect(await changed()).toContain("create cvat-storage-lab-cvat");
  });

  it("goes on by another sign-in when its token is dead", async () => {
    await (await lab.client()).post("auth/logout", {});
    await lab.rotateStoreKey();
    expect(await changed()).toHaveLength(2);
  });
});

describe("a token that the stack keeps", () => {
  const listed = async () => {
    const outputs = await lab.engine.stack.outputs();
    const { eva: password = "" } = outputs["passwords"]?.value as Record<string, string>;
    const eva = new CvatClient({ endpoint: (await lab.client()).endpoint, username: "eva", password });
    return { eva, tokens: (await listTokens(eva)).filter(({ name }) => name === "of a program") };
  };

  it("is made by up, read-only, and changes with nothing", async () => {
    lab.stack.token = { user: "eva" };
    expect(await changed()).toEqual(["create token"]);
    const { value, status } = await lab.token();
    expect(await status()).toBe(200);
    expect((await listed()).tokens).toMatchObject([{ read_only: true }]);
    expect((await up()).changes).toEqual([]);
    const state = await readFile(path.join(lab.home.folder, "state/.pulumi/stacks/bench/bench.json"), "utf8");
    expect(state).not.toContain(value);
  });

  it("comes back by plain up when somebody took it back, and is put back when somebody let it write or last", async () => {
    const before = await lab.token();
    const { eva, tokens } = await listed();
    await revokeToken(eva, { id: tokens[0]?.id ?? 0 });
    expect(await changed()).toEqual(["replace token"]);
    const after = await lab.token();
    expect([await before.status(), await after.status()]).toEqual([401, 200]);
    const [made] = (await listed()).tokens;
    await eva.patch(tokenPath({ id: made?.id ?? 0 }), { read_only: false, expiry_date: null });
    await lab.engine.run("refresh");
    expect(await changed()).toEqual(["update token"]);
    expect((await listed()).tokens).toMatchObject([{ read_only: true, expiry_date: expect.any(String) as string }]);
    expect((await lab.token()).value).toBe(after.value);
  });

  it("is another one in the same up that gives its owner another password", async () => {
    const before = await lab.token();
    lab.stack.config = { ...WHOLE, users: [{ username: "eva", role: "worker", password: "another-password-of-eva" }] };
    expect(await changed()).toContain("replace token");
    expect([await before.status(), await (await lab.token()).status()]).toEqual([401, 200]);
  });

  it("opens nothing any more when it leaves the stack", async () => {
    const before = await lab.token();
    expect(await before.status()).toBe(200);
    lab.stack.config = WHOLE;
    lab.stack.token = undefined;
    // Its owner has another password by then, too: the state still has his former one.
    expect(await changed()).toContain("delete token");
    expect(await before.status()).toBe(401);
    expect((await listed()).tokens).toEqual([]);
  });
});

describe("faults", () => {
  /** The stack as it is now, without this storage in CVAT and in state. */
  async function without(name: string): Promise<void> {
    const { config } = lab.stack;
    lab.stack.config = { ...config, ...WITHOUT_DATASETS };
    await up();
    expect(await named(name)).toEqual([]);
    lab.stack.config = config;
  }

  it("CVAT fails in the middle of the creates: a clear error, and the next up makes what is missing, once", async () => {
    await without("datasets");
    await lab.order({ faults: [{ call: "POST cloudstorages", kind: "500", times: 9 }] });
    const problems = (await problemsOf(up())).join("\n");
    expect(problems).toMatch(/CVAT answers 500 to POST \/api\/cloudstorages: an error page/);
    await lab.order({});
    expect(await changed()).toEqual(["create cvat-storage-lab-datasets"]);
    expect(await named("datasets")).toHaveLength(1);
  });

  it("CVAT hangs in the middle of the creates: a clear error, and the next up makes what is missing, once", async () => {
    await without("datasets");
    lab.stack.callMs = 1_000;
    await lab.order({ faults: [{ call: "POST cloudstorages", kind: "hang", times: 9 }] });
    expect((await problemsOf(up())).join("\n")).toMatch(/POST \/api\/cloudstorages at .*: no answer within 1 s/);
    await lab.order({});
    lab.stack.callMs = 60_000;
    expect(await changed()).toEqual(["create cvat-storage-lab-datasets"]);
    expect(await named("datasets")).toHaveLength(1);
  });

  it("the answer to a create is lost: the record is found again", async () => {
    await without("datasets");
    await lab.order({ faults: [{ call: "POST cloudstorages", kind: "drop-after" }] });
    expect(await changed()).toEqual(["create cvat-storage-lab-datasets"]);
    expect(await named("datasets")).toHaveLength(1);
  });

  it("the run is killed between record and state: the next takes the record over", async () => {
    await without("datasets");
    await lab.order({ faults: [{ call: "POST cloudstorages", kind: "hang-after" }] });
    const run = up().catch((error: unknown) => error);
    await expect.poll(() => named("datasets"), { timeout: 60_000, interval: 200 }).toHaveLength(1);
    for (const found of processesOf(lab.home.folder)) if (programOf(found).startsWith("pulumi")) kill(found.pid);
    await run;
    await lab.engine.stack.cancel().catch(() => undefined);
    await lab.order({});
    const [left] = await named("datasets");
    expect(await changed()).toContain("create cvat-storage-lab-datasets");
    expect((await named("datasets")).map(({ id }) => id)).toEqual([left?.id]);
    expect(await changed()).toEqual([]);
  });

  it("a storage in use is not removed: the tasks' names, and the stack goes on as before", async () => {
    const client = await lab.client();
    const [datasets] = await named("datasets");
    await lab.store().putObject("datasets", "night/1.jpg", "a picture");
    const options = { organization: "lab" };
    const task = await client.post<{ id: number }>(
      "tasks",
      { name: "Night shift", labels: [{ name: "car" }] },
      options,
    );
    const data = { image_quality: 70, cloud_storage_id: datasets?.id, server_files: ["night/"] };
    await client.post(`tasks/${task.id}/data`, data, options);
    lab.stack.config = { ...WHOLE, ...WITHOUT_DATASETS };
    expect((await problemsOf(up())).join("\n")).toMatch(
      /datasets is in use.*task Night shift \(number \d+\).*`force`/s,
    );
    expect(await named("datasets")).toHaveLength(1);
    lab.stack.config = WHOLE;
    expect(await changed()).toEqual([]);
  });

  it("the users Job fails: the error says so, and the next up runs it again", async () => {
    lab.stack.usersJobFails = true;
    lab.stack.config = { ...WHOLE, users: [{ username: "eva", role: "user" }] };
    expect((await problemsOf(up())).join("\n")).toMatch(
      /CVAT's users were not made: its program ended with exit code 1\. Cure it and run up again/,
    );
    lab.stack.usersJobFails = false;
    // What CVAT has is left alone meanwhile: records come after users.
    expect(await changed()).toContain("replace cvat-users");
    lab.stack.config = WHOLE;
    await up();
  });

  it("CVAT is not ready: the error names what is not", async () => {
    await lab.order({ failing: ["OPAHealthCheck"] });
    lab.stack.config = { ...WHOLE, organizations: [{ ...WHOLE.organizations[0], description: "new" }] };
    expect((await problemsOf(up())).join("\n")).toMatch(/CVAT at .* is not ready after 5 s: OPAHealthCheck/);
    await lab.order({});
    expect(await changed()).toEqual(["update cvat-organization-lab"]);
    lab.stack.config = WHOLE;
    await up();
  });

  it("stays in CVAT's database when the stack is destroyed, but for its token, and is taken over afterwards", async () => {
    lab.stack.token = { user: "eva" };
    await up();
    const token = await lab.token();
    expect(await token.status()).toBe(200);
    const before = (await storages()).map(({ id }) => id).sort();
    const client = await lab.client();
    await lab.engine.run("destroy");
    expect(await token.status()).toBe(401);
    expect((await client.list<CloudStorage>("cloudstorages")).map(({ id }) => id).sort()).toEqual(before);
    lab.stack.config = { ...WHOLE, superuser: { password: "a-new-stack-password" } };
    await up();
    expect((await storages()).map(({ id }) => id).sort()).toEqual(before);
    expect([await token.status(), await (await lab.token()).status()]).toEqual([401, 200]);
  });
});
