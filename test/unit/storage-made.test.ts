import { describe, expect, it } from "vitest";
import { deploymentIn, madeIn, missingFrom, namesOf, placesIn } from "../../components/storage/made.ts";

/** As the real plugin 0.17.1 leaves them in state: with what it adds, and with nulls. (plugins-second-look.md) */
const STATE = [
  { urn: "u:stack", type: "pulumi:pulumi:Stack", outputs: {} },
  {
    urn: "u:provider",
    type: "pulumi:providers:minio",
    outputs: {
      minioServer: "192.0.2.30:9000",
      minioSsl: "true",
      minioRegion: "lab-1",
      minioUser: "admin",
      minioPassword: "administrator-secret",
    },
  },
  {
    urn: "u:bucket",
    type: "minio:index/s3Bucket:S3Bucket",
    outputs: { id: "cvat", bucket: "cvat", acl: "private", bucketPrefix: null, __defaults: [] },
  },
  {
    urn: "u:versioning",
    type: "minio:index/s3BucketVersioning:S3BucketVersioning",
    outputs: { bucket: "cvat", versioningConfiguration: { status: "Enabled", excludedPrefixes: null } },
  },
  {
    urn: "u:lifecycle",
    type: "minio:index/ilmPolicy:IlmPolicy",
    outputs: {
      bucket: "cvat",
      rules: [{ id: "expire-exports/", filter: "exports/", expiration: "30d", noncurrentVersionExpirationDays: 0 }],
    },
  },
  { urn: "u:user", type: "minio:index/iamUser:IamUser", outputs: { name: "vp-cvat", secret: "s3cret", tags: null } },
  { urn: "u:policy", type: "minio:index/iamPolicy:IamPolicy", outputs: { name: "vp-cvat", policy: "{}" } },
  {
    urn: "u:attachment",
    type: "minio:index/iamUserPolicyAttachment:IamUserPolicyAttachment",
    outputs: { id: "vp-cvat-2026", userName: "vp-cvat", policyName: "vp-cvat" },
  },
  { urn: "u:presence", type: "vision-platform:storage:Presence", outputs: { deployment: "d-1", missing: [] } },
];

const there = (buckets: string[], users: Record<string, string[]>, policies: string[]) => ({
  buckets: new Set(buckets),
  users: new Map(Object.entries(users)),
  policies: new Set(policies),
});

describe("what a stack has made in its store", () => {
  const made = madeIn(STATE);

  it("is read from its state, with what makes it again", () => {
    expect(made).toEqual([
      { urn: "u:bucket", kind: "bucket", bucket: "cvat" },
      { urn: "u:versioning", kind: "versioning", bucket: "cvat", status: "Enabled" },
      expect.objectContaining({ kind: "lifecycle", bucket: "cvat" }),
      { urn: "u:user", kind: "user", user: "vp-cvat", secret: "s3cret" },
      { urn: "u:policy", kind: "policy", policy: "vp-cvat", document: "{}" },
      { urn: "u:attachment", kind: "attachment", user: "vp-cvat", policy: "vp-cvat" },
    ]);
    expect(placesIn(STATE)).toEqual([
      { server: "192.0.2.30:9000", tls: true, region: "lab-1", user: "admin", password: "administrator-secret" },
    ]);
    expect(deploymentIn(STATE)).toBe("d-1");
    expect(deploymentIn([])).toBeUndefined();
  });

  it.each([
    ["nothing", there(["cvat"], { "vp-cvat": ["readonly", "vp-cvat"] }, ["vp-cvat"]), [], []],
    [
      "a bucket, with what was set on it",
      there([], { "vp-cvat": ["vp-cvat"] }, ["vp-cvat"]),
      ["u:bucket", "u:versioning", "u:lifecycle"],
      ["bucket `cvat`"],
    ],
    [
      "a user, and that it had its policy",
      there(["cvat"], {}, ["vp-cvat"]),
      ["u:user", "u:attachment"],
      ["user `vp-cvat`"],
    ],
    [
      "a policy, which nobody has then",
      there(["cvat"], { "vp-cvat": ["vp-cvat"] }, []),
      ["u:policy", "u:attachment"],
      ["policy `vp-cvat`"],
    ],
    [
      "that a user has its policy",
      there(["cvat"], { "vp-cvat": [] }, ["vp-cvat"]),
      ["u:attachment"],
      ["policy of user `vp-cvat`"],
    ],
  ])("misses %s", (_what, store, urns, names) => {
    const missing = missingFrom(store, made);
    expect(missing.map(({ urn }) => urn)).toEqual(urns);
    expect(namesOf(missing)).toEqual(names);
  });
});
