import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isComponent } from "../../components/records/tokens.ts";
import { readState } from "../../automation/engine/stored-state.ts";
import { kill, programOf } from "../../automation/processes.ts";
import { PROJECT_FOLDER } from "../../automation/project.ts";
import { processesOf } from "../../automation/runs/belonging.ts";
import { endsLikeNothingHappened, release, setRelease } from "../rehearsal/kills/checks.ts";
import { undisturbed, startKillLab, type KillLab } from "../rehearsal/kills/lab.ts";
import { isAt, killText, type Kill, type Victims } from "../rehearsal/kills/moment.ts";
import { REQUESTS } from "../rehearsal/kills/requests.ts";
import { pulumi } from "../rehearsal/pulumi.ts";

const HOUR_MS = 3_600_000;
const VICTIMS: readonly Victims[] = ["all", "cli", "cli and engine", "engine"];

/** Types of the homelab, in the order in which an install comes to them; what only holds others and is nothing itself is left out. */
async function typesOf(lab: KillLab): Promise<string[]> {
  const { deployment } = await readState(lab.lab.rehearsal().stack);
  const types = (deployment.resources ?? []).filter(({ custom }) => custom).map(({ type }) => type);
  return [...new Set(types)].filter((type) => !isComponent(type) && !type.startsWith("pulumi:"));
}

/** Moments for each type in turn: when its system has done it and nobody knows, before it hears of it, by the engine's events. */
function killsOf(types: readonly string[]): Kill[] {
  return types.map((type, index) => {
    const what = REQUESTS[type];
    const victims = VICTIMS[index % VICTIMS.length] ?? "all";
    if (what !== undefined) return { at: { request: index % 3 === 2 ? "asked" : "answered", what }, victims };
    return { at: { event: index % 2 === 0 ? "began" : "done", type }, victims };
  });
}

describe("install", () => {
  it("comes to the same end, killed at every type of resource", { timeout: HOUR_MS }, async () => {
    const made = await startKillLab();
    await made.up();
    const types = await typesOf(made);
    await made.end();
    const world = await undisturbed();
    let left = killsOf(types);
    expect(left.length).toBeGreaterThan(35);
    while (left.length > 0) {
      const before = left.length;
      const lab = await startKillLab();
      try {
        // Whichever moment comes first: one that is waited for alone may be over when its turn comes.
        for (let { by } = await lab.killed(...left); by; { by } = await lab.killed(...left))
          left = left.filter((kill) => kill !== by);
        await endsLikeNothingHappened(lab);
        expect(await lab.world()).toEqual(world);
      } finally {
        await lab.end();
      }
      // A moment that no install comes to.
      if (left.length === before) expect(left.map(killText)).toEqual([]);
    }
  });
});

describe.each<{ change: string; kills: Kill["at"][]; make: (lab: KillLab, turn: number) => Promise<void> }>([
  {
    change: "rotation",
    kills: [
      { request: "answered", what: REQUESTS["minio:index/iamUser:IamUser"] ?? /^$/ },
      { request: "asked", what: REQUESTS["minio:index/iamUser:IamUser"] ?? /^$/ },
      { event: "done", type: "vision-platform:secrets:GeneratedText" },
      { request: "answered", what: /^PATCH \/api\/cloudstorages/ },
      { request: "asked", what: /^PATCH \/api\/cloudstorages/ },
    ],
    make: (lab, turn) => lab.set(["objectStore", "keyRotations"], { cvat: turn }),
  },
  {
    change: "upgrade",
    kills: [
      { event: "began", type: "kubernetes:apps/v1:Deployment" },
      { request: "answered", what: REQUESTS["kubernetes:apps/v1:Deployment"] ?? /^$/ },
      { event: "done", type: "kubernetes:apps/v1:Deployment" },
      { event: "began", type: "kubernetes:batch/v1:Job" },
    ],
    make: setRelease,
  },
])("$change", ({ kills, make }) => {
  let lab: KillLab;
  let turn = 0;

  beforeAll(async () => {
    lab = await startKillLab();
    await lab.up();
  });
  afterAll(() => lab.end());

  it.each(
    kills.flatMap((at, index) =>
      ([VICTIMS[index % 4], VICTIMS[(index + 1) % 4]] as Victims[]).map((victims) => ({ at, victims })),
    ),
  )("$victims at $at", async (kill) => {
    await make(lab, ++turn);
    expect((await lab.killed(kill)).by).toBe(kill);
    await endsLikeNothingHappened(lab);
    const world = JSON.stringify(await lab.world());
    await make(lab, ++turn);
    await lab.up();
    expect(JSON.parse(world.replaceAll(release(turn - 1), release(turn)))).toEqual(await lab.world());
  });
});

describe("by the other door", () => {
  let lab: KillLab;
  beforeAll(async () => {
    lab = await startKillLab();
  });
  afterAll(() => lab.end());

  const file = () => path.join(lab.lab.home.folder, "stack", "Pulumi.lab.yaml");
  const plainUp = () =>
    pulumi(lab.lab.rehearsal(), ["up", "--yes", "--skip-preview", "--stack", "lab", "--config-file", file()]);
  const recover = () =>
    execa(
      process.execPath,
      [
        "automation/bin.mjs",
        "recover",
        "--stack",
        "lab",
        "--folder",
        path.join(lab.lab.home.folder, "stack"),
        "--json",
      ],
      { cwd: PROJECT_FOLDER, env: lab.lab.rehearsal().env, reject: false },
    );

  it("recover, then a plain pulumi up: the same end", async () => {
    for (const kill of [
      {
        at: { request: "answered", what: REQUESTS["kubernetes:apps/v1:StatefulSet"] ?? /^$/ },
        victims: "cli and engine",
      },
      { at: { request: "answered", what: REQUESTS["vision-platform:cvat:Membership"] ?? /^$/ }, victims: "all" },
    ] as const)
      expect((await lab.killed(kill)).by).toBe(kill);
    const { exitCode, stdout } = await recover();
    expect(exitCode).toBe(0);
    const { cleared } = JSON.parse(stdout) as { cleared: { kind: string }[] };
    expect(new Set(cleared.map(({ kind }) => kind))).toEqual(new Set(["run", "lock", "pending"]));
    const done = await plainUp();
    expect(done.stdout + done.stderr).not.toMatch(/pending operations|^\s*error:/im);
    expect(done.exitCode).toBe(0);
    expect(await lab.left()).toEqual([]);
    expect(await lab.world()).toEqual(await undisturbed());
  });

  it("a plain pulumi up that was killed: its plugins are ended, its lock is named, and both go on after pulumi cancel", async () => {
    await setRelease(lab, 1);
    const { home } = lab.lab.rehearsal();
    const engines = () =>
      processesOf(home.folder).filter((found) => programOf(found) === "pulumi" && found.words.includes("up"));
    lab.proxied.watch = {
      answered(request) {
        if (!isAt(REQUESTS["kubernetes:apps/v1:Deployment"] ?? /^$/, request) || engines().length === 0) return false;
        for (const { pid } of engines()) kill(pid);
        return true;
      },
    };
    await plainUp();
    lab.proxied.watch = {};
    const first = await recover();
    const { cleared, left } = JSON.parse(first.stdout) as Record<"cleared" | "left", { kind: string; text: string }[]>;
    expect(first.exitCode).toBe(3);
    expect(cleared.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^Ended plugins .*pulumi-resource-kubernetes/),
    ]);
    expect(left.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^It is locked by \S+ \(process \d+ since .*pulumi cancel --stack lab --yes$/),
    ]);
    expect((await pulumi(lab.lab.rehearsal(), ["cancel", "--yes", "--stack", "lab"])).exitCode).toBe(0);
    expect((await recover()).exitCode).toBe(0);
    expect((await plainUp()).exitCode).toBe(0);
    expect(await lab.left()).toEqual([]);
  });
});
