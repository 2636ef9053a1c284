import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { Backup } from "../../components/backup/backup.ts";
import { cronJobs } from "../../components/backup/cron-jobs.ts";
import { parseLab } from "../../components/lab/parse.ts";
import { planned } from "../fixtures/inputs/planned.ts";
import { exampleStack, type Sections } from "../fixtures/inputs/whole-stack.ts";
import { recordRegistrations, settled } from "./registrations.ts";

const registered = recordRegistrations();

const lab = (databases: object = {}, more: object = {}): Sections => ({
  ...exampleStack(),
  backup: { databases },
  ...more,
});

function planOf(sections: Sections) {
  const { backup } = planned(sections);
  return backup ?? expect.fail("no backups are planned");
}

/** The CronJobs of databases, by name. */
const dumpsOf = (sections: Sections) =>
  Object.fromEntries(
    cronJobs(planOf(sections), undefined)
      .filter(({ name }) => /postgresql|mongodb/.test(name))
      .map((row) => [row.name, row] as const),
  );

const podOf = (sections: Sections, name: string) =>
  dumpsOf(sections)[name]?.spec.jobTemplate.spec.template.spec ?? expect.fail(`there is no ${name}`);

/** CVAT with a PostgreSQL of somebody else's. */
function external(): object {
  const { cvat } = exampleStack() as { cvat: { postgresql?: object } };
  const ours = { host: "db.example.com", existingSecret: "role", tls: { mode: "require" } };
  return { cvat: { ...cvat, postgresql: { external: ours } } };
}

describe("dumps of databases", () => {
  it("run where the database's password lies, with its own programs beside the scripts, and no more rights", () => {
    const rows = dumpsOf(lab());
    expect(Object.values(rows).map(({ name, namespace }) => [name, namespace])).toEqual([
      ["backup-postgresql", "cvat"],
      ["backup-mongodb", "clearml"],
    ]);
    for (const name of Object.keys(rows)) {
      const pod = podOf(lab(), name);
      expect(pod).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } });
      expect(pod.containers.map((container) => container.name)).toEqual(["backup", "database"]);
      for (const { securityContext } of pod.containers)
        expect(securityContext).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true });
    }
  });

  it("get at the database by its Secret alone, in both containers", () => {
    for (const { env } of podOf(lab(), "backup-postgresql").containers) {
      const password = env.find(({ name }) => name === "PGPASSWORD");
      expect(password).toEqual({
        name: "PGPASSWORD",
        valueFrom: { secretKeyRef: { name: "cvat-postgres-secret", key: "password" } },
      });
    }
  });

  it("reach one of somebody else's with its own Secret and TLS, by programs of its release", () => {
    const missing = parseLab(lab({}, external())).problems.map(({ path }) => path);
    expect(missing).toEqual(["vision-platform:backup.databases.postgresqlImage"]);
    const image = "docker.io/library/postgres:16-alpine";
    const [, beside] = podOf(lab({ postgresqlImage: image }, external()), "backup-postgresql").containers;
    expect(beside?.image).toBe(image);
    expect(beside?.env).toEqual(
      expect.arrayContaining([
        { name: "PGHOST", value: "db.example.com" },
        { name: "PGSSLMODE", value: "require" },
        { name: "PGUSER", valueFrom: { secretKeyRef: { name: "role", key: "username" } } },
      ]),
    );
  });

  it("are made of what the lab has, and of nothing where they are off", () => {
    expect(Object.keys(dumpsOf(lab({}, { clearml: { enabled: false } })))).toEqual(["backup-postgresql"]);
    expect(Object.keys(dumpsOf(lab({}, { cvat: { enabled: false }, functions: {} })))).toEqual(["backup-mongodb"]);
    expect(dumpsOf(lab({ enabled: false }))).toEqual({});
  });

  it("know nothing of CVAT's token in ClearML's namespace", async () => {
    const store = {
      endpoint: "http://192.0.2.30:9000",
      region: "eu",
      bucket: "backups",
      accessKey: "a",
      secretKey: "b",
    };
    const cvat = { address: "http://cvat", username: "backup", token: "canary-token", organizations: [] };
    new Backup("backup", {
      plan: planOf(lab()),
      namespaces: { cvat: "cvat", clearml: "clearml" },
      mirror: undefined,
      cluster: { provider: new k8s.Provider("cluster", { kubeconfig: "{}" }) },
      access: pulumi.secret({ store, cvat }),
    });
    await settled(registered);
    const secrets = registered
      .filter(({ type }) => type.endsWith(":Secret"))
      .map(({ inputs }) => JSON.stringify(inputs));
    const [own = "", other = ""] = secrets;
    expect([own.includes("canary-token"), other.includes("canary-token"), other.includes("192.0.2.30")]).toEqual([
      true,
      false,
      true,
    ]);
    expect(other).toContain('"namespace":"clearml"');
  });
});
