import { setTimeout as pause } from "node:timers/promises";
import statusMessage from "@pulumi/pulumi/proto/status_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import type { ServiceError } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { HalfMade } from "../../components/records/half-made.ts";
import { UNKNOWN } from "../../components/records/kind.ts";
import { UserError } from "../../components/program/errors.ts";
import { asked, secret, thing } from "./provider-fixtures.ts";

const { ADD, DELETE, UPDATE, UPDATE_REPLACE } = messages.PropertyDiff.Kind;

describe("secrets", () => {
  it("reach a kind in clear, and go back as secrets, however deep", async () => {
    const seen: unknown[] = [];
    const kind = thing({
      create: (inputs) => {
        seen.push(inputs);
        return Promise.resolve({ id: "1", outs: { ...inputs, made: "public", token: "made here" } });
      },
      secrets: ["token"],
    });
    const { create } = await asked(kind);
    const { outs } = await create({ open: "a", sealed: secret("b"), deep: { list: [secret("c")] } });
    expect(seen).toEqual([{ open: "a", sealed: "b", deep: { list: ["c"] } }]);
    expect(outs).toEqual({
      open: "a",
      sealed: secret("b"),
      deep: secret({ list: ["c"] }),
      made: "public",
      token: secret("made here"),
    });
  });

  it("stay secrets in what a preview foresees, what is read, what drifted, and what is half made", async () => {
    const kind = thing({
      read: (id, outs) => Promise.resolve({ id, outs: { ...outs, key: "another" } }),
      diff: (olds, news) => ({ changed: olds["key"] === news["key"] ? [] : ["key"] }),
      create: (inputs) => Promise.reject(new HalfMade(new UserError("it failed"), { id: "7", outs: inputs })),
    });
    const { create, read, update } = await asked(kind);
    expect((await create({ key: secret("a") }, { preview: true })).outs).toEqual({ key: secret("a") });
    expect(await update({ key: secret("a"), learned: secret("x") }, { key: "b" }, { preview: true })).toEqual({
      key: secret("b"),
      learned: secret("x"),
    });
    expect(await read({ key: secret("a") }, { key: secret("a") })).toEqual({
      id: "1",
      outs: { key: secret("another") },
      inputs: { key: secret("another") },
    });
    const error = (await create({ key: secret("a") }).catch((failed: unknown) => failed)) as ServiceError;
    const [packed] = error.metadata.get("grpc-status-details-bin");
    const [detail] = statusMessage.Status.deserializeBinary(packed as Uint8Array).getDetailsList();
    const noted = messages.ErrorResourceInitFailed.deserializeBinary(detail?.getValue_asU8() ?? new Uint8Array());
    expect([noted.getId(), noted.getReasonsList()]).toEqual(["7", ["it failed"]]);
    expect(noted.getProperties()?.toJavaScript()).toEqual({ key: secret("a") });
  });
});

describe("what is not known yet", () => {
  it("is compared as what it was, counts as changed, and replaces nothing", async () => {
    const kind = thing({
      diff: (olds, news) => {
        const changed = Object.keys(news).filter((key) => olds[key] !== news[key]);
        return { changed, replaces: changed };
      },
    });
    const { diff } = await asked(kind);
    expect(await diff({ a: "1", b: "2" }, { a: UNKNOWN, b: "2" })).toEqual({
      changes: true,
      changed: ["a"],
      replaces: [],
      detail: { a: UPDATE },
    });
    expect(await diff({ a: "1", b: "2" }, { a: UNKNOWN, b: "3" })).toMatchObject({
      changed: ["b", "a"],
      replaces: ["b"],
    });
  });

  it("asks no kind that would have to compare it with nothing", async () => {
    const { diff } = await asked(thing({ diff: () => expect.fail("it was asked") }));
    expect(await diff({ a: "1" }, { a: "1", added: { deep: UNKNOWN } })).toMatchObject({ changed: ["added"] });
  });

  it("is not checked", async () => {
    const { check } = await asked(thing({ check: () => ["it is wrong"] }));
    expect((await check({ a: { deep: [UNKNOWN] } })).problems).toEqual([]);
    expect((await check({ a: 1 })).problems).toEqual(["it is wrong"]);
  });

  it("stays so, and a secret a secret, where inputs are worked out", async () => {
    const kind = thing({ complete: (news, olds) => ({ ...news, count: Number(olds["count"] ?? 0) + 1 }) });
    const { check } = await asked(kind);
    const { inputs } = await check({ a: UNKNOWN, b: secret("x") }, { count: 4 });
    expect(inputs).toEqual({ a: UNKNOWN, b: secret("x"), count: 5 });
  });
});

describe("a difference", () => {
  it("is told place by place", async () => {
    const { diff } = await asked(thing({ diff: () => ({ changed: ["spec", "drift"], replaces: ["spec"] }) }));
    const { detail } = await diff(
      { spec: { env: [{ name: "A", value: "1" }], labels: { "a.b": "c" } }, drift: ["x"] },
      { spec: { env: [{ name: "A", value: "2" }, { name: "B" }], labels: {} } },
    );
    expect(detail).toEqual({
      "spec.env[0].value": UPDATE_REPLACE,
      "spec.env[1]": ADD + 1,
      'spec.labels["a.b"]': DELETE + 1,
      drift: UPDATE,
    });
  });

  it("is none where a kind finds none, whatever differs", async () => {
    const { diff } = await asked(thing());
    expect(await diff({ a: 1 }, { a: 2 })).toEqual({ changes: false, changed: [], replaces: [], detail: {} });
  });

  it("is not made by what an older state keeps beside the properties", async () => {
    const olds: unknown[] = [];
    const kind = thing({
      diff: (old) => {
        olds.push(old);
        return { changed: [] };
      },
    });
    const { diff } = await asked(kind, { ignored: ["handler"] });
    await diff({ a: 1, __provider: "exports.handler = ...", handler: "cvat/records/x" }, { a: 1 });
    expect(olds).toEqual([{ a: 1 }]);
  });
});

describe("a call ends", () => {
  const forEver = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => {
        reject(new Error("told to end"));
      });
    });

  it("when the engine cancels the run, and none begins any more", async () => {
    let begun = 0;
    const waiting = thing({
      create: (_inputs, { signal }) => {
        begun++;
        return forEver(signal);
      },
    });
    const { create, cancel } = await asked(waiting);
    const made = create({}).catch((error: unknown) => error);
    await pause(50);
    await cancel();
    expect(String(await made)).toContain("told to end");
    await expect(create({})).rejects.toThrow("The run was ended before this was done");
    expect(begun).toBe(1);
  });

  it("when its own time is up", async () => {
    const { create } = await asked(thing({ create: (_inputs, { signal }) => forEver(signal) }));
    await expect(create({}, { timeout: 0.05 })).rejects.toThrow(/told to end/);
  });

  it("when the engine is gone, though its work does not end by itself", async () => {
    let seen: AbortSignal | undefined;
    const { create, cut } = await asked(
      thing({
        create: (_inputs, { signal }) => {
          seen = signal;
          return new Promise<never>(() => undefined);
        },
      }),
    );
    const made = create({}).catch(() => undefined);
    await pause(50);
    cut();
    await made;
    await pause(50);
    expect(seen?.aborted).toBe(true);
  });

  it("and is then forgotten: what it ran by ends no more", async () => {
    const ended: boolean[] = [];
    const kind = thing({
      create: (_inputs, { signal }) => {
        signal.addEventListener("abort", () => ended.push(true));
        return Promise.resolve({ id: "a", outs: {} });
      },
    });
    const { create, cancel } = await asked(kind);
    await create({}, { timeout: 0.05 });
    await pause(100);
    await cancel();
    expect(ended).toEqual([]);
  });

  it("of a type it has not, with a sentence", async () => {
    const { create } = await asked(thing(), { kindOf: () => undefined });
    await expect(create({})).rejects.toThrow("own has no own:test:Thing");
  });
});
