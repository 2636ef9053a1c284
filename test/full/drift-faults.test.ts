import { setTimeout as pause } from "node:timers/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isClean } from "../../automation/drift/classify.ts";
import type { Look } from "../../automation/drift/look.ts";
import { verdictOf } from "../../automation/drift/words.ts";
import { kill, programOf, startOf } from "../../automation/processes.ts";
import { readJson, serviceFolder } from "../../automation/rehearsal/services/service.ts";
import { processesOf } from "../../automation/runs/belonging.ts";
import type { Organization } from "../../components/cvat/client/types.ts";
import { generatedIn } from "../rehearsal/canaries.ts";
import { foundIn, startDriftLab, type DriftLab } from "../rehearsal/drift-lab.ts";
import { problemsOf } from "../rehearsal/failure.ts";

let lab: DriftLab;

beforeAll(async () => {
  lab = await startDriftLab();
});
afterAll(() => lab.end());

const pidOf = async (service: string): Promise<number> => {
  const file = path.join(serviceFolder(lab.home.folder, service), "ready.json");
  return (await readJson<{ pid: number }>(file))?.pid ?? 0;
};
const kindsLeftBy = ({ drift }: Look) => [
  ...new Set(drift.unchecked.flatMap(({ objects }) => objects.map((one) => one.split(" ")[0]))),
];
const reasonsOf = ({ drift }: Look) => drift.unchecked.map(({ reason }) => reason).join("\n");

describe("a record that somebody changed", () => {
  it("is found, and not repaired where the stack file says something else of it by now", async () => {
    const client = await lab.cvat();
    const [organization] = await client.list<Organization>("organizations");
    await client.patch(`organizations/${organization?.id ?? 0}`, { name: "Renamed by hand" });
    const look = await lab.look();
    expect(foundIn(look)).toEqual(["Organization cvat-organization-lab name changed"]);

    await lab.configure({
      cvat: { organizations: [{ slug: "lab", name: "Another by the file", members: [{ username: "annotator" }] }] },
    });
    await lab.prepare();
    const before = await lab.stored();
    expect((await problemsOf(lab.fix(look))).join("\n")).toMatch(
      /says something else of Organization cvat-organization-lab/,
    );
    expect(await lab.stored()).toEqual(before);
  });
});

describe("what does not answer is not checked, and never gone", () => {
  it("CVAT that is frozen: all else is", async () => {
    const pid = await pidOf("cvat");
    process.kill(pid, "SIGSTOP");
    const look = await lab.look().finally(() => process.kill(pid, "SIGCONT"));
    expect(look.drift.gone).toEqual([]);
    expect(look.drift.checked).toBeGreaterThan(140);
    expect(kindsLeftBy(look)).toEqual(expect.arrayContaining(["CloudStorage", "Organization"]));
  });

  it("an object store that is down: by the guard, since its plugin calls every bucket gone", async () => {
    const pid = await pidOf("minio");
    kill(pid);
    while (startOf(pid) !== undefined) await pause(100);
    const look = await lab.look();
    expect(look.drift.gone).toEqual([]);
    expect(kindsLeftBy(look)).toEqual(expect.arrayContaining(["S3Bucket", "IamUser", "IamPolicy"]));
    expect(reasonsOf(look)).toMatch(/no object store answers at/);
  });

  it("an API server that is down: the state stays, and the plugin's advice to drop the lab from it is not passed on", async () => {
    const before = await lab.stored();
    for (const found of processesOf(lab.home.folder)) if (programOf(found) === "kube-apiserver") kill(found.pid);
    const look = await lab.look();
    expect(look.drift.gone).toEqual([]);
    expect(kindsLeftBy(look)).toEqual(expect.arrayContaining(["Deployment", "Secret", "Namespace"]));
    expect(reasonsOf(look)).toMatch(/API server .* does not answer/);
    expect(JSON.stringify(look.drift)).not.toMatch(/DELETE_UNREACHABLE/);
    expect(await lab.stored()).toEqual(before);
    await lab.configure({
      cvat: { organizations: [{ slug: "lab", name: "Vision lab", members: [{ username: "annotator" }] }] },
    });
    await lab.prepare();
  });
});

describe("a namespace that was deleted", () => {
  it("is the first thing that is told, and is made anew with the passwords there were", async () => {
    const passwords = await generatedIn(lab.rehearsal().stack);
    await lab.kubectl("delete", "namespace", "clearml", "--wait=true");
    const look = await lab.look();
    expect(verdictOf(look.drift)).toMatch(
      /^Namespace clearml was deleted, with all that the lab had there: \d+ objects/,
    );
    expect(look.drift.gone).toEqual([]);

    await lab.fix(look);
    const anew = await generatedIn(lab.rehearsal().stack);
    const changed = passwords.filter(({ name, text }) => !anew.some((one) => one.name === name && one.text === text));
    expect([anew.length, changed.map(({ name }) => name)]).toEqual([passwords.length, []]);
    const after = await lab.look();
    expect(foundIn(after).filter((one) => !one.startsWith("Organization"))).toEqual([]);
    expect(after.drift.accidents).toEqual([]);
    await lab.fix(after);
    expect(isClean((await lab.look()).drift)).toBe(true);
  });

  it("and a kubeconfig that points elsewhere is not repaired", async () => {
    const look = await lab.look();
    const losses = { cluster: true, namespaces: [] };
    const elsewhere: Look = { ...look, identity: { ...look.identity, losses, uid: "another-uid" } };
    expect((await problemsOf(lab.fix(elsewhere))).join("\n")).toMatch(
      /another cluster answers.*--new-cluster another-uid/,
    );
    expect((await problemsOf(lab.fix(elsewhere, "a-third"))).join("\n")).toMatch(/Nothing was repaired/);
  });
});
