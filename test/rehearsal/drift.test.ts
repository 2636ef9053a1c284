import type { V1ConfigMap, V1Deployment, V1Secret } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CloudStorage } from "../../components/cvat/client/types.ts";
import { isClean } from "../../automation/drift/classify.ts";
import { driftText } from "../../automation/drift/words.ts";
import type { Look } from "../../automation/drift/look.ts";
import { foundIn, startDriftLab, type DriftLab } from "./drift-lab.ts";

const CANARY = "hunter2-canary";

let lab: DriftLab;

beforeAll(async () => {
  lab = await startDriftLab();
});
afterAll(() => lab.end());

describe("drift of the whole homelab", () => {
  let look: Look;
  let password: string | undefined;

  it("is none where nobody was at work; nothing is changed by the look, the state neither, and no lock is taken", async () => {
    const before = await lab.stored();
    const { drift } = await lab.look();
    expect(driftText(drift)).toMatch(/^No drift: all \d+ objects and records are as the last up left them\.\n/);
    expect(drift.checked).toBeGreaterThan(150);
    expect(await lab.stored()).toEqual(before);
    expect(before.locks).toEqual([]);
  });

  it("is found of each kind, with who did it, and no secret is told", async () => {
    const { data } = await lab.get<V1Secret>("v1", "Secret", "cvat-users", "cvat");
    password = data?.["users.json"];
    const json = (value: object) => ["--type=merge", "-p", JSON.stringify(value)];
    await lab.kubectl("-n", "cvat", "scale", "deploy/cvat-backend-worker-export", "--replicas=3");
    await lab.kubectl("-n", "cvat", "set", "env", "deploy/cvat-opa", "API_TOKEN=hunter2-canary");
    await lab.kubectl("-n", "cvat", "label", "svc/cvat-grafana", "mine=yes", "app.kubernetes.io/name-");
    await lab.kubectl("-n", "clearml", "annotate", "deploy/clearml-webserver", "note=hello");
    await lab.kubectl("-n", "cvat", "patch", "cm", "cvat-settings", ...json({ data: { "extra.json": "{}" } }));
    const secret = Buffer.from(CANARY).toString("base64");
    await lab.kubectl("-n", "cvat", "patch", "secret", "cvat-users", ...json({ data: { "users.json": secret } }));
    await lab.kubectl("-n", "cvat", "delete", "deploy", "cvat-frontend");
    await lab.kubectl("-n", "cvat", "rollout", "restart", "deploy/cvat-grafana");
    const client = await lab.cvat();
    const storage = (await client.list<CloudStorage>("cloudstorages")).find(
      ({ display_name }) => display_name === "cvat",
    );
    await client.remove(`cloudstorages/${storage?.id ?? 0}`);

    look = await lab.look();
    expect(foundIn(look)).toEqual([
      "CloudStorage cvat-storage-lab-cvat deleted",
      'ConfigMap cvat-settings data["extra.json"] added kubectl-patch',
      "Deployment clearml-webserver metadata.annotations.note added kubectl-annotate",
      "Deployment cvat-backend-worker-export spec.replicas changed kubectl (scale)",
      "Deployment cvat-frontend deleted",
      "Deployment cvat-opa spec.template.spec.containers[cvat-opa-app-container].env added kubectl-set",
      'Secret cvat-users data["users.json"] changed kubectl-patch',
      "Service cvat-grafana metadata.labels.mine added kubectl-label",
      'Service cvat-grafana metadata.labels["app.kubernetes.io/name"] removed kubectl-label',
    ]);
    expect(look.drift.unchecked).toEqual([]);
    expect(JSON.stringify(look.drift)).not.toContain(CANARY);
    expect(JSON.stringify(look.drift)).not.toContain(secret);
  });

  it("goes back by a fix, which leaves alone what is new in the stack file, and then there is none", async () => {
    await lab.configure({ clearml: { image: { tag: "2.0.0-614" }, allowUnknownVersions: true } });
    await lab.prepare();
    const image = () => imageOf("clearml-apiserver");
    const before = await image();
    const { problems } = await lab.fix(look);
    expect(problems).toEqual([]);
    expect(await image()).toBe(before);
    expect(await lab.replicas("cvat-backend-worker-export")).toBe(1);
    expect((await lab.get<V1Secret>("v1", "Secret", "cvat-users", "cvat")).data?.["users.json"]).toBe(password);
    expect(
      (await lab.get<V1ConfigMap>("v1", "ConfigMap", "cvat-settings", "cvat")).data?.["extra.json"],
    ).toBeUndefined();
    const managers = (await lab.get<V1Deployment>("apps/v1", "Deployment", "cvat-backend-worker-export", "cvat"))
      .metadata?.managedFields;
    expect(managers?.map(({ manager }) => manager)).not.toContain("kubectl");

    const after = await lab.look();
    expect(foundIn(after)).toEqual([]);
    expect(isClean(after.drift)).toBe(true);
    // What is pending is still to come, and nothing else is.
    const { changes } = await lab.run("preview");
    expect([...new Set(changes.map(({ system }) => system))]).toEqual(["ClearML"]);
    expect(changes.map(({ short }) => short)).toContain("clearml-apiserver");
  });
});

async function imageOf(name: string): Promise<string | undefined> {
  const { spec } = await lab.get<V1Deployment>("apps/v1", "Deployment", name, "clearml");
  return spec?.template.spec?.containers[0]?.image;
}
