import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { UNKNOWN } from "../../components/records/kind.ts";
import { Departures } from "../../components/secrets/departures.ts";
import { kind } from "../../components/secrets/records/departures.ts";
import { recordRegistrations, settled } from "./registrations.ts";
import { newRun, within } from "./run.ts";

const registered = recordRegistrations();
const { diff } = within(newRun(), kind);
const complete = (holders: Record<string, string>, olds: object) => kind.complete?.({ holders }, olds);

const before = { holders: { anna: "a", bob: "b" }, count: 7 };

describe("who has lost a way in is counted", () => {
  it.each<[string, Record<string, string>, number]>([
    ["nobody", { bob: "b", anna: "a" }, 7],
    ["nobody, when one comes", { anna: "a", bob: "b", cleo: "c" }, 7],
    ["nobody, when one comes who is not known yet", { anna: "a", bob: "b", cleo: UNKNOWN }, 7],
    ["one who is taken out", { anna: "a" }, 8],
    ["one who is renamed", { anna: "a", bobby: "b" }, 8],
    ["one who comes in by something else", { anna: "other", bob: "b" }, 8],
    ["one whose way in is not known yet", { anna: UNKNOWN, bob: "b" }, 8],
    ["all at once", {}, 8],
  ])("%s", async (_who, holders, count) => {
    const completed = complete(holders, before) ?? expect.fail();
    expect(completed).toEqual({ holders, count });
    const isSame = JSON.stringify(Object.entries(holders).sort()) === JSON.stringify(Object.entries(before.holders));
    expect((await diff(before, completed)).changed.length > 0).toBe(!isSame);
  });

  it("from a number that no earlier count had: nobody knows who left since", () => {
    const counts = [1, 2].map(() => complete({ anna: "a" }, {})?.count ?? 0);
    expect(new Set(counts).size).toBe(2);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });

  it("by a resource that is handed who they are", async () => {
    new Departures("departures", { anna: pulumi.secret("hash") });
    await settled(registered);
    expect(registered[0]?.type).toBe("vision-platform:secrets:Departures");
    expect(Object.keys(registered[0]?.inputs ?? {})).toEqual(["holders"]);
  });
});
