import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { createHome, listHomes, removeHome, type Home } from "../../automation/rehearsal/cluster/homes.ts";
import { portOf, portsOf } from "../../automation/rehearsal/ports.ts";
import { sceneKey } from "../../automation/rehearsal/snapshot/key.ts";
import { openScene, type Scene } from "../../automation/rehearsal/snapshot/scene.ts";
import { findSnapshot, sweepSnapshots } from "../../automation/rehearsal/snapshot/shelf.ts";

let cache: string;
const opened: Home[] = [];

beforeEach(async () => {
  cache = await mkdtemp(path.join(tmpdir(), "snapshots-"));
  vi.stubEnv("VISION_PLATFORM_CACHE", cache);
});
afterEach(async () => {
  for (const { folder } of opened.splice(0)) await removeHome(folder);
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true, force: true });
});

/** A scene of one file, which counts how often it was made. */
function scene(key: string, changes: Partial<Scene<string>> = {}): Scene<string> & { made: () => number } {
  let made = 0;
  const file = ({ folder }: Home) => path.join(folder, "state", "file");
  return {
    name: "test",
    key,
    async make(home) {
      made += 1;
      await portOf(home.folder, "api");
      await mkdir(path.dirname(file(home)));
      await writeFile(file(home), "as made", { mode: 0o600 });
      await symlink(file(home), path.join(home.folder, "link"));
      return "shape";
    },
    open: (home) => readFile(file(home), "utf8").then(() => "shape"),
    shape: (text) => ({ text, nothing: undefined }),
    made: () => made,
    ...changes,
  };
}

async function open<T>(one: Scene<T>, anew = false) {
  const found = await openScene(one, { progress: silentProgress, anew });
  opened.push(found.home);
  return found;
}

const end = (home: Home) => removeHome(home.folder);
const snapshots = () => readdir(path.join(cache, "snapshots"));

describe("a scene", () => {
  it("is made once, and opened again as it was made, in the same place and on the same ports", async () => {
    const one = scene("a");
    const first = await open(one);
    const ports = await portsOf(first.home.folder);
    await writeFile(path.join(first.home.folder, "state", "file"), "changed by a test");
    await end(first.home);
    const second = await open(one);
    expect([first.restored, second.restored, one.made()]).toEqual([false, true, 1]);
    expect(second.home.folder).toBe(first.home.folder);
    expect(await portsOf(second.home.folder)).toEqual(ports);
    const file = path.join(second.home.folder, "state", "file");
    expect(await readFile(file, "utf8")).toBe("as made");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(path.join(second.home.folder, "link"), "utf8")).toBe("as made");
  });

  it("is made anew when that is asked for, and kept in place of the old one", async () => {
    const one = scene("a");
    await end((await open(one)).home);
    const { home, restored } = await open(one, true);
    expect([restored, one.made()]).toEqual([false, 2]);
    await end(home);
    expect([(await open(one)).restored, await snapshots()]).toEqual([true, [home.name]]);
  });

  it("is owned by this process while it is open: no other run's cleaning up takes it", async () => {
    const { home } = await open(scene("a"));
    expect((await listHomes()).map(({ name }) => name)).toEqual([home.name]);
    await expect(createHome(home.name, { kept: false })).rejects.toThrow(/There is a rehearsal named/);
  });

  it("that is open has a second place for the next, and one without a snapshot when all are taken", async () => {
    const one = scene("a");
    const found = [await open(one), await open(one), await open(one), await open(one)];
    expect(new Set(found.map(({ home }) => home.name)).size).toBe(4);
    expect(one.made()).toBe(4);
    expect((await snapshots()).length).toBe(3);
  });

  it.each<[string, (first: Home) => Promise<Partial<Scene<string>>>]>([
    ["of something else", () => Promise.resolve({ key: "a-other" })],
    ["that is not the same when it is opened", () => Promise.resolve({ shape: () => "another" })],
    [
      "whose file is gone",
      async ({ name }) => {
        await rm(path.join(cache, "snapshots", name, "home", "state"), { recursive: true });
        return {};
      },
    ],
    [
      "whose record is half written",
      async ({ name }) => {
        await writeFile(path.join(cache, "snapshots", name, "snapshot.json"), '{ "key": ');
        return {};
      },
    ],
  ])("%s is made anew", async (_, change) => {
    const first = await open(scene("a"));
    await end(first.home);
    const other = scene("a", await change(first.home));
    expect((await open(other)).restored).toBe(false);
    expect(other.made()).toBe(1);
  });

  it("one of whose ports is taken is made anew on others", async () => {
    const one = scene("a");
    const first = await open(one);
    const port = await portOf(first.home.folder, "api");
    await end(first.home);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const second = await open(one);
    server.close();
    expect([second.restored, one.made()]).toEqual([false, 2]);
    expect(await portOf(second.home.folder, "api")).not.toBe(port);
  });

  it("that is never the same is used without a snapshot", async () => {
    let looks = 0;
    const restless = scene("a", { shape: () => String(looks++) });
    const { restored, home } = await open(restless);
    expect([restored, restless.made()]).toEqual([false, 2]);
    expect((await listHomes()).map(({ name }) => name)).toEqual([home.name]);
    expect(await snapshots()).toEqual([]);
  });

  it("that cannot be made leaves nothing", async () => {
    const failing = scene("a", { make: () => Promise.reject(new Error("no room")) });
    await expect(openScene(failing, { progress: silentProgress })).rejects.toThrow("no room");
    expect(await listHomes()).toEqual([]);
    expect(existsSync(path.join(cache, "snapshots"))).toBe(false);
  });
});

describe("what is kept", () => {
  it("goes down to a number, what was not used for longest first, and what a killed run left with it", async () => {
    for (const [index, key] of ["a", "b", "c"].entries()) {
      const { home } = await open(scene(key));
      await end(home);
      const long = new Date(Date.now() - (10 - index) * 1000);
      await utimes(path.join(cache, "snapshots", home.name, "snapshot.json"), long, long);
    }
    await open(scene("a"));
    const left = path.join(cache, "snapshots", ".new-killed");
    await mkdir(left);
    const hour = new Date(Date.now() - 3_600_000);
    await utimes(left, hour, hour);
    await sweepSnapshots({ most: 2 });
    expect(await snapshots()).toEqual(["test-a-0", "test-c-0"]);
    await sweepSnapshots({ mostBytes: 1 });
    expect(await snapshots()).toEqual(["test-a-0"]);
    expect(await findSnapshot("test-c-0")).toBeUndefined();
  });
});

describe("the key of a scene", () => {
  let checkout: string;
  const key = (facts: unknown = {}) => sceneKey({ tools: [], facts, checkout });
  const write = async (name: string, text: string) => {
    await mkdir(path.dirname(path.join(checkout, name)), { recursive: true });
    await writeFile(path.join(checkout, name), text);
  };
  beforeAll(async () => {
    checkout = await mkdtemp(path.join(tmpdir(), "checkout-"));
    await write("index.ts", "one");
    await write("components/a.ts", "two");
  });
  afterAll(() => rm(checkout, { recursive: true }));

  it.each<[string, () => Promise<void>]>([
    ["a source", () => write("components/a.ts", "other")],
    ["a new folder", () => write("anything/b.ts", "")],
    ["a name", () => rm(path.join(checkout, "anything"), { recursive: true })],
    ["a miniature chart", () => write("automation/rehearsal/miniatures/cvat/values.yaml", "a: 1")],
  ])("changes with %s", async (_, change) => {
    const before = key();
    await change();
    expect(key()).not.toBe(before);
  });

  it("changes with a chart that was named, folder or archive", async () => {
    const outside = [path.join(checkout, "docs/chart"), path.join(checkout, "docs/chart.tgz")];
    const named = () => sceneKey({ tools: [], facts: {}, checkout, outside });
    await write("docs/chart/values.yaml", "a: 1");
    const keys = [named()];
    await write("docs/chart/values.yaml", "a: 2");
    keys.push(named());
    await write("docs/chart.tgz", "bytes");
    keys.push(named());
    expect(new Set(keys).size).toBe(3);
  });

  it("changes with the programs, the stack file and whatever else is named, and with nothing else", async () => {
    const before = key({ text: "a" });
    expect(key({ text: "b" })).not.toBe(before);
    const tool = { name: "etcd", version: "3.6.14", path: "/a/etcd", origin: "cache" } as const;
    expect(sceneKey({ tools: [tool], facts: { text: "a" }, checkout })).not.toBe(before);
    await write("docs/a.md", "words");
    await write("README.md", "words");
    await write("test/unit/a.test.ts", "");
    await write("node_modules/x/index.js", "");
    expect(key({ text: "a" })).toBe(before);
  });
});
