import { describe, expect, it } from "vitest";
import { isKept } from "../../automation/engine/kept.ts";
import { isComponent, tokenOf } from "../../components/records/tokens.ts";
import { deploymentIn } from "../../components/storage/made.ts";

describe("a type in a state", () => {
  it.each([
    ["of today", "vision-platform:cvat:CloudStorage", "cvat:CloudStorage"],
    ["of before 2026-12", "pulumi-nodejs:dynamic/cvat:CloudStorage", "cvat:CloudStorage"],
    ["of another program's dynamic resource", "pulumi-nodejs:dynamic/other:Thing", undefined],
    ["of a component", "vision-platform:cvat:Cvat", undefined],
  ])("%s is read", (_when, type, token) => expect(tokenOf(type)).toBe(token));

  it("of a record is no component's", () => {
    expect(isComponent("vision-platform:cvat:Cvat")).toBe(true);
    expect(isComponent("vision-platform:cvat:CloudStorage")).toBe(false);
    expect(isComponent("kubernetes:core/v1:Secret")).toBe(false);
  });

  it.each(["vision-platform:", "pulumi-nodejs:dynamic/"])("%s... is known to all that read a state", (before) => {
    expect(isKept(`${before}secrets:GeneratedText`)).toBe(true);
    expect(isKept(`${before}secrets:KeptPasswords`)).toBe(false);
    const presence = { urn: "u", type: `${before}storage:Presence`, outputs: { deployment: "d-1" } };
    expect(deploymentIn([presence])).toBe("d-1");
  });
});
