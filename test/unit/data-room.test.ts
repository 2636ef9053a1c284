import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheAdvice, cacheNeed } from "../../automation/data/dataset/check/cache-need.ts";
import { annotatingFilms, lookingAtFilms, shownPixels } from "../../automation/data/room/film-chunks.ts";
import { dataClaim, kvrocksClaim, roomIn, roomText } from "../../automation/data/room/room.ts";
import { cacheBytes, cacheNote } from "../../automation/data/tasks/cache-note.ts";
import { planned } from "../fixtures/inputs/planned.ts";

const GI = 2 ** 30;
const { cvat } = planned({ objectStore: { address: "192.0.2.30" }, traefik: { address: "192.0.2.20" } }).lab;

/** An API server that answers each path by what stands here. */
let answers: Record<string, { status: number; body?: unknown }>;
let server: Server;
let folder: string;
beforeEach(async () => {
  answers = {
    [PODS]: { status: 200, body: { items: [pod("kvrocks-0", KVROCKS, "one"), pod("server", DATA, "two")] } },
  };
  server = createServer((request, response) => {
    const { status, body } = answers[request.url ?? ""] ?? { status: 404 };
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = await mkdtemp(path.join(tmpdir(), "room-"));
  const kubeconfig = {
    clusters: [{ name: "lab", cluster: { server: at } }],
    users: [{ name: "a", user: {} }],
    contexts: [{ name: "lab", context: { cluster: "lab", user: "a" } }],
    "current-context": "lab",
  };
  await writeFile(path.join(folder, "config"), JSON.stringify(kubeconfig));
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const PODS = `/api/v1/namespaces/${cvat.namespace}/pods`;
const [KVROCKS, DATA] = ["cvat-kvrocks-data-cvat-kvrocks-0", "cvat-backend-data"];
const summaryOf = (node: string) => `/api/v1/nodes/${node}/proxy/stats/summary`;
const pod = (name: string, claimName: string, nodeName: string, phase = "Running") => ({
  metadata: { name },
  spec: { nodeName, volumes: [{ name: "logs" }, { name: "data", persistentVolumeClaim: { claimName } }] },
  status: { phase },
});
const summary = (name: string, usedBytes: number, availableBytes: number, capacityBytes: number) => ({
  status: 200,
  body: {
    pods: [
      {},
      {
        volume: [
          { name: "logs", usedBytes: 1 },
          { pvcRef: { name, namespace: "other" }, usedBytes: 2, availableBytes: 2, capacityBytes: 4 },
          { pvcRef: { name, namespace: cvat.namespace }, usedBytes, availableBytes, capacityBytes },
        ],
      },
    ],
  },
});
const access = () => ({ kubeconfig: path.join(folder, "config") });
const kvrocks = () => roomIn(cvat, access(), kvrocksClaim);

describe("what is free of a claim", () => {
  it("is what the kubelet of the node that has it counts, of each of the two", async () => {
    answers[summaryOf("one")] = summary(KVROCKS, 30 * GI, 19 * GI, 49 * GI);
    answers[summaryOf("two")] = summary(DATA, 45 * GI, 4 * GI, 49 * GI);
    expect(await kvrocks()).toEqual({ most: 42 * GI, free: 12 * GI });
    expect(await roomIn(cvat, access(), dataClaim)).toEqual({ most: 50 * GI, free: 4 * GI });
    expect(roomText(await kvrocks())).toBe("It takes 42.0 GiB at most, and 12.0 GiB of that are free now.");
  });

  it("is never less than nothing", async () => {
    answers[summaryOf("one")] = summary(KVROCKS, 44 * GI, 5 * GI, 49 * GI);
    expect(await kvrocks()).toEqual({ most: 42 * GI, free: 0 });
  });

  it("of a claim that is a folder of a larger disk is what the disk has, and what is in it is not known", async () => {
    answers[summaryOf("one")] = summary(KVROCKS, 900 * GI, 20 * GI, 1000 * GI);
    const room = await kvrocks();
    expect([room.most, room.free]).toEqual([42 * GI, 20 * GI]);
    expect(roomText(room)).toBe(
      "It takes 42.0 GiB at most; the disk has 20.0 GiB; what is in it now is not known (its claim is a folder of a larger file system).",
    );
  });

  it.each([
    ["pods may not be listed", () => (answers[PODS] = { status: 403 }), "the kubeconfig's user may not list pods"],
    [
      "no pod runs that has it",
      () => (answers[PODS] = { status: 200, body: { items: [pod("kvrocks-0", KVROCKS, "one", "Pending")] } }),
      "no pod that runs has its claim",
    ],
    [
      "the node may not be asked",
      () => (answers[summaryOf("one")] = { status: 403 }),
      "the kubeconfig's user may not get nodes/proxy",
    ],
    ["the kubelet has no such page, as kwok", () => undefined, "the kubelet of one does not tell"],
    [
      "the kubelet does not count that kind of volume",
      () => (answers[summaryOf("one")] = { status: 200, body: { pods: [{ volume: [] }] } }),
      "the kubelet of one does not count it",
    ],
    ["there is no kubeconfig", () => rm(path.join(folder, "config")), "cannot be read (ENOENT)"],
    ["nobody answers", () => server.close(), "does not answer"],
  ])("is not known where %s, and then the bound is held", async (_, change, why) => {
    await change();
    if (why === "does not answer") server.closeAllConnections();
    const room = await kvrocks();
    expect(room).toMatchObject({ most: 42 * GI, free: 42 * GI, unknown: expect.stringContaining(why) as string });
    expect(roomText(room)).toMatch(/^It takes 42\.0 GiB at most; what is in it now is not known \(.*[^.]\)\.$/);
  });
});

describe("what is too much", () => {
  const none = { count: 0, frames: 0, pixels: 0, shownPixels: 0 };
  const need = (free: number) =>
    cacheNeed(
      { pictures: { count: 1000, bytes: 10 * GI, pixels: 1e9 }, films: none },
      { count: 1, pixels: 1e6, bytes: 1e5 },
      70,
      { most: 42 * GI, free },
    );

  it("now, though it fits an empty cache, waits; how many fit until then is told", () => {
    expect(cacheAdvice(need(42 * GI))).toEqual([]);
    const [wait = "", ...more] = cacheAdvice(need(5 * GI));
    expect(more).toEqual([]);
    expect(wait).toMatch(/^It fits when what is in the cache has expired .* Until then (\d+) of the pictures fit\.$/);
    const fit = Number(/then (\d+)/.exec(wait)?.[1]);
    const each = (need(0).looking + need(0).annotating) / 1000;
    expect([fit * each <= 4.5 * GI, (fit + 1) * each > 4.5 * GI]).toEqual([true, true]);
  });

  it("of films is what they are written anew, whatever they are written in; looking at 1080 lines takes a quarter", () => {
    const film = { frames: 9000, width: 1920, height: 1080 };
    const pixels = 9000 * 1920 * 1080;
    expect(shownPixels(film)).toBe(pixels / 4);
    expect(shownPixels({ ...film, width: 1280, height: 720 })).toBe(9000 * 1280 * 720);
    const films = { count: 1, frames: 9000, pixels, shownPixels: shownPixels(film) };
    const pictures = { count: 0, bytes: 0, pixels: 0 };
    const { looking, annotating } = cacheNeed({ pictures, films }, { count: 0, pixels: 0, bytes: 0 }, 70, undefined);
    expect([looking, annotating]).toEqual([lookingAtFilms(pixels / 4, 70), annotatingFilms(pixels)]);
    expect(looking).toBeLessThan(annotating / 4);
    const qualities = [0, 30, 40, 70, 71, 100].map((quality) => lookingAtFilms(1e9, quality));
    expect(qualities).toEqual([...qualities].sort((one, other) => one - other));
  });

  it("for a function is told before tasks are made", () => {
    const tasks = [
      { kind: "picture", bytes: 30 * GI },
      { kind: "film", bytes: 5 * GI, pixels: 1e11 },
    ] as const;
    const bytes = cacheBytes(tasks);
    expect(bytes).toBe(30 * GI + annotatingFilms(1e11));
    expect(cacheNote(bytes, { most: 100 * GI, free: 100 * GI })).toBeUndefined();
    expect(cacheNote(bytes, { most: 100 * GI, free: 40 * GI })).toContain(
      "It takes 100 GiB at most, and 40.0 GiB of that are free now.",
    );
  });
});
