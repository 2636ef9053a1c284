import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import type { Connection } from "../../components/cvat/client/connection.ts";
import { cvatConfig } from "../../components/cvat/cvat-section.ts";
import { registerRecords, type StorageAccess } from "../../components/cvat/records.ts";
import { CvatUsers } from "../../components/cvat/users/users.ts";
import { USERS_SCRIPT } from "../../components/cvat/users/job.ts";
import { recordRegistrations, settled } from "./registrations.ts";
import { plannedCvat } from "../fixtures/inputs/planned.ts";

type Inputs = Record<string, unknown>;
const registered = recordRegistrations();

const CONNECTION: Connection = { endpoint: "http://192.0.2.20", username: "admin", password: "secret" };
const store = (role: string): StorageAccess => ({
  role,
  bucket: `lab-${role}`,
  endpoint: "http://192.0.2.30:9000",
  region: "eu-lab-1",
  accessKey: "key",
  secretKey: pulumi.secret("store-secret"),
});

/** Inputs as plain data: the mark of secrets taken off, and their names kept. */
function clear(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clear);
  if (typeof value !== "object" || value === null) return value;
  if ("4dabf18193072939515e22adb298388d" in value) return { secret: clear((value as { value?: unknown }).value) };
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clear(item)]));
}

async function records(config: unknown, storages: readonly StorageAccess[] = []) {
  const plan = plannedCvat(
    config,
    storages.map(({ role }) => role),
  );
  registerRecords("cvat", { plan, connection: CONNECTION, storages }, {});
  await settled(registered);
  return Object.fromEntries(
    registered.map(({ type, name, inputs }) => [`${type.split(":").at(-1) ?? ""} ${name}`, clear(inputs)]),
  );
}

describe("what is in CVAT", () => {
  it("is a storage for each bucket of the object store that CVAT may use, where the stack says no more", async () => {
    const made = await records({}, [store("datasets"), store("cvat")]);
    expect(Object.keys(made)).toEqual(["CloudStorage cvat-storage-datasets", "CloudStorage cvat-storage-cvat"]);
    expect(made["CloudStorage cvat-storage-cvat"]).toMatchObject({
      name: "cvat",
      bucket: "lab-cvat",
      organization: "",
      region: "eu-lab-1",
      secretKey: { secret: "store-secret" },
      connection: { secret: CONNECTION },
    });
  });

  it("is nothing without an object store", async () => {
    expect(await records({})).toEqual({});
  });

  it("is what the stack lists: organizations, members, storages of the first of them", async () => {
    const made = await records(
      {
        organizations: [
          { slug: "lab", name: "The lab", members: [{ username: "eva" }, { username: "bob", role: "maintainer" }] },
          {
            slug: "guests",
            webhooks: [
              { name: "ci", url: "https://ci.example.com/cvat", events: ["update:job"], secret: "hook-secret" },
            ],
          },
        ],
        cloudStorages: [
          { name: "pictures", role: "datasets", prefix: "images/" },
          {
            name: "old",
            organization: "guests",
            external: {
              endpoint: "http://192.0.2.60:9000",
              bucket: "old",
              accessKey: "old-key",
              secretKey: "old-secret",
            },
          },
        ],
      },
      [store("datasets"), store("cvat")],
    );
    expect(made).toMatchObject({
      "Organization cvat-organization-lab": { slug: "lab", name: "The lab", contact: {} },
      "Organization cvat-organization-guests": { slug: "guests", name: "guests" },
      "Membership cvat-member-lab-eva": { organization: "lab", username: "eva", role: "worker" },
      "Membership cvat-member-lab-bob": { role: "maintainer" },
      "Webhook cvat-webhook-guests-ci": {
        organization: "guests",
        url: "https://ci.example.com/cvat",
        events: ["update:job"],
        secret: { secret: "hook-secret" },
        active: true,
        verifyTls: true,
        connection: { secret: CONNECTION },
      },
      "CloudStorage cvat-storage-lab-pictures": {
        bucket: "lab-datasets",
        prefix: "images/",
        organization: "lab",
        region: "eu-lab-1",
      },
      "CloudStorage cvat-storage-guests-old": {
        bucket: "old",
        region: "us-east-1",
        secretKey: { secret: "old-secret" },
      },
    });
    expect(Object.keys(made)).toHaveLength(7);
  });

  it("cannot name a bucket that the object store does not have", async () => {
    const plan = plannedCvat({ cloudStorages: [{ name: "x", role: "videos" }] });
    const register = () => {
      registerRecords("cvat", { plan, connection: CONNECTION, storages: [store("datasets")] }, {});
    };
    expect(register).toThrow(
      /cvat\.cloudStorages: x: the object store has no bucket for `videos`\. There are: datasets\./,
    );
    await settled(registered);
  });
});

describe("CVAT's users", () => {
  const initializer = {
    spec: {
      template: {
        spec: {
          serviceAccountName: "cvat",
          containers: [
            {
              name: "cvat-backend",
              image: "cvat/server:v2.64.0",
              args: ["init"],
              env: [{ name: "CVAT_POSTGRES_HOST", value: "db" }],
            },
          ],
        },
      },
    },
  } as unknown as k8s.batch.v1.Job;
  async function users(config: unknown) {
    const made = new CvatUsers(
      "cvat",
      {
        config: cvatConfig.parse(config),
        namespace: "cvat",
        initializer,
        cluster: { access: {}, readyTimeoutMs: 60_000 },
      },
      {},
    );
    await settled(registered);
    const inputs = (name: string) => clear(registered.find((one) => one.name === name)?.inputs) as Inputs;
    const job = registered.find(({ type }) => type.endsWith(":Job"));
    return { made, inputs, job: JSON.stringify(job?.inputs) };
  }

  it("come into CVAT by a Job of its own image, with their passwords in a Secret alone", async () => {
    const { inputs, job } = await users({
      superuser: { password: "correct-horse" },
      users: [{ username: "eva", role: "worker", firstName: "Eva" }],
    });
    const { stringData } = inputs("cvat-users") as { stringData: { secret: { "users.json": string } } };
    expect(JSON.parse(stringData.secret["users.json"])).toEqual({
      users: [
        {
          username: "admin",
          email: "admin@cvat.invalid",
          firstName: "",
          lastName: "",
          role: "admin",
          password: "correct-horse",
        },
        {
          username: "eva",
          email: "eva@cvat.invalid",
          firstName: "Eva",
          lastName: "",
          role: "worker",
          password: "<cvat-password-eva>",
        },
      ],
    });
    expect(job).not.toMatch(/correct-horse|cvat-password-eva/);
    expect(JSON.parse(job)).toMatchObject({
      metadata: { name: "cvat-users", namespace: "cvat" },
      spec: {
        activeDeadlineSeconds: 60,
        template: {
          spec: {
            serviceAccountName: "cvat",
            containers: [
              {
                image: "cvat/server:v2.64.0",
                command: [
                  ...["python3", "/etc/vision-platform/initialisation/once.py", "40"],
                  ...["python3", "/etc/vision-platform/script/users.py", "/etc/vision-platform/users/users.json"],
                ],
                env: [{ name: "CVAT_POSTGRES_HOST", value: "db" }],
              },
            ],
          },
        },
      },
    });
    expect(inputs("cvat-users-script")).toMatchObject({ data: USERS_SCRIPT });
  });

  it("are made again when a password or a user changes, and not otherwise", async () => {
    const jobOf = async (config: unknown) => {
      registered.length = 0;
      return (await users(config)).job;
    };
    const first = await jobOf({ superuser: { password: "correct-horse" } });
    expect(await jobOf({ superuser: { password: "correct-horse" } })).toBe(first);
    expect(await jobOf({ superuser: { password: "another-horse" } })).not.toBe(first);
    expect(await jobOf({ superuser: { password: "correct-horse" }, users: [{ username: "eva" }] })).not.toBe(first);
  });

  it("have passwords of the stack's making, and the superuser's is told", async () => {
    const { made } = await users({});
    const passwords = await new Promise((resolve) => made.passwords.apply(resolve));
    expect(passwords).toEqual({ admin: "<cvat-password-admin>" });
  });
});

describe("the keys of users and records", () => {
  const hook = (changes: object) => ({ name: "ci", url: "https://ci.example.com", events: ["update:job"], ...changes });
  const STORE = { endpoint: "http://192.0.2.60:9000", bucket: "old", accessKey: "key", secretKey: "secret-of-it" };

  it("leave out what CVAT takes off a description, and know a member's name in any script", () => {
    const { organizations } = cvatConfig.parse({
      organizations: [{ slug: "l", description: "Line one\nline two\n", members: [{ username: "björn" }] }],
    });
    expect(organizations[0]?.description).toBe("Line one\nline two");
  });

  const problemsOf = (config: unknown) =>
    (cvatConfig.safeParse(config).error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);

  it.each([
    [{ users: [{ username: "admin" }] }, /^users\.0\.username: `admin` is that of cvat\.superuser already/],
    [
      {
        users: [
          { username: "a", email: "x@y.zz" },
          { username: "b", email: "X@y.zz" },
        ],
      },
      /^users\.1\.email: .*cvat\.users\[0\]/,
    ],
    [{ organizations: [{ slug: "lab" }, { slug: "lab" }] }, /^organizations\.1\.slug: `lab` is that of/],
    [{ organizations: [{ slug: "seventeen-letters" }] }, /^organizations\.0\.slug: must be 1 to 16/],
    [
      { organizations: [{ slug: "l", members: [{ username: "admin" }] }] },
      /members\.0\.username: `admin` owns the organization/,
    ],
    [
      { organizations: [{ slug: "l", members: [{ username: "a" }, { username: "a" }] }] },
      /members\.1\.username: `a` stands in this list/,
    ],
    [{ users: [{ username: "eva" }, { username: "Eva" }] }, /^users\.1\.username: `eva` is that of cvat\.users\[0\]/],
    [{ users: [{ username: "eva", email: `${"e".repeat(250)}@b.cc` }] }, /^users\.0\.email: .*at most 254/],
    [{ users: [{ username: "eva", email: "eva@a-.cc" }] }, /^users\.0\.email: must be an e-mail address with a whole/],
    [{ organizations: [{ slug: "l", members: [{ username: "a b" }] }] }, /members\.0\.username: can be nobody's name/],
    [{ organizations: [{ slug: "l", name: "Lab " }] }, /^organizations\.0\.name: must have no blanks at its ends/],
    [{ organizations: [{ slug: "l", webhooks: [hook({ name: " ci" })] }] }, /webhooks\.0\.name: must have no blanks/],
    [
      { organizations: [{ slug: "l", webhooks: [hook({ url: "http://a_b.example/x" })] }] },
      /webhooks\.0\.url: must be/,
    ],
    [
      { organizations: [{ slug: "l", webhooks: [hook({ url: `https://ci.example.com/${"x".repeat(2048)}` })] }] },
      /webhooks\.0\.url: must have at most 2048 characters/,
    ],
    [
      { organizations: [{ slug: "l", webhooks: [hook({ events: ["update:job", "update:job"] })] }] },
      /webhooks\.0\.events\.1: `update:job` stands in this list already/,
    ],
    [{ cloudStorages: [{ name: "a ", role: "cvat" }] }, /^cloudStorages\.0\.name: must have no blanks at its ends/],
    [{ cloudStorages: [{ name: "a", role: "cvat", prefix: "/x" }] }, /^cloudStorages\.0\.prefix: may neither begin/],
    [
      { cloudStorages: [{ name: "a", role: "cvat", manifests: ["m.jsonl", "m.jsonl"] }] },
      /^cloudStorages\.0\.manifests\.1: `m\.jsonl` stands in this list already/,
    ],
    [
      { cloudStorages: [{ name: "a", external: { ...STORE, bucket: "My_Bucket" } }] },
      /external\.bucket: may have lower-case/,
    ],
    [
      { cloudStorages: [{ name: "a", external: { ...STORE, accessKey: "a b" } }] },
      /external\.accessKey: must have no blanks/,
    ],
    [{ cloudStorages: [{ name: "a" }] }, /^cloudStorages\.0: needs either `role` or `external`/],
    [{ cloudStorages: [{ name: "a", role: "cvat", organization: "x" }] }, /organization: names `x`, which is not in/],
    [
      {
        cloudStorages: [
          { name: "a", role: "cvat" },
          { name: "a", role: "datasets" },
        ],
      },
      /^cloudStorages\.1\.name: is that of/,
    ],
  ])("are refused: %j", (config, problem) => {
    expect(problemsOf(config)).toEqual([expect.stringMatching(problem)]);
  });
});
