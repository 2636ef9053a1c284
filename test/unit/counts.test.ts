import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { expect, it } from "vitest";
import { countsIn, countsText } from "../../automation/engine/counts.ts";

it.each<[Record<string, number>, "will" | "did", string]>([
  [{ create: 3, update: 1, same: 117 }, "will", "3 to create, 1 to update, 117 unchanged"],
  [{ same: 2, delete: 1, replace: 4, import: 5 }, "did", "4 replaced, 1 deleted, 5 imported, 2 unchanged"],
  [{ create: 0, same: 5 }, "will", "5 unchanged"],
  [{ same: 180, unseen: 25 }, "will", "180 unchanged, 25 not looked at"],
  [{}, "did", "nothing"],
])("%j: what the engine %s do", (counts, words, text) => expect(countsText(counts, words)).toBe(text));

it("counts what is in a store that was not looked at for itself", () => {
  const step = (type: string, inputs = {}) =>
    ({ resourcePreEvent: { metadata: { op: "same", type, new: { inputs } } } }) as unknown as EngineEvent;
  const events = (seen: boolean) => [
    step("vision-platform:storage:Presence", { seen }),
    step("minio:index/s3Bucket:S3Bucket"),
    step("kubernetes:core/v1:Secret"),
    { summaryEvent: { resourceChanges: { same: 3 } } } as unknown as EngineEvent,
  ];
  expect(countsIn(events(false))).toEqual({ same: 2, unseen: 1 });
  expect(countsIn(events(true))).toEqual({ same: 3 });
});

it("leaves out what only waits", () => {
  const step = (op: string, type: string) =>
    ({ resourcePreEvent: { metadata: { op, type, new: { inputs: {} } } } }) as unknown as EngineEvent;
  const events = [
    step("update", "vision-platform:readiness:Gate"),
    step("update", "kubernetes:apps/v1:Deployment"),
    step("create", "vision-platform:cvat:RegistrationProof"),
    step("same", "vision-platform:cvat:CloudStorage"),
    { summaryEvent: { resourceChanges: { create: 1, update: 2, same: 1 } } } as unknown as EngineEvent,
  ];
  expect(countsIn(events)).toEqual({ update: 1, same: 1 });
});
