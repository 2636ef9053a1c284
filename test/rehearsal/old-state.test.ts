import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KEPT_IN_STATE } from "../../automation/engine/kept.ts";
import { writeState } from "../../automation/engine/stored-state.ts";
import { readJson, serviceFolder } from "../../automation/rehearsal/services/service.ts";
import { CvatClient } from "../../components/cvat/client/client.ts";
import type { CloudStorage, Membership, Organization } from "../../components/cvat/client/types.ts";
import { inClear, moved, NOWHERE, placeIn, shownState, type ShownResource, type ShownState } from "../fixtures/states/place.ts";
import { PASSPHRASE, recordedState } from "../fixtures/states/recorded.ts";
import { startLab, type Lab } from "./harness.ts";
import { adminOf } from "./storage-lab.ts";

/*
 * Stacks of before 2026-12, whose records and generated secrets were dynamic resources of the SDK. What is imported here was recorded from that
 * program (test/fixtures/states/README.md); of it nothing is another but where the systems are. The systems are brought up from the same
 * stack's other recorded state, the one its `destroy` left: with the secrets that the first one has.
 */

const FOLDER = path.resolve(import.meta.dirname, "../fixtures/states");

let lab: Lab;
/** Of the lab that was up, as it was recorded. */
let recorded: ShownState;
/** The same, for the systems of this test. */
let old: ShownState;
let secrets: Record<string, unknown>;

const stack = () => lab.rehearsal().stack;

beforeAll(async () => {
  lab = await startLab({}, { stackFile: path.join(FOLDER, "Pulumi.lab.yaml") });
  await writeFile(path.join(lab.home.folder, "passphrase"), PASSPHRASE, { mode: 0o600 });
  await lab.prepare();
  await writeState(stack(), await recordedState("up"));
  recorded = await shownState(stack());
  secrets = generatedIn(recorded);
});
afterAll(() => lab.end());

describe("a stack that was made by dynamic resources", () => {
  it("has one of every kind of them, and every secret that is generated", () => {
    expect([...new Set(dynamicOf(recorded).map(({ type }) => type.replace("pulumi-nodejs:", "")))].sort()).toEqual([
      "clearml:ApiKeys",
      "clearml:Queue",
      "cvat:CloudStorage",
      "cvat:Membership",
      "cvat:Organization",
      "cvat:Webhook",
      "images:Presence",
      "nuclio:Function",
      "nuclio:Project",
      "preflight:Cluster",
      "secrets:Departures",
      "secrets:GeneratedText",
      "secrets:KeptPasswords",
      "secrets:Restart",
      "storage:DerivedKeys",
      "storage:Presence",
    ]);
    expect(Object.keys(secrets).length).toBeGreaterThan(25);
  });

  it("comes up with the secrets it had, where it was taken down", async () => {
    await writeState(stack(), await recordedState("down"));
    await lab.up();
    expect(await kept()).toEqual(secrets);
    old = await asOfHere(recorded);
  });

  it("is previewed without anything of it made, replaced or deleted", async () => {
    await importOld();
    expect(await planned()).toEqual([]);
  });

  it("goes on by an up, which takes out what is no longer in the stack file", async () => {
    await importOld();
    await lab.configure({
      cvat: { organizations: [{ slug: "lab", name: "Vision lab", members: [{ username: "annotator" }] }] },
      functions: { follow: undefined },
    });
    await lab.prepare();
    expect((await lab.run("up")).changes.map(({ operation, name }) => `${operation} ${name}`).sort()).toEqual([]);
    expect(await kept()).toEqual(secrets);
  });
});

/** Every change that a preview names. */
async function planned(): Promise<string[]> {
  const { changes } = await lab.run("preview");
  return changes.map(({ operation, type, name }) => `${operation} ${type} ${name}`).sort();
}

async function importOld(): Promise<void> {
  await stack().importStack(old as never);
}

const dynamicOf = ({ deployment }: ShownState) =>
  deployment.resources.filter(({ type }) => type.startsWith("pulumi-nodejs:"));

const nameOf = ({ urn }: ShownResource) => urn.split("::").at(-1) ?? "";

function generatedIn({ deployment }: ShownState): Record<string, unknown> {
  const texts = deployment.resources.filter(({ type }) => KEPT_IN_STATE.test(type));
  return Object.fromEntries(
    texts.map((text) => {
      const { value, count } = inClear(text.outputs) as { value?: string; count?: number };
      return [nameOf(text), value ?? count];
    }),
  );
}

const kept = async () => generatedIn(await shownState(stack()));
