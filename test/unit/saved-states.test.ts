import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type * as auto from "@pulumi/pulumi/automation/index.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stackKeyOf } from "../../automation/engine/sealing.ts";
import type { StoredResource, StoredState } from "../../automation/engine/stored-state.ts";
import { checkpointIn } from "../../automation/state/checkpoint.ts";
import { differenceBetween, differenceText } from "../../automation/state/difference.ts";
import { filesAt, type StateFile } from "../../automation/state/files.ts";
import { listed, listText, sizeText } from "../../automation/state/listing.ts";
import { placeOfState } from "../../automation/state/place.ts";
import { recordIn } from "../../automation/state/record.ts";
import { planRestore, restoreText } from "../../automation/state/restore-plan.ts";
import { foldersOf, savedIn, savedStates, toPrune } from "../../automation/state/saved.ts";

const KEYS = { AWS_ACCESS_KEY_ID: "AKIDCANARY", AWS_SECRET_ACCESS_KEY: "secretCANARY" };

describe("where a stack's state is", () => {
  it.each([
    ["file:///srv/state", "/srv/state"],
    ["file:///srv/state?metadata=skip", "/srv/state"],
    ["file:///srv/my%20state", "/srv/my state"],
    ["file://~", homedir()],
    ["file://~/state", path.join(homedir(), "state")],
    ["file://./state", "/project/state"],
    ["file://.", "/project"],
  ])("%s", async (url, folder) => {
    expect(await placeOfState(url, {}, "/project")).toEqual({ kind: "file", folder });
  });

  it.each<[string, object, object]>([
    [
      "s3://states?endpoint=http://192.0.2.9:9000&s3ForcePathStyle=true&region=eu-1",
      {},
      { bucket: "states", prefix: "", s3: { server: "192.0.2.9:9000", tls: false, region: "eu-1", pathStyle: true } },
    ],
    [
      "s3://states/team/a?endpoint=store.example:9000&disableSSL=true&use_path_style=true",
      { AWS_REGION: "us-east-1" },
      { prefix: "team/a/", s3: { server: "store.example:9000", tls: false, region: "us-east-1", pathStyle: true } },
    ],
    [
      "s3://states?endpoint=store.example&region=x",
      {},
      { s3: { server: "store.example", tls: true, pathStyle: false } },
    ],
    ["s3://states", { AWS_DEFAULT_REGION: "eu-2" }, { s3: { server: "s3.eu-2.amazonaws.com", tls: true } }],
    [
      "s3://states?region=x",
      { AWS_ENDPOINT_URL: "https://store.example:9000", AWS_SESSION_TOKEN: "t" },
      { s3: { server: "store.example:9000", tls: true, sessionToken: "t" } },
    ],
  ])("%s", async (url, env, place) => {
    expect(await placeOfState(url, { ...KEYS, ...env }, "/")).toMatchObject({ kind: "s3", ...place });
  });

  it("says everything that S3 needs and is not there", async () => {
    await expect(placeOfState("s3://states", {}, "/")).rejects.toThrow(
      /^To look at the states in bucket states, set the store's region: .*AWS_REGION, and its keys: AWS_ACCESS_KEY_ID/,
    );
  });

  it.each([
    ["https://app.pulumi.com/ada", /Pulumi Cloud .*\(app\.pulumi\.com\).* pulumi stack history/],
    ["gs://states", /not read here \(gs\)/],
    ["azblob://states", /not read here \(azblob\)/],
  ])("%s is left to its own tools", async (url, words) => {
    await expect(placeOfState(url, KEYS, "/")).rejects.toThrow(words);
  });
});

const NANOS = (second: number, milli = 0) => `${1_764_511_200_000 + second * 1_000 + milli}000000`;
const file = (key: string, bytes = 1_000): StateFile => ({ key, bytes });
const { history, backups } = foldersOf("lab");

/** The files of updates that ended at these seconds. */
function updates(...seconds: number[]): [StateFile[], StateFile[]] {
  return [
    seconds.flatMap((at) => [
      file(`${history}/lab-${NANOS(at)}.history.json`, 10),
      file(`${history}/lab-${NANOS(at)}.checkpoint.json`),
    ]),
    seconds.map((at) => file(`${backups}/lab.${NANOS(at, 4)}.json`)),
  ];
}

describe("states that the engine has kept", () => {
  it("are one for each update, the newest first, with all their files", () => {
    const states = savedIn("lab", ...updates(0, 60));
    expect(states.map(({ id, kept, files }) => [id, kept.join(), files.length])).toEqual([
      ["20251130-140100", "history,backup", 3],
      ["20251130-140000", "history,backup", 3],
    ]);
  });

  it("are packed ones too, and backups alone where the stack was removed", () => {
    const [one] = savedIn("lab", [file(`${history}/lab-${NANOS(0)}.checkpoint.json.gz`)], []);
    expect(one).toMatchObject({ kept: ["history"], record: undefined });
    expect(savedIn("lab", [], [file(`${backups}/lab.${NANOS(0)}.json.zst`)])).toMatchObject([{ kept: ["backup"] }]);
  });

  it("are not what else lies there, and not those of a stack whose name begins so", () => {
    const others = [
      `lab-b-${NANOS(0)}.checkpoint.json`,
      `lab-1.checkpoint.json`,
      "notes.txt",
      `labx-${NANOS(0)}.history.json`,
    ];
    expect(
      savedIn(
        "lab",
        others.map((name) => file(`${history}/${name}`)),
        [file(`${backups}/lab.b.${NANOS(0)}.json`)],
      ),
    ).toEqual([]);
    expect(savedIn("l.b", [file(`${foldersOf("l.b").history}/lxb-${NANOS(0)}.checkpoint.json`)], [])).toEqual([]);
  });

  it("have names of their own where two are of one second", () => {
    const [one, two] = [NANOS(0, 1), NANOS(0, 900)];
    const ids = savedIn(
      "lab",
      [one, two].map((at) => file(`${history}/lab-${at}.checkpoint.json`)),
      [],
    ).map(({ id }) => id);
    expect(ids).toEqual(["20251130-140000-900", "20251130-140000"]);
  });

  it("prune leaves the newest, whatever is asked", () => {
    const states = savedIn("lab", ...updates(0, 60, 120));
    const ids = (going: { id: string }[]) => going.map(({ id }) => id);
    expect(ids(toPrune(states, { keep: 1 }))).toEqual(["20251130-140100", "20251130-140000"]);
    expect(ids(toPrune(states, { keep: 2 }))).toEqual(["20251130-140000"]);
    expect(ids(toPrune(states, { keep: 3 }))).toEqual([]);
    expect(ids(toPrune(states, { before: Infinity }))).toEqual(["20251130-140100", "20251130-140000"]);
    expect(ids(toPrune(states, { before: states[1]?.saved ?? 0 }))).toEqual(["20251130-140000"]);
    expect(toPrune([], { keep: 1 })).toEqual([]);
  });
});

const PARENTS = "vision-platform:index:VisionPlatform$vision-platform:cvat:Cvat$";
const urn = (type: string, name: string) => `urn:pulumi:lab::vision-platform::${PARENTS}${type}::${name}`;
const thing = (name: string, modified = "2026-11-30T10:00:00Z", type = "kubernetes:apps/v1:Deployment") =>
  ({ urn: urn(type, name), type, modified }) as StoredResource;
const PASSWORD = "vision-platform:secrets:GeneratedText";

function stored(resources: readonly StoredResource[], { time = "2026-11-30T10:00:00Z", salt = "v1:a:b" } = {}) {
  const deployment = {
    manifest: { time },
    secrets_providers: { type: "passphrase", state: { salt } },
    resources,
  } as unknown as StoredState["deployment"];
  return { version: 3, deployment };
}

const asFile = ({ version, deployment }: StoredState, stack = "organization/vision-platform/lab") =>
  Buffer.from(JSON.stringify({ version, checkpoint: { stack, latest: deployment } }));

describe("what a file of the engine's says", () => {
  it("is read packed as well", () => {
    const whole = asFile(stored([thing("a")]));
    expect(checkpointIn("x", gzipSync(whole))).toEqual(checkpointIn("x", whole));
    expect(checkpointIn("x", Buffer.from(`{"version":3,"checkpoint":{"stack":"s"}}`)).deployment).toEqual({});
  });

  it.each([
    ["", "it is empty"],
    [`{"secret":"CANARY`, "it is no whole JSON"],
    [`{"secret":"CANARY"}`, "it is not what the engine writes"],
    [gzipSync("CANARY".repeat(100)).subarray(0, 20), "it is packed, and cut short"],
  ])("that is no state is refused without a word of it (%#)", (bytes, why) => {
    const read = () => checkpointIn("lab.json", Buffer.from(bytes));
    expect(read).toThrow(`lab.json cannot be read as a state: ${why}.`);
    expect(read).not.toThrow("CANARY");
  });

  it("of an update is what happened, by whom, and nothing of its configuration", () => {
    const environment = {
      "ci.system": "GitHub",
      "ci.build.number": "17",
      "git.head": "0123456789abcdef",
      "git.author": "A\u202ed",
    };
    const config = { "vision-platform:cvat": { value: "CANARY", secret: false } };
    const update = { kind: "update", result: "failed", startTime: 5, endTime: 9, environment, config };
    const record = recordIn("x", Buffer.from(JSON.stringify(update)));
    expect(record).toEqual({
      update: "up",
      result: "failed",
      by: "GitHub 17",
      commit: "01234567 (A\\u202ed)",
      seconds: 4,
    });
  });
});

describe("what restoring means", () => {
  const present = [
    thing("kept"),
    thing("new"),
    thing("other", "2026-11-30T11:00:00Z"),
    thing("pass", "2026-11-30T11:00:00Z", PASSWORD),
  ];
  const older = [thing("kept"), thing("other"), thing("old"), thing("pass", "2026-11-30T10:00:00Z", PASSWORD)];

  it("is told by what each of the two knows", () => {
    const difference = differenceBetween(present, older);
    expect(difference).toEqual({
      forgotten: ["Deployment new (CVAT)"],
      known: ["Deployment old (CVAT)"],
      changed: ["Deployment other (CVAT)"],
      passwords: ["GeneratedText pass (CVAT)"],
    });
    expect(differenceText(difference).join("\n")).toMatch(
      /1 would be known no longer\. [^]*Deployment new [^]*1 would be known again, [^]*Deployment old [^]*1 were changed since\. [^]*1 were made since, /,
    );
    expect(differenceText(differenceBetween(older, older))).toEqual([]);
  });

  it("leaves out components, providers and what only waits to be deleted", () => {
    const others = ["vision-platform:cvat:Cvat", "pulumi:providers:kubernetes"].map((type) => thing("x", "", type));
    expect(differenceBetween([...others, { ...thing("y"), delete: true }], [])).toEqual({
      forgotten: [],
      known: [],
      changed: [],
      passwords: [],
    });
  });
});

describe("a folder of states", () => {
  let folder: string;
  const files = () => filesAt({ kind: "file", folder });
  const present = stored([thing("a"), thing("b")], { time: "2026-11-30T12:00:00Z" });
  const stack = (env: Record<string, string> = {}) =>
    ({ name: "lab", workspace: { envVars: env } }) as unknown as auto.Stack;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "vision-platform-states-"));
    await mkdir(path.join(folder, history), { recursive: true });
    await save(0, asFile(stored([thing("a")])));
    await save(60, asFile(present));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function save(second: number, bytes: Buffer) {
    const begin = path.join(folder, history, `lab-${NANOS(second)}`);
    await writeFile(`${begin}.checkpoint.json`, bytes);
    await writeFile(`${begin}.checkpoint.json.attrs`, "{}");
    await writeFile(`${begin}.history.json`, JSON.stringify({ kind: "update", result: "succeeded" }));
  }

  it("is listed with what each is, and which is the present one", async () => {
    const states = await listed(files(), await savedStates(files(), "lab"), present);
    expect(states.map(({ id, update, resources, isPresent }) => [id, update, resources, isPresent])).toEqual([
      ["20251130-140100", "up", 2, true],
      ["20251130-140000", "up", 1, false],
    ]);
    expect(listText("lab", states, { states: 3, bytes: 5_000_000 })).toMatch(
      /20251130-140100 \* +2025-11-30 14:01:00 +up +2 +history[^]*3 older ones, 5\.0 MB: --all\n5\.0 MB in all\. \* is the present state\.$/,
    );
  });

  it("lists one that cannot be read as such, beside the others", async () => {
    await save(120, Buffer.from("CANARY"));
    const text = listText("lab", await listed(files(), await savedStates(files(), "lab"), present), {
      states: 0,
      bytes: 0,
    });
    expect(text).toMatch(/20251130-140200: \S+ cannot be read as a state: it is no whole JSON\./);
    expect(text).not.toContain("CANARY");
  });

  it("a state goes with its record and what lies beside them, and no other", async () => {
    const [, old] = await savedStates(files(), "lab");
    for (const { key } of old?.files ?? []) await files().remove(key);
    expect((await readdir(path.join(folder, history))).every((name) => name.startsWith(`lab-${NANOS(60)}`))).toBe(true);
  });

  it("a stack of which nothing is kept has an empty list", async () => {
    expect(await savedStates(files(), "other")).toEqual([]);
    expect(listText("other", [], { states: 0, bytes: 0 })).toMatch(/^Nothing is kept of other yet/);
  });

  const plan = async (id: string, env?: Record<string, string>, of = present) =>
    planRestore({ stack: stack(env), files: files(), saved: await savedStates(files(), "lab"), present: of }, id);

  it("a state is planned by its name, or by a beginning that is one's alone", async () => {
    const one = await plan("20251130-140000");
    expect(one.difference.forgotten).toEqual(["Deployment b (CVAT)"]);
    expect(one.presentAs).toBe("20251130-140100");
    expect(restoreText("lab", one)).toMatch(
      /^20251130-140000 \(up, 1 resources\) would take the place of the present state of lab \(2 resources\)\./,
    );
    expect((await plan("20251130-1401")).listed.isPresent).toBe(true);
    await expect(plan("20251130-14")).rejects.toThrow(/beginning of several kept states: 20251130-140100, /);
    await expect(plan("2024")).rejects.toThrow(/No kept state is called 2024\. The newest are 20251130-140100, /);
  });

  it("what a run has begun and not ended is told: no state remembers it afterwards", async () => {
    const deployment = {
      ...present.deployment,
      pending_operations: [{ type: "creating" as const, resource: thing("half") }],
    };
    const one = await plan("20251130-140000", {}, { ...present, deployment });
    expect(restoreText("lab", one)).toMatch(/1 were begun by the last run and not ended, .*creating Deployment half\./);
  });

  it("a state of another stack is refused", async () => {
    const other = { ...thing("a"), urn: "urn:pulumi:other::vision-platform::kubernetes:apps/v1:Deployment::a" };
    await save(120, asFile(stored([other]), "organization/vision-platform/other"));
    await expect(plan("20251130-140200")).rejects.toThrow(
      /not a state of stack lab .*organization\/vision-platform\/other/,
    );
  });

  it("a state under another salt is taken if the passphrase opens it, and refused if not", async () => {
    const { salt } = await stackKeyOf("the passphrase");
    await save(120, asFile(stored([thing("a")], { salt })));
    await expect(plan("20251130-140200", { PULUMI_CONFIG_PASSPHRASE: "another" })).rejects.toThrow(
      /encrypted under another passphrase/,
    );
    expect((await plan("20251130-140200", { PULUMI_CONFIG_PASSPHRASE: "the passphrase" })).listed.resources).toBe(1);
    const file = path.join(folder, "passphrase");
    await writeFile(file, "the passphrase\n");
    // As this process's environment may have one of its own.
    const env = { PULUMI_CONFIG_PASSPHRASE_FILE: file, PULUMI_CONFIG_PASSPHRASE: undefined as unknown as string };
    expect((await plan("20251130-140200", env)).listed.resources).toBe(1);
  });
});

it.each([
  [12, "12 bytes"],
  [1_499, "1 kB"],
  [6_040_000, "6.0 MB"],
])("%d bytes are %s", (bytes, text) => expect(sizeText(bytes)).toBe(text));
