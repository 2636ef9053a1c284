import { readFile } from "node:fs/promises";
import { describe, expect, it, vi } from "vitest";
import { OwnProvider } from "../../components/records/resource.ts";
import { objectStoreConfig } from "../../components/storage/object-store-section.ts";
import { APPLICATIONS } from "../../components/storage/grants.ts";
import { STORE_GUARDS } from "../../components/storage/guards.ts";
import { NOTHING_FOUND } from "../../components/storage/findings.ts";
import { storePlan } from "../../components/storage/plan.ts";
import { ObjectStore, type BucketAccess } from "../../components/storage/object-store.ts";
import { recordRegistrations, settled } from "./registrations.ts";

const registered = recordRegistrations();

/** Those of a lab without backups. */
const SYSTEMS = APPLICATIONS.filter((application) => application !== "backup");

async function made(section: object = {}) {
  const config = objectStoreConfig.parse({
    address: "192.0.2.30",
    credentials: { accessKey: "administrator", secretKey: "administrator-secret" },
    ...section,
  });
  const found = { seen: true, existing: new Set(["datasets"]), missing: [] };
  const args = {
    plan: storePlan({ config, applications: SYSTEMS, people: [{ username: "anna", of: "clearml" }] }),
    found,
  };
  new ObjectStore("store", args, { providers: [new OwnProvider("dynamic")] });
  await settled(registered);
  return registered.map(({ type, name, inputs }) => ({ type: type.split(":").at(-1) ?? "", name, inputs }));
}

/** Names of the resources of one type. */
async function names(type: string, section?: object) {
  return (await made(section)).filter((one) => one.type === type).map(({ name }) => name);
}

describe("the object store registers", () => {
  it("a bucket for each purpose, under a name that comes from it", async () => {
    expect(await names("S3Bucket", { moreBuckets: { videos: { name: "lab-videos" } } })).toEqual(
      ["datasets", "cvat", "clearml", "models", "videos"].map((role) => `store-${role}`),
    );
  });

  it("a user with a policy, and a key of its own, for each application and person", async () => {
    const users = ["cvat", "clearml", "functions", "delete-clearml", "clearml-anna"];
    const all = await made();
    const of = (type: string) => all.filter((one) => one.type === type).map(({ name }) => name);
    expect(of("IamUser").sort()).toEqual(users.map((user) => `store-${user}`).sort());
    for (const type of ["IamPolicy", "IamUserPolicyAttachment"]) {
      expect(of(type).sort()).toEqual(users.map((user) => `store-${user}-policy`).sort());
    }
    expect(of("GeneratedText").sort()).toEqual(users.map((user) => `store-${user}-secret-key`).sort());
  });

  it("another key for the one whose rotation is counted up, and for no other", async () => {
    const all = await made({ keyRotations: { cvat: 2, deleteJob: 4, people: { anna: 1 } } });
    const rotations = all
      .filter(({ type }) => type === "GeneratedText")
      .map(({ name, inputs }) => [name.replace(/^store-|-secret-key$/g, ""), inputs["rotation"]]);
    expect(Object.fromEntries(rotations)).toEqual({
      cvat: 2,
      clearml: 0,
      functions: 0,
      "delete-clearml": 4,
      "clearml-anna": 1,
    });
  });
});

describe("what clients get", () => {
  async function access(section: object) {
    const config = objectStoreConfig.parse({
      address: "192.0.2.30",
      credentials: { accessKey: "administrator", secretKey: "administrator-secret" },
      ...section,
    });
    const plan = storePlan({ config, applications: SYSTEMS, people: [], ca: "PEM" });
    const args = { plan, found: NOTHING_FOUND };
    const store = new ObjectStore("store", args, { providers: [new OwnProvider("dynamic")] });
    const found = await new Promise<BucketAccess>((resolve) =>
      store.access("clearml", "clearml", store.keysOf("clearml")).apply(resolve),
    );
    await settled(registered);
    const { endpoint, secure, outside, region, ca, prefix } = found;
    return { endpoint, secure, outside, region, ca, prefix, caForPods: plan.caForPods };
  }

  it("is one way where there is one", async () => {
    expect(await access({ region: "eu-lab-1" })).toEqual({
      endpoint: "192.0.2.30:9000",
      secure: false,
      region: "eu-lab-1",
    });
  });

  it("is both where people have another than pods, with the authority for whom it is", async () => {
    expect(await access({ endpoint: "https://minio.example.com" })).toMatchObject({
      endpoint: "192.0.2.30:9000",
      secure: false,
      outside: { endpoint: "minio.example.com:443", secure: true },
      ca: "PEM",
      caForPods: undefined,
    });
    expect(await access({ address: "https://192.0.2.30:9000" })).toMatchObject({ secure: true, caForPods: "PEM" });
  });

  it("names the first of the prefixes to which ClearML is narrowed, of this bucket alone", async () => {
    const narrowed = { clearml: { clearml: ["team/", "other/"], models: ["m/"] } };
    expect((await access({ onlyPrefixes: narrowed })).prefix).toBe("team/");
    expect((await access({ onlyPrefixes: { clearml: { models: ["m/"] } } })).prefix).toBeUndefined();
  });

  it("leaves out a tunnel of this machine, which leads nobody else to the store", async () => {
    expect((await access({ endpoint: "127.0.0.1:19000" })).outside).toBeUndefined();
  });
});

describe("guards against the plugin", () => {
  it("no-force-destroy, no-update-secret: neither stands on any resource, the key of a user always does", async () => {
    const all = await made();
    for (const { inputs } of all) {
      expect(Object.keys(inputs)).not.toContain("forceDestroy");
      expect(Object.keys(inputs)).not.toContain("updateSecret");
    }
    for (const { inputs } of all.filter(({ type }) => type === "IamUser")) expect(inputs["secret"]).toBeDefined();
  });

  it("explicit-provider: every field is said, whatever the environment says", async () => {
    vi.stubEnv("MINIO_ENDPOINT", "203.0.113.1:9000");
    vi.stubEnv("MINIO_ENABLE_HTTPS", "true");
    const provider = (await made()).find(({ type }) => type === "minio");
    vi.unstubAllEnvs();
    expect(provider?.inputs).toMatchObject({
      minioServer: "192.0.2.30:9000",
      minioSsl: "false",
      minioInsecure: "false",
      minioRegion: "us-east-1",
    });
    expect(Object.keys(provider?.inputs ?? {})).toEqual(expect.arrayContaining(["minioUser", "minioPassword"]));
  });

  it("with an authority, the plugin gets its file as the stack file names it, where this machine speaks HTTPS", async () => {
    const providerOf = async (section: object) =>
      (await made(section)).findLast(({ type }) => type === "minio")?.inputs ?? {};
    const ca = "certs/store-ca.crt";
    expect(await providerOf({ endpoint: "https://minio.example.com", ca })).toMatchObject({
      minioServer: "minio.example.com:443",
      minioSsl: "true",
      minioCacertFile: ca,
    });
    const inClear = await providerOf({ address: "https://192.0.2.30:9000", endpoint: "127.0.0.1:19000", ca });
    expect(inClear).toMatchObject({ minioServer: "127.0.0.1:19000", minioSsl: "false" });
    expect(Object.keys(inClear)).not.toContain("minioCacertFile");
    expect(Object.keys(await providerOf({}))).not.toContain("minioCacertFile");
  });

  it("each row names a test that is there", async () => {
    for (const { test } of STORE_GUARDS) {
      const [file = "", title = ""] = test.split(": ");
      expect(await readFile(file, "utf8")).toContain(title);
    }
  });
});
