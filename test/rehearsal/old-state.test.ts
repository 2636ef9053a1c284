import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Change } from "../../automation/engine/changes.ts";
import { isKept } from "../../automation/engine/kept.ts";
import type { Outcome } from "../../automation/engine/run.ts";
import { writeState } from "../../automation/engine/stored-state.ts";
import { CvatClient } from "../../components/cvat/client/client.ts";
import type { Connection } from "../../components/cvat/client/connection.ts";
import type { CloudStorage, Membership, Organization, Webhook } from "../../components/cvat/client/types.ts";
import { FORMER_PACKAGE, tokenOf, type Token } from "../../components/records/tokens.ts";
import {
  inClear,
  moved,
  NOWHERE,
  placeIn,
  shownState,
  type ShownResource,
  type ShownState,
} from "../fixtures/states/place.ts";
import { PASSPHRASE, recordedState } from "../fixtures/states/recorded.ts";
import { full } from "./full.ts";
import { startLab, type Lab } from "./harness.ts";
import { pulumi } from "./pulumi.ts";

/*
 * A stack of before 2026-12, whose records and generated secrets are dynamic resources of the SDK: the state is the recorded one
 * (test/fixtures/states/README.md), and of it nothing is changed but where its systems are, and the numbers and UIDs that those gave. The
 * systems come from the other state of the same stack, which its `destroy` left: so they have the very secrets that the first one knows.
 */

const FOLDER = path.resolve(import.meta.dirname, "../fixtures/states");

/** What was a dynamic resource. What has come since is made by the first up. */
const OF_BEFORE: readonly Token[] = [
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
];

/** The script by which each Job that initialises CVAT waits for its turn. */
const TURN = "create cvat-initialisation";
/** They run again, since they wait for their turn, and the script of users is another by now. */
const INITIALISED_ANEW = [
  "replace cvat-users",
  "replace cvat-users-script",
  "replace cvat:cvat/cvat-backend-initializer-r1",
];
/** Since then the lab's own policies say who reaches it, and the chart's, which lets everybody, is off. */
const POLICY_OF_CHART = "delete cvat:cvat/cvat-redis";
/** Since then people may write to the bucket of CVAT's exports too. */
const PEOPLE_MAY_MORE = ["update store-clearml-admin-policy", "update store-clearml-anna-policy"];

let lab: Lab;
/** Of the lab that was up, as it was recorded. */
let recorded: ShownState;
let secrets: Record<string, unknown>;
let connection: Connection;

const stack = () => lab.rehearsal().stack;
const kept = async () => generatedIn(await shownState(stack()));

beforeAll(async () => {
  lab = await startLab({}, { stackFile: path.join(FOLDER, "Pulumi.lab.yaml") });
  await writeFile(path.join(lab.home.folder, "passphrase"), PASSPHRASE, { mode: 0o600 });
  await lab.prepare();
  await writeState(stack(), await recordedState("dynamic-up"));
  recorded = await shownState(stack());
  secrets = generatedIn(recorded);
});
afterAll(() => lab.end());

describe("a stack whose records are dynamic resources of the SDK", () => {
  it("has one of every kind, and more generated secrets than anybody would set again", () => {
    expect([...new Set(dynamicOf(recorded).map(({ type }) => tokenOf(type)))].sort()).toEqual(OF_BEFORE);
    expect(Object.keys(secrets).length).toBeGreaterThan(30);
  });

  it("comes up with the secrets it had, where it was taken down before", async () => {
    await writeState(stack(), await recordedState("dynamic-down"));
    await lab.up();
    expect(await kept()).toEqual(secrets);
    const { deployment } = await shownState(stack());
    const organization = deployment.resources.find(({ type }) => tokenOf(type) === "cvat:Organization");
    ({ connection } = inClear(organization?.outputs) as { connection: Connection });
  });

  it("is previewed without any record made anew or deleted", async () => {
    await importRecorded();
    // What stands for secrets of the stack file in a rehearsal was made another way when this was recorded. (rehearse.ts, standInFor)
    expect(operations(await lab.run("preview"))).toEqual([
      TURN,
      POLICY_OF_CHART,
      ...INITIALISED_ANEW,
      "update cvat-storage-lab-archive",
      "update cvat-webhook-lab-ci",
      ...PEOPLE_MAY_MORE,
    ]);
  });

  it("goes on by an up, which takes out what was taken out of the stack file since", async () => {
    const before = (await sections())["cvat"] as Record<string, { name: string }[]>;
    await lab.configure({
      cvat: {
        organizations: [
          { slug: "lab", name: "Vision lab", members: [{ username: "annotator" }] },
          { slug: "field", members: [{ username: "anna" }] },
        ],
        cloudStorages: before["cloudStorages"]?.filter(({ name }) => name !== "cvat"),
      },
      functions: { follow: undefined },
    });
    await lab.prepare();
    expect(operations(await lab.run("up"))).toEqual([
      TURN,
      "delete cvat-member-lab-anna",
      "delete cvat-storage-field-cvat",
      "delete cvat-webhook-lab-ci",
      POLICY_OF_CHART,
      // The component, and the record in it.
      "delete nuclio-follow",
      "delete nuclio-follow",
      ...INITIALISED_ANEW,
      // Its key is another: what a rehearsal puts for a sealed one goes by its place in the list.
      "update cvat-storage-lab-archive",
      ...PEOPLE_MAY_MORE,
    ]);
    expect(await inSystems()).toEqual({
      members: ["field: admin", "field: anna", "lab: admin", "lab: annotator"],
      webhooks: [],
      storages: ["archive", "datasets"],
      functions: ["sam", "yolo11x"],
    });
    expect(await kept()).toEqual(secrets);
    expect(operations(await lab.run("up"))).toEqual([]);
  });

  it("loses no secret where Pulumi's own command line is told to replace it", async () => {
    const { urn = "" } = (await shownState(stack())).deployment.resources.find(({ type }) => isText(type)) ?? {};
    const file = path.join(lab.home.folder, "stack", "Pulumi.lab.yaml");
    const args = ["preview", "--stack", "lab", "--config-file", file, "--replace", urn];
    const { exitCode, stdout, stderr } = await pulumi(lab.rehearsal(), args);
    expect(stdout + stderr).toMatch(/is in use: what was set up with it opens with nothing else/);
    expect(exitCode).not.toBe(0);
  });

  full("is taken down without an up before, and leaves the secrets", async () => {
    await lab.configure(await sections());
    await lab.up();
    await importRecorded();
    await lab.destroy();
    expect(await inSystems()).toEqual({ members: [], webhooks: [], storages: [], functions: [] });
    expect((await shownState(stack())).deployment.resources.filter(isRecord).map(nameOf)).toEqual([]);
    expect(await kept()).toEqual(secrets);
  });
});

/** Sections of the stack file, as they were when the state was recorded. */
async function sections(): Promise<Record<string, Record<string, unknown>>> {
  const { config } = parse(await readFile(path.join(FOLDER, "Pulumi.lab.yaml"), "utf8")) as {
    config: Record<string, Record<string, unknown>>;
  };
  return Object.fromEntries(Object.entries(config).map(([key, section]) => [key.split(":").at(-1) ?? "", section]));
}

/** Puts the recorded state of the lab that was up into the place of the present one. */
async function importRecorded(): Promise<void> {
  const present = await shownState(stack());
  const state = moved(recorded, NOWHERE, placeIn(present));
  for (const old of state.deployment.resources) {
    const same = present.deployment.resources.find((one) => identityOf(one) === identityOf(old));
    if (/^cvat:|:Queue$/.test(tokenOf(old.type) ?? "")) old.id = same?.id ?? "";
    for (const number of ["organizationId", "storageId"])
      if (old.outputs && number in old.outputs) old.outputs[number] = same?.outputs?.[number];
    const [before, now] = [old, same].map((one) => one?.outputs?.["metadata"] as { uid?: string } | undefined);
    if (before?.uid !== undefined && now?.uid !== undefined) before.uid = now.uid;
  }
  await stack().importStack(state);
}

/** What a resource is, by whichever provider. */
const identityOf = ({ urn, type }: ShownResource) => `${tokenOf(type) ?? type} ${urn.split("::").at(-1) ?? ""}`;

/** What a run does, or would do, to what there was before. */
function operations({ changes }: Outcome): string[] {
  const isSince = ({ operation, type }: Change) => {
    const token = tokenOf(type);
    const isOfNetwork = /:(NetworkPolicy|Network)$/.test(type);
    return operation === "create" && (isOfNetwork || (token !== undefined && !OF_BEFORE.includes(token)));
  };
  // Since then each workload says how it is deleted, which is nothing of the object itself. (charts/handling.ts)
  const isOnlyHandled = ({ operation, fields }: Change) => operation === "update" && fields.length === 0;
  return changes
    .filter((change) => !isSince(change) && !isOnlyHandled(change))
    .map(({ operation, name }) => `${operation} ${name}`)
    .sort();
}

const dynamicOf = ({ deployment }: ShownState) =>
  deployment.resources.filter(({ type }) => type.startsWith(`${FORMER_PACKAGE}:`));

const isRecord = ({ type }: ShownResource) => tokenOf(type) !== undefined && !isKept(type);

const isText = (type: string) => tokenOf(type) === "secrets:GeneratedText";

const nameOf = ({ urn }: ShownResource) => urn.split("::").at(-1) ?? "";

/** Every generated text, and the count that some of them hang on. */
function generatedIn({ deployment }: ShownState): Record<string, unknown> {
  const texts = deployment.resources.filter(({ type }) => isKept(type));
  return Object.fromEntries(
    texts.map((text) => {
      const { value, count } = inClear(text.outputs) as { value?: string; count?: number };
      return [nameOf(text), value ?? count];
    }),
  );
}

/** What there is of the records in the systems themselves. */
async function inSystems() {
  const cvat = new CvatClient(connection);
  const organizations = (await cvat.list<Organization>("organizations")).map(({ slug }) => slug).sort();
  const members: string[] = [];
  const webhooks: string[] = [];
  for (const organization of organizations) {
    for (const { user } of await cvat.list<Membership>("memberships", { organization }))
      members.push(`${organization}: ${user.username}`);
    for (const { description } of await cvat.list<Webhook>("webhooks", { organization })) webhooks.push(description);
  }
  const storages = await cvat.list<CloudStorage>("cloudstorages");
  const functions = await lab.list("nuclio.io/v1beta1", "NuclioFunction", "cvat");
  return {
    members: members.sort(),
    webhooks,
    storages: storages.map(({ display_name }) => display_name).sort(),
    functions: functions.map(({ metadata }) => metadata?.name).sort(),
  };
}
