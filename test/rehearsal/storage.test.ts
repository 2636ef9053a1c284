import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { withProviders } from "../../automation/engine/providers.ts";
import { destroyStack } from "../../automation/engine/destroy.ts";
import { silentProgress } from "../../automation/progress.ts";
import { kill } from "../../automation/processes.ts";
import type { RunningMinio } from "../../automation/rehearsal/services/minio/row.ts";
import { derivedFrom } from "./derived-keys.ts";
import { problemsOf } from "./failure.ts";
import { full } from "./full.ts";
import {
  adminOf,
  ANNA,
  clientOf,
  namesIn,
  rightsIn,
  startStorageLab,
  textOf,
  USERS,
  type StorageLab,
} from "./storage-lab.ts";

const BUCKETS = ["datasets", "cvat", "clearml", "models", "backups"] as const;
const PREFIX = "vision-platform-";
const OLD = "an object that was there before the lab";
const READ = "head list get";
const WRITE = "head list get put delete";

let lab: StorageLab;

beforeAll(async () => {
  lab = await startStorageLab();
  await lab.root().makeBucket("datasets");
  await lab.root().putObject("datasets", "old.txt", OLD);
});
afterAll(() => lab.end());

const operationsOf = async (run: Promise<{ changes: { operation: string; name: string }[] }>) =>
  (await run).changes.map(({ operation, name }) => `${operation} ${name}`).sort();

describe("the object store", () => {
  it("makes buckets and users, and takes over the bucket that is there", async () => {
    const { changes } = await lab.run("up");
    expect(changes.filter(({ operation }) => operation === "import").map(({ name }) => name)).toEqual([
      "store-datasets",
    ]);
    expect((await lab.root().listBuckets()).map(({ name }) => name).sort()).toEqual([...BUCKETS].sort());
    expect(await textOf(lab.root(), "datasets", "old.txt")).toBe(OLD);
    expect(await lab.root().getBucketVersioning("models")).toEqual({ Status: "Enabled" });
    expect(await lab.root().getBucketLifecycle("cvat")).toMatchObject({
      Rule: { ID: "expire-exports/", Filter: { Prefix: "exports/" }, Expiration: { Days: 30 }, Status: "Enabled" },
    });
  });

  it("changes nothing the second time, nor after a look at what is there", async () => {
    expect((await lab.run("up")).changes).toEqual([]);
    expect((await lab.run("refresh")).changes).toEqual([]);
    expect((await lab.run("up")).changes).toEqual([]);
  });

  it("makes again in one up what was removed by hand, in a stack of an older version too, which has no record", async () => {
    await lab.forgetPresence();
    for (const bucket of ["cvat", "models"]) await lab.root().removeBucket(bucket);
    await lab.admin().removeUser(`${PREFIX}cvat`);
    await lab.admin().setPoliciesOf(`${PREFIX}functions`, []);
    await lab.admin().removePolicy(`${PREFIX}functions`);
    // The plugin fails for ever to change a user that is gone.
    lab.section["keyRotations"] = { cvat: 1 };

    const planned = await lab.run("preview");
    expect(planned.warnings.join("\n")).toContain(
      `has not what this stack made in it: bucket \`cvat\`, bucket \`models\`, user \`${PREFIX}cvat\`, policy \`${PREFIX}functions\`. up makes it again`,
    );
    expect(planned.changes.map(({ operation, name }) => `${operation} ${name}`)).toContain("create store-presence");
    const operations = await operationsOf(lab.run("up"));
    expect(operations).toEqual(expect.arrayContaining(["create store-presence", "update store-cvat"]));
    expect(operations.join(" ")).not.toMatch(/delete|replace store-(models|functions)/);

    expect(await lab.root().getBucketVersioning("models")).toEqual({ Status: "Enabled" });
    expect(await lab.root().getBucketLifecycle("cvat")).toMatchObject({ Rule: { ID: "expire-exports/" } });
    await lab.root().putObject("models", "again.txt", "again");
    expect(await textOf(clientOf(await lab.keysOf("functions")), "models", "again.txt")).toBe("again");
    await clientOf(await lab.keysOf("cvat")).putObject("cvat", "again.txt", "again");
    await lab.root().removeObject("cvat", "again.txt");
    expect((await lab.run("up")).changes).toEqual([]);
  });

  it("removes a user that was removed by hand already", async () => {
    await lab.admin().removeUser(`${PREFIX}clearml-anna`);
    lab.people.splice(lab.people.indexOf(ANNA), 1);
    const operations = await operationsOf(lab.run("up"));
    expect(operations).toEqual(expect.arrayContaining(["delete store-clearml-anna", "update store-presence"]));
    await expect(lab.admin().user(`${PREFIX}clearml-anna`)).rejects.toThrow(/does not exist/);
    lab.people.push(ANNA);
    expect(await operationsOf(lab.run("up"))).toContain("create store-clearml-anna");
  });

  it("lets each user into its buckets and no other", async () => {
    for (const bucket of BUCKETS) await lab.root().putObject(bucket, "probe.txt", "probe");
    const given: Record<string, Record<string, string>> = {};
    for (const user of USERS) {
      const client = clientOf(await lab.keysOf(user));
      given[user] = {};
      for (const bucket of BUCKETS) given[user][bucket] = await rightsIn(client, bucket, "probe.txt");
    }
    expect(given).toEqual({
      cvat: { datasets: READ, cvat: WRITE, clearml: "", models: "", backups: "" },
      clearml: { datasets: WRITE, cvat: "", clearml: WRITE, models: WRITE, backups: "" },
      functions: { datasets: "", cvat: "", clearml: "", models: READ, backups: "" },
      backup: { datasets: "", cvat: "", clearml: "", models: "", backups: WRITE },
      deleteJob: { datasets: "", cvat: "", clearml: "delete", models: "", backups: "" },
      anna: { datasets: WRITE, cvat: WRITE, clearml: WRITE, models: WRITE, backups: "" },
      lena: { datasets: WRITE, cvat: WRITE, clearml: "", models: WRITE, backups: "" },
    });
  });

  it("lets the job that deletes files do it as ClearML's server asks: many in one call", async () => {
    const job = clientOf(await lab.keysOf("deleteJob"));
    const names = ["runs/a b.txt", "runs/é.txt"];
    for (const name of names) await lab.root().putObject("clearml", name, "artifact");
    await lab.root().putObject("models", "kept.onnx", "a model that a function serves");
    await job.removeObjects("clearml", names);
    await job.removeObjects("models", ["kept.onnx"]);
    expect(await namesIn(lab.root(), "clearml", "runs/")).toEqual([]);
    expect(await namesIn(lab.root(), "models", "kept")).toEqual(["kept.onnx"]);
  });

  it("narrows a user to prefixes", async () => {
    await lab.root().putObject("models", "yolo11x/best.onnx", "weights");
    lab.section["onlyPrefixes"] = { functions: { models: ["yolo11x/"] } };
    expect(await operationsOf(lab.run("up"))).toEqual(["update store-functions-policy"]);
    const client = clientOf(await lab.keysOf("functions"));
    expect(await textOf(client, "models", "yolo11x/best.onnx")).toBe("weights");
    expect(await namesIn(client, "models", "yolo11x/")).toEqual(["yolo11x/best.onnx"]);
    await expect(textOf(client, "models", "probe.txt")).rejects.toThrow(/Access Denied/);
    await expect(namesIn(client, "models")).rejects.toThrow(/Access Denied/);
  });

  it("finds what was changed by hand, and puts it right", async () => {
    await lab.root().removeBucketLifecycle("cvat");
    await lab.root().setBucketVersioning("models", { Status: "Suspended" });
    await lab.run("refresh");
    expect(await operationsOf(lab.run("up"))).toEqual([
      "create store-cvat-lifecycle",
      "update store-models-versioning",
    ]);
    expect(await lab.root().getBucketVersioning("models")).toEqual({ Status: "Enabled" });
  });

  it("gives a user another secret key, and the old one opens nothing, nor does what was made with it", async () => {
    const before = await lab.keysOf("cvat");
    const [made, other] = [await derivedFrom(before), await derivedFrom(await lab.keysOf("clearml"))];
    expect(await made.open("datasets", "old.txt")).toEqual([true, true]);
    lab.section["keyRotations"] = { cvat: 2 };
    await lab.run("up");
    const after = await lab.keysOf("cvat");
    expect(after.secretKey).not.toBe(before.secretKey);
    expect(await textOf(clientOf(after), "datasets", "old.txt")).toBe(OLD);
    await expect(textOf(clientOf(before), "datasets", "old.txt")).rejects.toThrow(/signature/i);
    expect(await made.open("datasets", "old.txt")).toEqual([false, false]);
    expect(await other.open("datasets", "old.txt")).toEqual([true, true]);
    expect((await lab.run("up")).changes).toEqual([]);
  });

  it("lets in nobody who was removed, nor by what he made before when he is put back", async () => {
    const keys = await lab.keysOf("anna");
    const made = await derivedFrom(keys);
    expect(await made.open("datasets", "old.txt")).toEqual([true, true]);
    lab.people.splice(lab.people.indexOf(ANNA), 1);
    await lab.run("up");
    await expect(textOf(clientOf(keys), "datasets", "old.txt")).rejects.toThrow(/Access Key Id/);
    expect(await made.open("datasets", "old.txt")).toEqual([false, false]);
    lab.people.push(ANNA);
    await lab.run("up");
    expect(await textOf(clientOf(await lab.keysOf("anna")), "datasets", "old.txt")).toBe(OLD);
    await expect(textOf(clientOf(keys), "datasets", "old.txt")).rejects.toThrow(/signature/i);
    expect(await made.open("datasets", "old.txt")).toEqual([false, false]);
  });

  it("keeps no secret in clear, in state or in what is printed", async () => {
    const secrets = [lab.minio().credentials.secretKey, lab.minio().credentials.accessKey];
    for (const user of USERS) secrets.push((await lab.keysOf(user)).secretKey);
    const state = await lab.stateFiles();
    const lines = lab.lines.join("\n");
    expect(state).toContain("store-cvat");
    for (const [index, secret] of secrets.entries()) {
      expect([state.includes(secret), lines.includes(secret), index]).toEqual([false, false, index]);
    }
  });
});

describe("an object store that is down", () => {
  beforeAll(() => lab.stop());

  it("does not hinder a preview, which says so", async () => {
    const { changes, warnings, counts } = await lab.run("preview");
    expect(changes).toEqual([]);
    expect(warnings.join("\n")).toMatch(/objectStore\.address or \.port: no object store answers at .*ECONNREFUSED/);
    // Buckets, versioning, rules, and a user with a policy for each.
    expect(counts["unseen"]).toBe(BUCKETS.length + 2 + 3 * USERS.length);
  });

  it("hinders up before anything is done, and loses nothing from state", async () => {
    const before = await lab.resources();
    expect((await problemsOf(lab.run("up"))).join("\n")).toMatch(
      /no object store answers at .* Start it, or correct the key/,
    );
    expect(await lab.resources()).toEqual(before);
  });

  it("hinders destroy before anything is done, by what is in state", async () => {
    const before = await lab.resources();
    // Whatever the stack file says meanwhile: the engine works with what is in state.
    lab.section["port"] = 1;
    for (const verb of ["preview-destroy", "destroy"] as const) {
      const said = (await problemsOf(lab.run(verb))).join("\n");
      expect(said).toContain(
        `no object store answers at ${lab.minio().url} (ECONNREFUSED). Start it, and run this again;`,
      );
      expect(said).toContain("destroy --leave-object-store");
    }
    delete lab.section["port"];
    expect(await lab.resources()).toEqual(before);
  });

  it("hinders a refresh, and a look that changes nothing, by what is in state", async () => {
    const before = await lab.resources();
    for (const verb of ["refresh", "preview-refresh"] as const)
      expect((await problemsOf(lab.run(verb))).join("\n")).toMatch(/no object store answers at/);
    expect(await lab.resources()).toEqual(before);
  });

  it("would lose every bucket from state at an unguarded refresh, as with the real plugin", async () => {
    const before = await lab.stack.exportStack();
    await withProviders(lab.stack.workspace, () => lab.stack.refresh({ onOutput: () => undefined })).catch(
      () => undefined,
    );
    const left = (await lab.resources()).filter(({ type }) => type.endsWith(":S3Bucket"));
    await lab.stack.importStack(before);
    expect(left).toEqual([]);
  });

  it("is as before when it is back", async () => {
    await lab.start();
    expect((await lab.run("up")).changes).toEqual([]);
    expect((await lab.run("refresh")).changes).toEqual([]);
  });
});

describe("an object store that refuses", () => {
  const good = () => lab.minio().credentials;

  it("names the key when the root key is wrong", async () => {
    lab.section["credentials"] = { ...good(), secretKey: "a-wrong-secret-key" };
    const before = await lab.resources();
    const said = (await problemsOf(lab.run("up"))).join("\n");
    expect(said).toMatch(/objectStore\.credentials: .* does not accept them \(SignatureDoesNotMatch\)/);
    expect(said).not.toContain("a-wrong-secret-key");
    expect(await lab.resources()).toEqual(before);
    delete lab.section["credentials"];
  });

  it("names the key of a bucket that somebody else has", async () => {
    // Who may make buckets and see most of them, but not this one.
    await lab.root().makeBucket("taken");
    const admin = await lab.limitedAdmin("taken");
    lab.section["credentials"] = admin;
    lab.section["buckets"] = { clearml: { name: "taken" } };
    expect((await problemsOf(lab.run("up"))).join("\n")).toMatch(
      /objectStore\.buckets\.clearml\.name: there is a bucket `taken` at .* Choose another name/,
    );
    delete lab.section["credentials"];
    delete lab.section["buckets"];
  });
});

describe("another object store", () => {
  let other: RunningMinio;
  beforeAll(async () => {
    other = await lab.startOther();
  });
  afterAll(() => kill(other.pid));

  const at = ({ port, credentials }: RunningMinio, deployment?: string) => {
    Object.assign(lab.section, { port, credentials, deployment });
  };
  const asItWas = () => {
    for (const key of ["port", "credentials", "deployment"]) Reflect.deleteProperty(lab.section, key);
  };
  afterEach(asItWas);

  it("refuses another store until it is meant", async () => {
    const before = await lab.resources();
    const [here, there] = await Promise.all([lab.admin().deployment(), adminOf(other).deployment()]);
    at(other);
    for (const verb of ["preview", "up"] as const) {
      const said = (await problemsOf(lab.run(verb))).join("\n");
      expect(said).toContain(`is another one (deployment ${there}) than that in which this stack made its buckets`);
      expect(said).toContain(`(deployment ${here}, at ${lab.minio().url}). It has no bucket \`backups\``);
    }
    expect(await lab.resources()).toEqual(before);
  });

  full("is moved to when it is meant, with every key as it was, and back", async () => {
    const before = await lab.keysOf("cvat");
    const [here, there] = await Promise.all([lab.admin().deployment(), adminOf(other).deployment()]);
    at(other, there);
    expect((await lab.run("preview")).warnings.join("\n")).toMatch(/The lab moves to .* No object is copied\./);
    await lab.run("up");
    const root = clientOf({ endpoint: `127.0.0.1:${other.port}`, ...other.credentials });
    expect((await root.listBuckets()).map(({ name }) => name).sort()).toEqual([...BUCKETS].sort());
    expect(await root.getBucketVersioning("models")).toEqual({ Status: "Enabled" });
    const keys = await lab.keysOf("cvat");
    expect(keys.secretKey).toBe(before.secretKey);
    await clientOf(keys).putObject("cvat", "moved.txt", "moved");
    expect((await lab.run("up")).changes).toEqual([]);

    at(lab.minio(), here);
    await lab.run("up");
    expect(await textOf(clientOf(await lab.keysOf("cvat")), "datasets", "old.txt")).toBe(OLD);
    asItWas();
    expect((await lab.run("up")).changes).toEqual([]);
  });
});

describe("destroy", () => {
  it("leaves the store alone when it is gone for good and that is said", async () => {
    const before = await lab.resources();
    await lab.stop();
    await destroyStack(lab.stack, silentProgress, { leaveObjectStore: true });
    await lab.start();
    const ofStore = (all: typeof before) => all.filter(({ type }) => type.startsWith("minio:"));
    expect(ofStore(await lab.resources())).toEqual(ofStore(before));
    await lab.run("up");
    expect(await textOf(clientOf(await lab.keysOf("cvat")), "datasets", "old.txt")).toBe(OLD);
  });

  it("removes the rest when a user and a bucket with rules are gone already", async () => {
    await lab.admin().removeUser(`${PREFIX}cvat`);
    for await (const { name } of lab.root().listObjectsV2("cvat", "", true) as AsyncIterable<{ name: string }>) {
      await lab.root().removeObject("cvat", name);
    }
    await lab.root().removeBucket("cvat");
    const { warnings } = await lab.run("destroy");
    expect(warnings.join("\n")).toContain(`has no user \`${PREFIX}cvat\` any more`);
    expect((await lab.resources()).filter(({ type }) => type.startsWith("minio:"))).toEqual([]);
    expect((await lab.root().listBuckets()).map(({ name }) => name)).not.toContain("cvat");
    await lab.run("up");
  });

  it("takes users away and leaves buckets with what is in them", async () => {
    const cvat = await lab.keysOf("cvat");
    await lab.run("destroy");
    expect((await lab.root().listBuckets()).map(({ name }) => name)).toEqual(expect.arrayContaining([...BUCKETS]));
    expect(await textOf(lab.root(), "datasets", "old.txt")).toBe(OLD);
    expect(await lab.root().getBucketVersioning("models")).toEqual({ Status: "Enabled" });
    await expect(textOf(clientOf(cvat), "datasets", "old.txt")).rejects.toThrow(/Access Key Id/);
  });

  it("is undone by up, which takes the buckets back", async () => {
    const operations = await operationsOf(lab.run("up"));
    expect(operations.filter((text) => text.startsWith("import"))).toEqual(
      BUCKETS.map((bucket) => `import store-${bucket}`).sort(),
    );
    expect(await textOf(clientOf(await lab.keysOf("cvat")), "datasets", "old.txt")).toBe(OLD);
    expect((await lab.run("up")).changes).toEqual([]);
  });
});
