import provider from "@pulumi/pulumi/proto/provider_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { describe, expect, it } from "vitest";
import { structIn } from "../../components/program/struct.ts";

type JsonObject = Parameters<typeof struct.Struct.fromJavaScript>[0];

/** An answer as the SDK's own writer of messages has it. */
const answer = (value: object) =>
  new provider.InvokeResponse().setReturn(struct.Struct.fromJavaScript(value as JsonObject)).serializeBinary();

describe("the reader of an engine's answer", () => {
  it("has what the SDK's own writer wrote", () => {
    const value = {
      text: "größer 🙂",
      empty: "",
      number: -1.5,
      zero: 0,
      yes: true,
      no: false,
      nothing: null,
      list: [1, "two", [], {}, [null]],
      map: { deep: { deeper: { a: 1 } }, "with.dots": "x", "": "no name" },
    };
    expect(structIn(answer(value), 1)).toEqual(value);
  });

  it("takes a name that means something in JavaScript for a name", () => {
    // The SDK's writer leaves such a name out; an engine does not.
    const bytes = Buffer.from(answer({ __PROTO__: { polluted: true }, constructor: "text" }));
    bytes.write("__proto__", bytes.indexOf("__PROTO__"));
    expect(Object.entries(structIn(bytes, 1))).toEqual([
      ["__proto__", { polluted: true }],
      ["constructor", "text"],
    ]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("passes over fields of newer engines, and finds nothing in an empty message", () => {
    const failure = new provider.CheckFailure().setProperty("urn").setReason("unknown");
    const message = new provider.InvokeResponse().setFailuresList([failure]).serializeBinary();
    expect(structIn(Buffer.concat([message, answer({ a: 1 })]), 1)).toEqual({ a: 1 });
    expect(structIn(message, 1)).toEqual({});
    expect(structIn(new Uint8Array(), 1)).toEqual({});
  });

  it("fails on what is cut short", () => {
    const whole = answer({ text: "a long enough text" });
    expect(() => structIn(whole.subarray(0, -5), 1)).toThrow(RangeError);
  });
});
