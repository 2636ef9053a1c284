import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { previewCommand } from "../../automation/commands/preview.ts";
import { keyOpening, passphraseIn, seal, stackKeyOf, unseal } from "../../automation/engine/sealing.ts";
import { decrypted, secretsIn } from "../../automation/engine/secrets-in.ts";
import { assertSealed, readPlan, writePlan } from "../../automation/plan/file.ts";
import { newPlanKey, planKeyOf, type PlanKey } from "../../automation/plan/hmac.ts";
import { FORMAT, type SavedPlan } from "../../automation/plan/plan.ts";
import { programDigest, SOURCES } from "../../automation/plan/sources.ts";
import { notesOf, savedText } from "../../automation/plan/words.ts";
import { PROJECT_FOLDER } from "../../automation/project.ts";
import { planAskedFor } from "../../automation/verbs/up-plan.ts";
import { UserError } from "../../components/program/errors.ts";
import { UNKNOWN } from "../../components/records/kind.ts";

const ENV = { PULUMI_CONFIG_PASSPHRASE: "passphrase of a test" };
const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
const OUTPUT = { "4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4" };

let folder: string;
let key: PlanKey;
let file: string;
let digest: string;

const source: SavedPlan["source"] = {
  program: "sha256:1",
  version: "0.1.0",
  stackFile: "sha256:2",
  secrets: { "vision-platform:cvat.superuser.password": "mark" },
  charts: [{ name: "cvat", version: "0.17.1", origin: "locked", digest: "sha256:3" }],
  programs: { pulumi: "3.246.0", node: "20.20.2" },
};
const content = (): Omit<SavedPlan, "seal"> => ({
  format: FORMAT,
  version: 1,
  stack: "lab",
  saved: { at: "2026-11-30T10:00:00.000Z", by: "anna on runner-1", revision: "1a2b3c4d5e6f7a8b9c0d" },
  lab: { cluster: "uid" },
  state: { digest: "sha256:4" },
  source,
  steps: [],
  unchanged: 3,
  unseen: 0,
  salt: key.salt,
});

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-plan-"));
  file = path.join(folder, "plan.json");
  key = await newPlanKey(ENV);
  digest = await writePlan(file, content(), key);
});
afterAll(() => rm(folder, { recursive: true }));

const changed = async (to: (text: string) => string): Promise<string> => {
  const other = path.join(folder, "other.json");
  await writeFile(other, to(await readFile(file, "utf8")));
  return other;
};

describe("a plan's file", () => {
  it("is its owner's alone, and its digest is that of the file", async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(
      createHash("sha256")
        .update(await readFile(file))
        .digest("hex"),
    ).toMatch(new RegExp(`^${digest}`));
    const read = await readPlan(file, "lab", digest);
    expect(read).toMatchObject({ digest, plan: content() });
    expect(() => assertSealed(read, key)).not.toThrow();
  });

  it.each<[string, (text: string) => string, RegExp]>([
    ["cut off", (text) => text.slice(0, -20), /is damaged, or no plan of preview --save-plan: save it again\.$/],
    ["something else", () => "[1]", /is damaged, or no plan/],
    ["without a part", (text) => text.replace(/"unchanged": 3,/, ""), /is damaged: save it again\.$/],
    ["with a part more", (text) => text.replace(/"unseen"/, '"more": 1, "unseen"'), /is damaged: save it again\.$/],
    [
      "of a version to come",
      (text) => text.replace(/"version": 1,/, '"version": 2,'),
      /is a plan of format version 2, and this program knows version 1: save it again with this one\.$/,
    ],
    [
      "of another stack",
      (text) => text.replace('"stack": "lab"', '"stack": "home"'),
      /is a plan of stack home, not of lab\.$/,
    ],
  ])("is refused where it is %s", async (_what, to, words) => {
    await expect(readPlan(await changed(to), "lab", undefined)).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(words) as string,
    });
  });

  it("is refused where any of it was changed by hand, in whichever way its JSON is written", async () => {
    const spaced = await readPlan(await changed((text) => JSON.stringify(JSON.parse(text))), "lab", undefined);
    expect(() => assertSealed(spaced, key)).not.toThrow();
    for (const [from, to] of [
      ["anna", "otto"],
      ['"unchanged": 3', '"unchanged": 4'],
      ["uid", "uie"],
    ] as const) {
      const other = await readPlan(await changed((text) => text.replace(from, to)), "lab", undefined);
      expect(() => assertSealed(other, key), to).toThrow(
        /is not as it was saved: somebody changed it, or made it without/,
      );
    }
    const forged = await newPlanKey({ PULUMI_CONFIG_PASSPHRASE: "another" });
    await writePlan(path.join(folder, "forged.json"), { ...content(), salt: key.salt }, forged);
    const made = await readPlan(path.join(folder, "forged.json"), "lab", undefined);
    expect(() => assertSealed(made, key)).toThrow(/is not as it was saved/);
  });

  it("is refused where it is not there, no file, too large, or of another digest", async () => {
    const problem = (name: string, asked?: string) =>
      readPlan(name, "lab", asked).then(String, (error: unknown) =>
        error instanceof UserError ? `${error.exitCode}: ${error.message}` : String(error),
      );
    expect(await problem(path.join(folder, "none.json"))).toMatch(/^2: --plan \S+ cannot be read \(ENOENT\)\.$/);
    expect(await problem(folder)).toMatch(/^2: --plan \S+ cannot be read \(it is no file\)\.$/);
    expect(await problem(file, "0".repeat(12))).toBe(
      `1: --plan ${file} is another plan than --digest names: its digest is ${digest}.`,
    );
    const large = path.join(folder, "large.json");
    await writeFile(large, "");
    await truncate(large, 64 * 1024 ** 2 + 1);
    expect(await problem(large)).toMatch(/^1: --plan \S+ is larger than the 64 MiB/);
  });
});

describe("a plan's key", () => {
  it("is found again by the passphrase alone", async () => {
    expect((await planKeyOf(key.salt, ENV))?.seal("x")).toBe(key.seal("x"));
    expect(await planKeyOf(key.salt, { PULUMI_CONFIG_PASSPHRASE: "another" })).toBeUndefined();
    await expect(newPlanKey({})).rejects.toThrow(/set PULUMI_CONFIG_PASSPHRASE/);
  });

  it("marks the same secret elsewhere, and in another plan, in another way", async () => {
    const other = await newPlanKey(ENV);
    const marks = [key.mark(["a"], "x"), key.mark(["b"], "x"), key.mark(["a"], "y"), other.mark(["a"], "x")];
    expect(new Set(marks).size).toBe(4);
    expect(key.mark(["a"], { one: 1, two: 2 })).toBe(key.mark(["a"], { two: 2, one: 1 }));
  });

  it("is of the passphrase that the engine takes", async () => {
    const own = path.join(folder, "passphrase");
    await writeFile(own, "from a file\n");
    expect(await passphraseIn({ PULUMI_CONFIG_PASSPHRASE_FILE: own })).toBe("from a file");
    expect(await passphraseIn({ PULUMI_CONFIG_PASSPHRASE: "", PULUMI_CONFIG_PASSPHRASE_FILE: own })).toBe("");
    const { salt, key: bytes } = await stackKeyOf("p");
    expect(unseal((await keyOpening("p", salt)) ?? Buffer.alloc(32), seal(bytes, "text"))).toBe("text");
  });
});

describe("secrets among inputs", () => {
  it("are found in the engine's envelopes and in outputs, and of a Secret all its data in one form", () => {
    expect(
      secretsIn("x:y:Z", {
        a: { ...SECRET, value: "1" },
        b: [{ c: { ...OUTPUT, value: "2", secret: true } }],
        d: "plain",
      }),
    ).toEqual([
      { place: ["a"], value: "1" },
      { place: ["b", "0", "c"], value: "2" },
    ]);
    const type = "kubernetes:core/v1:Secret";
    const asText = secretsIn(type, { stringData: { key: { ...SECRET, value: "text" } } });
    expect(asText).toEqual(secretsIn(type, { data: { ...SECRET, value: { key: "dGV4dA==" } } }));
    expect(secretsIn(type, { stringData: UNKNOWN })).toEqual([{ place: ["data"], value: UNKNOWN }]);
    expect(secretsIn(type, { stringData: { ...SECRET, value: { key: UNKNOWN } } })).toEqual([
      { place: ["data", "key"], value: UNKNOWN },
    ]);
    expect(secretsIn("x:y:Z", { a: { ...SECRET, value: { part: UNKNOWN } } })).toEqual([
      { place: ["a"], value: UNKNOWN },
    ]);
  });

  it("of a stored state are opened with the stack's key", async () => {
    const { key: bytes } = await stackKeyOf("p");
    const stored = { a: { ...SECRET, ciphertext: seal(bytes, '{"b":"text"}') }, c: 1 };
    expect(decrypted(stored, bytes)).toEqual({ a: { ...SECRET, value: { b: "text" } }, c: 1 });
  });
});

describe("what a plan was made of", () => {
  it("is the same wherever the checkout lies, and another when a source is", async () => {
    const checkout = path.join(folder, "checkout");
    for (const name of SOURCES.folders) {
      await mkdir(path.join(checkout, name), { recursive: true });
      await writeFile(path.join(checkout, name, "a.ts"), name);
    }
    for (const name of SOURCES.files) await writeFile(path.join(checkout, name), name);
    await cp(checkout, `${checkout}-2`, { recursive: true });
    const digest = await programDigest(checkout);
    expect(await programDigest(`${checkout}-2`)).toBe(digest);
    await writeFile(path.join(`${checkout}-2`, "automation", "README.md"), "docs");
    expect(await programDigest(`${checkout}-2`)).toBe(digest);
    await writeFile(path.join(`${checkout}-2`, "images", "b.ts"), "");
    expect(await programDigest(`${checkout}-2`)).not.toBe(digest);
  });

  it("is every folder of the checkout but those that run nothing", () => {
    const all = execFileSync("git", ["ls-tree", "-d", "--name-only", "HEAD"], {
      cwd: PROJECT_FOLDER,
      encoding: "utf8",
    });
    const nothing = ["docs", "examples", "test", "tools"];
    const folders = all.split("\n").filter((name) => name !== "" && !name.startsWith(".") && !nothing.includes(name));
    expect(folders).toEqual([...SOURCES.folders]);
  });

  it("is told where it is another, with the plan's age", () => {
    const plan = { ...content(), seal: "" };
    const same = notesOf(plan, plan, { settled: [], nowKnown: [] });
    expect(same).toEqual(["Program, stack file, charts and programs are those of the review."]);
    const now = {
      state: { digest: "sha256:5", written: "2026-11-30T12:00:00Z" },
      source: {
        ...source,
        program: "sha256:9",
        secrets: {},
        charts: [],
        programs: { ...source.programs, node: "24.0.0" },
      },
    };
    expect(notesOf(plan, now, { settled: ["Secret a"], nowKnown: [] })).toEqual([
      "Since the review: the program is another (0.1.0, now 0.1.0); the secret vision-platform:cvat.superuser.password is another; chart cvat is another (0.17.1, now none); node 20.20.2, now 24.0.0. Each change was held against the plan.",
      "The lab was changed since the review, at 2026-11-30T12:00:00Z.",
      "Need no change any more: Secret a.",
    ]);
    const at = (time: string) => savedText(plan, Date.parse(time));
    expect(at("2026-12-02T11:00:00Z")).toBe("saved 2 days ago by anna on runner-1, of revision 1a2b3c4d5e6f");
    expect(at("2026-11-30T10:03:00Z")).toMatch(/^saved 3 min 0 s ago by/);
  });
});

it("up refuses flags that do not go with a plan, or need one", async () => {
  const flags = { stack: "lab", folder };
  const asked = (more: object, others = {}) => planAskedFor({ ...flags, ...more }, others).then(String, String);
  expect(await asked({})).toBe("undefined");
  expect(await asked({ digest: "0" })).toMatch(/it goes with --plan FILE/);
  expect(await asked({ dryRun: true })).toMatch(/it goes with --plan FILE/);
  expect(await asked({ plan: file }, { force: true })).toMatch(/--force takes over fields that nobody reviewed/);
  expect(await asked({ plan: file }, { forgetLost: true })).toMatch(/does not go with --plan/);
});

it("no plan is saved of a rehearsal, which informs", async () => {
  const parsing = previewCommand().parseAsync(["--rehearse", "--save-plan", file], { from: "user" });
  await expect(parsing).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/^--save-plan does not go with --rehearse: a rehearsal knows neither/) as string,
  });
});
