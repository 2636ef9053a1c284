import { createCipheriv, createDecipheriv, pbkdf2Sync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { sealed } from "../../components/storage/client/sealed.ts";
import { bucketsOf, lifecycleRules } from "../../components/storage/buckets.ts";
import { objectStoreConfig } from "../../components/storage/object-store-section.ts";
import { APPLICATIONS } from "../../components/storage/grants.ts";
import { LONGEST_POLICY } from "../../components/storage/policy.ts";
import { grantsOf } from "../../components/storage/granted.ts";
import { grantsOfPerson, personId } from "../../components/storage/people.ts";
import { usersOf } from "../../components/storage/users.ts";

const ADDRESS = { address: "192.0.2.30" };
const config = (more: object = {}) => objectStoreConfig.parse({ ...ADDRESS, ...more });
const problems = (more: object) =>
  objectStoreConfig
    .safeParse({ ...ADDRESS, ...more })
    .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

describe("who may do what in the object store", () => {
  it.each([
    ["cvat", "datasets:read cvat:write"],
    ["clearml", "datasets:write clearml:write models:write"],
    ["functions", "models:read"],
  ] as const)("%s: %s", (application, expected) => {
    const grants = grantsOf(config(), application).map(({ bucket, access }) => `${bucket}:${access}`);
    expect(grants.join(" ")).toBe(expected);
  });

  it.each([
    ["clearml", ["cvat", "clearml"], "datasets:write cvat:write clearml:write models:write"],
    ["clearml", ["clearml"], "datasets:write clearml:write models:write"],
    ["cvat", ["cvat"], "datasets:write cvat:write models:write"],
  ] as const)("a person of %s in a lab of %s: %s", (of, applications, expected) => {
    const grants = grantsOfPerson(config(), of, applications).map(({ bucket, access }) => `${bucket}:${access}`);
    expect(grants.join(" ")).toBe(expected);
  });

  it("gives each person a user of a name of their own", () => {
    const users = usersOf(config(), APPLICATIONS, [{ username: "anna", of: "clearml" }]);
    const anna = users.find(({ id }) => id === "clearml-anna");
    expect(anna?.accessKey).toBe("vision-platform-clearml-anna");
    expect(anna?.policy).not.toContain("Condition");
    expect(personId({ username: "Anna", of: "cvat" })).not.toBe(personId({ username: "anna", of: "cvat" }));
    expect(personId({ username: "anna", of: "cvat" })).toBe("cvat-anna");
  });

  it("narrows people as the application is whose people they are", () => {
    const onlyPrefixes = { clearml: { datasets: ["team/"] }, cvat: { datasets: ["lab/"], cvat: ["out/"] } };
    const narrowed = (of: "clearml" | "cvat") =>
      grantsOfPerson(config({ onlyPrefixes }), of, APPLICATIONS).map(({ bucket, prefixes, listsAll }) =>
        [bucket, ...(prefixes ?? []), listsAll].join(" "),
      );
    expect(narrowed("clearml")).toEqual(["datasets team/ false", "cvat out/ false", "clearml false", "models false"]);
    expect(narrowed("cvat")).toEqual(["datasets lab/ false", "cvat out/ false", "models false"]);
  });

  it("gives the job that deletes for ClearML that alone, where ClearML writes artifacts", () => {
    const policyOf = (section: object) => {
      const user = usersOf(config(section), ["clearml"], [{ username: "delete", of: "clearml" }]).find(
        ({ id }) => id === "delete-clearml",
      );
      expect(user?.accessKey).toBe("vision-platform-delete-clearml");
      return (JSON.parse(user?.policy ?? "{}") as { Statement: unknown }).Statement;
    };
    const statement = (...Resource: string[]) => [{ Effect: "Allow", Action: ["s3:DeleteObject"], Resource }];
    expect(policyOf({})).toEqual(statement("arn:aws:s3:::clearml/*"));
    expect(
      policyOf({ buckets: { clearml: { name: "runs" } }, onlyPrefixes: { clearml: { clearml: ["a/", "b/"] } } }),
    ).toEqual(statement("arn:aws:s3:::runs/a/*", "arn:aws:s3:::runs/b/*"));
    expect(usersOf(config(), ["cvat"], []).map(({ id }) => id)).toEqual(["cvat"]);
  });

  it("limits listing and reading to prefixes, but lets CVAT ask for its bucket", () => {
    const narrowed = config({ onlyPrefixes: { functions: { models: ["yolo/"] }, cvat: { datasets: ["lab/"] } } });
    const [cvat, functions] = usersOf(narrowed, ["cvat", "functions"], []).map(({ policy }) => policy);
    expect(functions).toContain('"Condition":{"StringLike":{"s3:prefix":["yolo/*"]}}');
    expect(functions).toContain('"arn:aws:s3:::models/yolo/*"');
    expect(functions).not.toContain("arn:aws:s3:::models/*");
    expect(cvat).not.toContain("Condition");
    expect(cvat).toContain('"arn:aws:s3:::datasets/lab/*"');
  });

  it("says once what may be done with many buckets, so that MinIO takes it", () => {
    const policy = usersOf(config({ moreBuckets: buckets(100) }), ["cvat"], [])[0]?.policy ?? "";
    expect(Buffer.byteLength(policy)).toBeLessThan(LONGEST_POLICY);
    const { Statement } = JSON.parse(policy) as { Statement: { Action: string[]; Resource: string[] }[] };
    expect(Statement.map(({ Action, Resource }) => [Action.at(-1), Resource.length])).toEqual([
      ["s3:ListBucket", 1],
      ["s3:GetObject", 1],
      ["s3:ListBucket", 101],
      ["s3:PutObject", 101],
    ]);
    expect(Statement[3]?.Resource).toContain(`arn:aws:s3:::${"b".repeat(60)}099/*`);
  });

  it("opens a further bucket to those it names", () => {
    const more = config({ moreBuckets: { videos: { name: "videos", readers: ["cvat"], writers: ["clearml"] } } });
    expect(grantsOf(more, "cvat")).toContainEqual(expect.objectContaining({ bucket: "videos", access: "read" }));
    expect(grantsOf(more, "clearml")).toContainEqual(expect.objectContaining({ bucket: "videos", access: "write" }));
    expect(grantsOf(more, "functions").map(({ bucket }) => bucket)).toEqual(["models"]);
  });
});

/** As many buckets, with names as long as they may be, that CVAT writes to. */
function buckets(count: number): object {
  const names = Array.from({ length: count }, (_, index) => "b".repeat(60) + String(index).padStart(3, "0"));
  return Object.fromEntries(names.map((name, index) => [`more${index}`, { name, writers: ["cvat"] }]));
}

describe("what expires in a bucket", () => {
  const rules = (bucket: object) =>
    bucketsOf(config({ buckets: { models: bucket } }))
      .map(lifecycleRules)
      .at(-1);

  it("frees its space in a bucket that keeps versions too", () => {
    expect(rules({ lifecycle: [{ prefix: "old/", days: 9 }] })).toEqual([
      { id: "expire-old/", filter: "old/", expiration: "9d", noncurrentVersionExpirationDays: 9 },
    ]);
  });

  it("keeps former versions as long as is said", () => {
    expect(rules({ lifecycle: [{ prefix: "old/", days: 9, noncurrentDays: 90 }] })).toEqual([
      expect.objectContaining({ expiration: "9d", noncurrentVersionExpirationDays: 90 }),
    ]);
  });
});

describe("the section of the object store", () => {
  it.each([
    [{ buckets: { cvat: { name: "models" } } }, /buckets\.models\.name: `models` .*objectStore\.buckets\.cvat/],
    [{ moreBuckets: { cvat: { name: "other" } } }, /moreBuckets\.cvat: every lab has a bucket for `cvat`/],
    [{ buckets: { cvat: { name: "Cvat" } } }, /buckets\.cvat\.name: must be lower-case/],
    [{ buckets: { cvat: { name: "a..b" } } }, /two dots/],
    [{ buckets: { cvat: { name: "192.0.2.1" } } }, /an address/],
    [{ buckets: { cvat: { name: "minio" } } }, /keeps for itself/],
    [{ onlyPrefixes: { cvat: { nothing: ["a/"] } } }, /onlyPrefixes\.cvat\.nothing: there is no such bucket/],
    [{ endpoint: "http://192.0.2.30:9000/minio" }, /endpoint: must be HOST:PORT such as/],
    [{ deployment: "not an id" }, /deployment: must be an id/],
  ])("refuses %j", (section, expected) => {
    expect(problems(section)?.join("\n")).toMatch(expected);
  });

  it.each(["/a", "a//b", "a/../b", "./a", "${aws:username}/"])(
    "refuses the prefix %s, below which nothing is",
    (prefix) => {
      expect(problems({ onlyPrefixes: { cvat: { datasets: [prefix] } } })).toEqual([
        expect.stringMatching(/^onlyPrefixes\.cvat\.datasets\.0: begins no key that a store has/),
      ]);
    },
  );

  it.each(["é/", "a#b/", "a b/", "a%20b/"])(
    "refuses artifacts of ClearML below %s, and nothing else there",
    (prefix) => {
      expect(problems({ onlyPrefixes: { clearml: { clearml: [prefix, "b/"] } } })).toEqual([
        expect.stringMatching(/^onlyPrefixes\.clearml\.clearml\.0: is where artifacts go/),
      ]);
      const elsewhere = { clearml: { clearml: ["b/", prefix] }, cvat: { datasets: [prefix] } };
      expect(problems({ onlyPrefixes: elsewhere }) ?? []).toEqual([]);
    },
  );

  it("refuses more buckets than the policy of an application can name", () => {
    expect(problems({ moreBuckets: buckets(130) })).toEqual([
      expect.stringMatching(
        /^moreBuckets: `cvat` may use 132 buckets: the policy that says so has \d+ bytes, and MinIO takes 20480\./,
      ),
    ]);
  });
});

describe("a body of MinIO's admin API", () => {
  // As sio-go reads it; that a real MinIO opens it, the rehearsal shows by its users.
  it.each([0, 5, 16 * 1024, 40_000])("of %i bytes is sealed in fragments of 16 KiB", (size) => {
    const text = Buffer.alloc(size, "x");
    const body = sealed("password", text);
    const [salt, way, nonce] = [body.subarray(0, 32), body[32], body.subarray(33, 41)];
    expect(way).toBe(2);
    const key = pbkdf2Sync("password", salt, 8192, 32, "sha256");
    const opened: Buffer[] = [];
    const at = (sequence: number) => Buffer.concat([nonce, Buffer.from([sequence, 0, 0, 0])]);
    let rest = body.subarray(41);
    const head = sealedNothing(key, at(0));
    for (let sequence = 1; rest.length > 0; sequence++) {
      const fragment = rest.subarray(0, 16 * 1024 + 16);
      rest = rest.subarray(fragment.length);
      const mark = Buffer.from([rest.length === 0 ? 0x80 : 0]);
      const cipher = createDecipheriv("aes-256-gcm", key, at(sequence)).setAAD(Buffer.concat([mark, head]));
      cipher.setAuthTag(fragment.subarray(-16));
      opened.push(Buffer.concat([cipher.update(fragment.subarray(0, -16)), cipher.final()]));
    }
    expect(Buffer.concat(opened)).toEqual(text);
  });
});

/** The tag over nothing, which every fragment carries on. */
function sealedNothing(key: Buffer, nonce: Buffer): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.final();
  return cipher.getAuthTag();
}
