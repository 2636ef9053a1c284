import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endsLikeNothingHappened, release, setRelease } from "./kills/checks.ts";
import { undisturbed, startKillLab, type KillLab } from "./kills/lab.ts";
import { killText, type Kill } from "./kills/moment.ts";
import { REQUESTS } from "./kills/requests.ts";

const after = (type: string): Kill["at"] => ({ request: "answered", what: REQUESTS[type] ?? /^$/ });
const before = (type: string): Kill["at"] => ({ request: "asked", what: REQUESTS[type] ?? /^$/ });

/** Ten in three chains: each change, each kind of moment, each of those that may be killed. */
const INSTALL: readonly Kill[] = [
  { at: { event: "began", type: "vision-platform:secrets:GeneratedText" }, victims: "all" },
  { at: after("minio:index/s3Bucket:S3Bucket"), victims: "cli and engine" },
  { at: after("kubernetes:apps/v1:StatefulSet"), victims: "cli and engine" },
  { at: after("vision-platform:cvat:Organization"), victims: "all" },
  { at: before("vision-platform:nuclio:Function"), victims: "engine" },
];
const ROTATION: readonly Kill[] = [
  { at: after("minio:index/iamUser:IamUser"), victims: "all" },
  { at: { request: "answered", what: /^PATCH \/api\/cloudstorages/ }, victims: "cli" },
  { at: { event: "done", type: "vision-platform:cvat:CloudStorage" }, victims: "all" },
];
const UPGRADE: readonly Kill[] = [
  { at: after("kubernetes:apps/v1:Deployment"), victims: "cli and engine" },
  { at: { event: "began", type: "kubernetes:batch/v1:Job" }, victims: "cli" },
];

/** Kills one run after the other; the last is brought to its end by one that nobody kills. */
async function killedBy(lab: KillLab, kills: readonly Kill[]): Promise<void> {
  for (const kill of kills) expect([killText(kill), (await lab.killed(kill)).by]).toEqual([killText(kill), kill]);
  await endsLikeNothingHappened(lab);
}

describe("an up that is killed again and again comes to the same end by the next one", () => {
  let lab: KillLab;
  beforeAll(async () => {
    lab = await startKillLab();
  });
  afterAll(() => lab.end());

  it(`install: ${INSTALL.map(killText).join("; ")}`, async () => {
    await killedBy(lab, INSTALL);
    expect(await lab.world()).toEqual(await undisturbed());
  });

  it(`rotation of a key: ${ROTATION.map(killText).join("; ")}`, async () => {
    await lab.set(["objectStore", "keyRotations"], { cvat: 1 });
    await killedBy(lab, ROTATION);
    const world = await lab.world();
    // The same once more, and nobody disturbs it.
    await lab.set(["objectStore", "keyRotations"], { cvat: 2 });
    await lab.up();
    expect(world).toEqual(await lab.world());
  });

  it(`upgrade: ${UPGRADE.map(killText).join("; ")}`, async () => {
    await setRelease(lab, 1);
    await killedBy(lab, UPGRADE);
    const world = JSON.stringify(await lab.world());
    await setRelease(lab, 2);
    await lab.up();
    expect(JSON.parse(world.replaceAll(release(1), release(2)))).toEqual(await lab.world());
  });
});
