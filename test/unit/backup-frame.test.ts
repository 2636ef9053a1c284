import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { cronJobs } from "../../components/backup/cron-jobs.ts";
import { cvatAccess } from "../../components/backup/cvat-access.ts";
import { backupWorkloads } from "../../components/backup/workloads.ts";
import { registerRecords } from "../../components/cvat/records.ts";
import { OwnProvider } from "../../components/records/resource.ts";
import { backupPod, scriptMap } from "../../components/backup/pod.ts";
import { backupConfig } from "../../components/backup/backup-section.ts";
import { Backup } from "../../components/backup/backup.ts";
import { labGraph } from "../../automation/report/graph/lab-graph.ts";
import { parseLab } from "../../components/lab/parse.ts";
import { planned } from "../fixtures/inputs/planned.ts";
import { exampleStack, type Sections } from "../fixtures/inputs/whole-stack.ts";
import { recordRegistrations, settled } from "./registrations.ts";

const registered = recordRegistrations();

/** The example lab, with this section of backups. */
const lab = (backup: object = {}, more: object = {}): Sections => ({ ...exampleStack(), backup, ...more });
const problemsOf = (sections: Record<string, unknown>) =>
  parseLab(sections).problems.map(({ path }) => path.replace("vision-platform:", ""));
const objectStore = (more: object) => ({ objectStore: { ...(exampleStack()["objectStore"] as object), ...more } });

describe("the section of backups", () => {
  it("asks for a store, and for a system that has something to keep", () => {
    expect(problemsOf(lab())).toEqual([]);
    const bare = Object.entries(lab()).filter(([name]) => name !== "objectStore" && name !== "functions");
    expect(problemsOf(Object.fromEntries(bare))).toContain("backup");
    const off = { cvat: { enabled: false }, clearml: { enabled: false }, functions: {} };
    expect(problemsOf(lab({}, off))).toContain("backup");
  });

  it.each([
    [{ projects: { to: "a/" }, databases: { to: "a/" } }, "backup.databases.to"],
    [{ projects: { to: "a/b/" }, databases: { to: "a/" } }, "backup.projects.to"],
    [{ projects: { to: "/a/" } }, "backup.projects.to"],
    [{ projects: { schedule: "every night" } }, "backup.projects.schedule"],
    [{ projects: { schedule: "TZ=Europe/Berlin 1 1 * *" } }, "backup.projects.schedule"],
    [{ timeZone: "Berlin" }, "backup.timeZone"],
    [{ databases: { recipient: "AGE-SECRET-KEY-1QQ" } }, "backup.databases.recipient"],
  ])("refuses %j", (section, path) => {
    expect(problemsOf(lab(section))).toEqual([path]);
  });

  it("keeps the name of the account by which they are made for itself", () => {
    const { cvat } = exampleStack() as { cvat: object };
    const users = [{ username: "Vision-Platform-Backup" }];
    expect(problemsOf(lab({}, { cvat: { ...cvat, users } }))).toContain("cvat.users[0].username");
  });
});

describe("the bucket of backups", () => {
  const bucketsOf = (sections: Record<string, unknown>) => planned(sections).store?.buckets.map(({ name }) => name);
  const policyOf = (sections: Record<string, unknown>, id: string) =>
    planned(sections).store?.users.find((user) => user.id === id)?.policy ?? expect.fail(`no user ${id}`);

  it("is made with the section alone, and a lab that has one of that name for another purpose stays as it is", () => {
    const own = { moreBuckets: { backups: { name: "backups", writers: ["cvat"] } } };
    expect(bucketsOf(lab())).toContain("backups");
    expect(bucketsOf(exampleStack())).not.toContain("backups");
    expect(planned({ ...exampleStack(), ...objectStore(own) }).store?.users.map(({ id }) => id)).not.toContain(
      "backup",
    );
    expect(problemsOf({ ...exampleStack(), ...objectStore(own) })).toEqual([]);
    expect(problemsOf(lab({}, objectStore(own)))).toEqual(["objectStore.moreBuckets.backups"]);
    const named = objectStore({ moreBuckets: { old: { name: "backups" } } });
    expect(problemsOf(lab({}, named))).toEqual(["objectStore.moreBuckets.old"]);
    const another = objectStore({ moreBuckets: { old: { name: "backups" } }, buckets: { backups: { name: "kept" } } });
    expect(problemsOf(lab({}, another))).toEqual([]);
  });

  it("is open below the parts' places to what makes backups, and to nobody else", () => {
    const { store } = planned(lab({ projects: { to: "lab/projects/" } }));
    const readers = store?.users.filter(({ policy }) => policy.includes(":::backups")).map(({ id }) => id);
    expect(readers).toEqual(["backup"]);
    const policy = policyOf(lab({ projects: { to: "lab/projects/" } }), "backup");
    const { Statement: statements } = JSON.parse(policy) as { Statement: { Action: string[]; Resource: string[] }[] };
    const writable = statements.filter(({ Action }) => Action.includes("s3:PutObject")).flatMap((one) => one.Resource);
    expect(writable.sort()).toEqual(
      ["databases/", "lab/projects/", "volumes/"].map((prefix) => `arn:aws:s3:::backups/${prefix}*`),
    );
    expect(problemsOf(lab({}, objectStore({ moreBuckets: { a: { name: "aaa", readers: ["backup"] } } })))).toContain(
      "objectStore.moreBuckets.a.readers[0]",
    );
  });
});

describe("the plan", () => {
  it("has an account in CVAT while projects are backed up, and none of CVAT's where it is off", () => {
    expect(planned(lab()).cvat?.accounts.map(({ username }) => username)).toEqual(["vision-platform-backup"]);
    expect(planned(lab({ projects: { enabled: false } })).cvat?.accounts).toEqual([]);
    expect(planned(exampleStack()).cvat?.accounts).toEqual([]);
    const { backup } = planned(lab({}, { cvat: { enabled: false }, functions: {} }));
    expect(backup).toMatchObject({ parts: ["databases", "volumes"], namespace: "clearml", accounts: [] });
  });

  it("runs CVAT's own image unless another is named, which no registry of copies has", () => {
    const images = { registry: "registry.example/library", existingSecret: "pull" };
    const imageIn = (section: object) => {
      const { backup, mirror } = planned(lab(section, { images }));
      if (!backup) throw new Error("no backups are planned");
      return backupPod({ plan: backup, mirror, command: "projects", memory: "1Gi" }).containers[0]?.image;
    };
    expect(imageIn({})).toMatch(/^registry\.example\/library\/cvat\/server:v2\./);
    expect(imageIn({ image: "example/backup:1" })).toBe("example/backup:1");
  });

  it("stands in the picture of the lab, and writes into its bucket", () => {
    const { nodes, edges } = labGraph(planned(lab()));
    expect(nodes.map(({ id }) => id)).toContain("backup");
    expect(edges).toContainEqual({ from: "backup", to: "bucket_backups", what: "reads and writes" });
    expect(labGraph(planned(exampleStack())).nodes.map(({ id }) => id)).not.toContain("backup");
  });
});

describe("Backup", () => {
  const SECRET_MARK = "4dabf18193072939515e22adb298388d";

  it("registers what its pods read: the scripts, and what opens store and CVAT as one secret", async () => {
    const { backup } = planned(lab());
    if (!backup) throw new Error("no backups are planned");
    const store = { endpoint: "http://192.0.2.30:9000", region: "eu", bucket: "backups" };
    new Backup("backup", {
      plan: backup,
      namespaces: { cvat: "cvat", clearml: "clearml" },
      mirror: undefined,
      cluster: { provider: new k8s.Provider("cluster", { kubeconfig: "{}" }) },
      access: pulumi.secret({
        store: { ...store, accessKey: "a", secretKey: "canary-store-key" },
        notifyUrl: "https://ntfy.example.com/canary-topic",
      }),
    });
    await settled(registered);
    const script = registered.find(({ type }) => type.endsWith(":ConfigMap"));
    expect(script?.inputs["metadata"]).toMatchObject({ name: scriptMap(), namespace: "cvat" });
    const secret = registered.find(({ type }) => type.endsWith(":Secret"))?.inputs["stringData"];
    expect(secret).toHaveProperty([SECRET_MARK]);
    const others = registered.filter(({ type }) => !type.endsWith(":Secret"));
    expect(JSON.stringify(others)).not.toContain("canary");
    const text = (secret as { value: { "settings.json": string } }).value["settings.json"];
    expect(JSON.parse(text)).toMatchObject({
      store: { secretKey: "canary-store-key" },
      notify: { kind: "auto", url: "https://ntfy.example.com/canary-topic" },
      projects: backupConfig.parse({}).projects,
    });
  });
});

describe("what opens CVAT to the runs", () => {
  /** As much of CVAT as it needs. */
  const cvat = () =>
    Object.assign(new pulumi.ComponentResource("test:index:Cvat", "cvat"), {
      namespace: pulumi.output("cvat"),
      connectionAs: (username: string) =>
        pulumi.output({ endpoint: "http://192.0.2.20", username, password: `<${username}>`, patienceMs: 1 }),
    });

  async function opened(sections: Record<string, unknown>) {
    const plan = planned(sections);
    if (!plan.backup || !plan.cvat) throw new Error("no backups of CVAT are planned");
    const provider = new OwnProvider("own");
    const access = cvatAccess(plan.backup, cvat(), plan.cvat, { provider });
    const found = await new Promise((resolve) => access.apply(resolve));
    await settled(registered);
    return { found, tokens: registered.filter(({ type }) => type.endsWith(":AccessToken")) };
  }
  const withCvat = (more: object) => ({ cvat: { ...(exampleStack()["cvat"] as object), ...more } });

  it("is a token of its own account that writes, and is renewed while it is good", async () => {
    const { found, tokens } = await opened(lab({}, withCvat({ organizations: [{ slug: "lab" }] })));
    expect(found).toMatchObject({
      address: "http://cvat-backend-service.cvat:8080",
      username: "vision-platform-backup",
      organizations: ["lab"],
    });
    expect(found).not.toHaveProperty("password");
    expect(tokens.map(({ inputs }) => inputs)).toMatchObject([{ readOnly: false, days: 90, renewBefore: 30 }]);
  });

  it("is one of the administrator too for sandboxes, and the password of a CVAT that has no tokens", async () => {
    const { tokens } = await opened(lab({ projects: { sandboxes: true } }));
    expect(tokens).toHaveLength(2);
    registered.length = 0;
    const old = withCvat({ version: "2.39.0", images: { server: "cvat/server:v2.39.0", ui: "cvat/ui:v2.39.0" } });
    const { found, tokens: none } = await opened(lab({}, old));
    expect(found).toMatchObject({ password: "<vision-platform-backup>" });
    expect(none).toEqual([]);
  });
});

describe("the account", () => {
  const registeredFor = async (sections: Record<string, unknown>) => {
    registered.length = 0;
    const { cvat } = planned(sections);
    if (!cvat) throw new Error("no CVAT is planned");
    const connection = { endpoint: "http://192.0.2.20", username: "admin", password: "secret" };
    registerRecords("cvat", { plan: cvat, connection, storages: [] }, {});
    await settled(registered);
    return registered.filter(({ type }) => type.endsWith(":Membership")).map(({ inputs }) => inputs);
  };

  it("maintains each organization of the stack while projects are backed up, and none afterwards", async () => {
    const cvat = {
      ...(exampleStack()["cvat"] as object),
      organizations: [{ slug: "a" }, { slug: "b" }],
      cloudStorages: [],
    };
    const username = "vision-platform-backup";
    expect(await registeredFor(lab({}, { cvat }))).toMatchObject([
      { organization: "a", username, role: "maintainer" },
      { organization: "b", username, role: "maintainer" },
    ]);
    expect(await registeredFor(lab({ projects: { enabled: false } }, { cvat }))).toEqual([]);
    expect(await registeredFor({ ...exampleStack(), cvat })).toEqual([]);
  });
});

describe("the pods of a run", () => {
  it("have the labels by which their ways are opened, and the name of an application, as pods that build functions have not", () => {
    const { backup } = planned(lab());
    if (!backup) throw new Error("no backups are planned");
    const [pods] = backupWorkloads(backup);
    const [{ spec } = expect.fail("there is no CronJob")] = cronJobs(backup, undefined);
    const { labels } = spec.jobTemplate.spec.template.metadata;
    expect(labels).toMatchObject(pods?.labels ?? expect.fail("nobody opens their ways"));
    expect(labels).toHaveProperty("app");
  });
});
