import { createRequire } from "node:module";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { expect, it } from "vitest";
import { resourcesIn } from "../../automation/engine/own-state.ts";
import { withoutSdkDebugging } from "../../automation/engine/sdk-debugging.ts";
import { structIn } from "../../components/program/struct.ts";
import { messageOf } from "../../provider/protocol/values.ts";

const answerOf = (resources: object) =>
  structIn(
    new messages.InvokeResponse().setReturn(messageOf({ name: "a/b/c", outputs: resources })).serializeBinary(),
    1,
  );

it("the engine's answer is read as the resources of a state, in the order of their names", () => {
  const service = { apiVersion: "v1", metadata: { name: "é", labels: { a: "b" } }, ports: [80, null], on: true };
  const answer = answerOf({
    "urn:pulumi:s::p::kubernetes:core/v1:Service::two": { type: "kubernetes:core/v1:Service", outputs: service },
    "urn:pulumi:s::p::minio:index:IamUser::one": { type: "minio:index:IamUser", outputs: {} },
  });
  expect(resourcesIn(answer)).toEqual([
    { urn: "urn:pulumi:s::p::kubernetes:core/v1:Service::two", type: "kubernetes:core/v1:Service", outputs: service },
    { urn: "urn:pulumi:s::p::minio:index:IamUser::one", type: "minio:index:IamUser", outputs: {} },
  ]);
});

it("secrets in a state come in clear, however deep, and a whole of outputs that is one", () => {
  const secret = (value: unknown) => ({
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    value,
  });
  const answer = answerOf({
    urn1: { type: "a", outputs: { plain: 1, deep: [{ key: secret("k") }], map: secret({ key: secret("l") }) } },
    urn2: { type: "b", outputs: secret({ key: "m" }) },
  });
  expect(resourcesIn(answer).map(({ outputs }) => ({ ...outputs }))).toEqual([
    { plain: 1, deep: [{ key: "k" }], map: { key: "l" } },
    { key: "m" },
  ]);
});

it("a stack that has no state has no resources", () => {
  expect(resourcesIn({})).toEqual([]);
  expect(resourcesIn(answerOf({}))).toEqual([]);
});

it("while a program runs, the SDK's debugging words go nowhere, and its promises are watched without a stack trace", async () => {
  const sdk = createRequire(import.meta.url) as unknown as (
    name: string,
  ) => Record<string, (...args: unknown[]) => unknown>;
  const engine = sdk("@pulumi/pulumi/runtime/settings.js");
  const asked = engine["getEngine"];
  let calls = 0;
  engine["getEngine"] = () => {
    calls++;
  };
  const speak = () => sdk("@pulumi/pulumi/log/index.js")["debug"]?.("a secret");
  const traced = () => {
    const promise = Promise.resolve();
    sdk("@pulumi/pulumi/runtime/debuggable.js")["debuggablePromise"]?.(promise);
    return (promise as unknown as { _debugStackTrace: string })._debugStackTrace;
  };
  const { stackTraceLimit } = Error;
  try {
    await withoutSdkDebugging(async () => {
      await speak();
      expect(traced()).not.toContain(" at ");
      expect(Error.stackTraceLimit).toBe(stackTraceLimit);
    });
    expect(calls).toBe(0);
    // A program that is not ours, in the same process, has them.
    await speak();
    expect(calls).toBe(1);
    expect(traced()).toContain(" at ");
  } finally {
    engine["getEngine"] = asked as () => unknown;
  }
});
