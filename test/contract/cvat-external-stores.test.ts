import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import getPort from "get-port";
import { describe, expect, it, onTestFinished } from "vitest";
import { memoryOf } from "../../automation/cluster/stores.ts";
import { notLookedAt, storeIsBounded, type StoreLook } from "../../components/preflight/stores.ts";

const REDIS = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"].find((file) => existsSync(file));
const PASSWORD = "of-the-store";

/** Starts a Redis of its own with these settings. */
async function startRedis(settings: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-redis-"));
  const port = await getPort();
  const all = { port: String(port), bind: "127.0.0.1", dir: folder, save: "", requirepass: PASSWORD, ...settings };
  const words = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  const server = execa(REDIS ?? "", words, { all: true, reject: false, cleanup: true });
  onTestFinished(async () => {
    server.kill();
    await server;
    await rm(folder, { recursive: true, force: true });
  });
  await expect
    .poll(() =>
      memoryOf({ host: "127.0.0.1", port, password: PASSWORD }).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  return port;
}

const look = (part: StoreLook["part"], found: StoreLook["found"]) => ({ part, place: "store.example.com:6379", found });

describe.skipIf(REDIS === undefined)("a look at a store of others (apt: redis-server)", () => {
  it.each<[string, StoreLook["part"], Record<string, string>, RegExp | undefined]>([
    [
      "queues that grow without end",
      "cvat.redis",
      {},
      /has no limit \(maxmemory 0, noeviction\).* Set maxmemory there\.$/,
    ],
    ["queues within a limit", "cvat.redis", { maxmemory: "64mb" }, undefined],
    [
      "queues that lose work",
      "cvat.redis",
      { maxmemory: "64mb", "maxmemory-policy": "allkeys-lru" },
      /throws out what is old when it is full \(allkeys-lru\)/,
    ],
    ["chunks that make room", "cvat.kvrocks", { maxmemory: "64mb", "maxmemory-policy": "allkeys-lru" }, undefined],
    ["chunks that find no room", "cvat.kvrocks", { maxmemory: "64mb" }, /takes nothing more when it is full/],
    ["chunks without end", "cvat.kvrocks", {}, /has no limit .*, and maxmemory-policy allkeys-lru\.$/],
  ])("tells of %s", async (_, part, settings, message) => {
    const port = await startRedis(settings);
    const found = await memoryOf({ host: "127.0.0.1", port, password: PASSWORD });
    const findings = storeIsBounded(look(part, found));
    expect(findings.map(({ severity }) => severity)).toEqual(message === undefined ? [] : ["warning"]);
    if (message) expect(findings[0]?.message).toMatch(message);
  });

  it("says why it could not look, and nothing else then", async () => {
    const port = await startRedis({});
    const unread = async (place: { port: number; password: string }) =>
      memoryOf({ host: "127.0.0.1", ...place }).then(
        () => "",
        (error: unknown) => (error as Error).message,
      );
    expect(await unread({ port, password: "another" })).toMatch(/^it does not let in: WRONGPASS /);
    expect(await unread({ port: await getPort(), password: PASSWORD })).toContain("ECONNREFUSED");
    const blind = look("cvat.redis", { unread: "ENOTFOUND" });
    expect([storeIsBounded(blind), notLookedAt(blind)]).toEqual([
      [],
      [
        "vision-platform:cvat.redis.external: The store at store.example.com:6379 was not looked at from this machine (ENOTFOUND): whether it has a limit is not known.",
      ],
    ]);
  });
});
