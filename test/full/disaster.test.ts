import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { KubeConfig, KubernetesObjectApi, type KubernetesObject } from "@kubernetes/client-node";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataLab, type DataLab } from "../../automation/data/connect/lab.ts";
import { wholeOf } from "../../automation/data/store/whole.ts";
import { PROJECT_FOLDER } from "../../automation/project.ts";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { createHome, freshName, removeHome, type Home } from "../../automation/rehearsal/cluster/homes.ts";
import { registerAddress } from "../../automation/rehearsal/cluster/routes.ts";
import { prepare, type Rehearsal } from "../../automation/rehearsal/rehearse.ts";
import { serviceFolder } from "../../automation/rehearsal/services/service.ts";
import { endProcessesOf } from "../../automation/runs/belonging.ts";
import type { CvatClient } from "../../components/cvat/client/client.ts";
import { SECRETS } from "../../components/cvat/names.ts";
import { until } from "../../components/rest/until.ts";
import { s3Of } from "../../components/storage/client/s3.ts";
import { POSTGRESQL } from "../contract/postgresql-server.ts";
import { jpegOf } from "../fixtures/cvat/pictures.ts";
import { startScene, type Lab } from "../rehearsal/harness.ts";
import { CvatInPostgresql, psqlThatTells, type Role } from "./cvat-in-postgresql.ts";
import { commandsOf, expectShown, walked, type Machine, type Shown } from "./walked-page.ts";

/*
 * The disk of a lab died. It comes back into an empty cluster by docs/disaster.md, whose commands are read from the page and run as they stand
 * there: with the real engine, two real API servers one after the other, a MinIO that stays, a real PostgreSQL for each cluster that holds what the
 * stand-in for CVAT knows, and the pods of backups as processes from their own specs. MongoDB is in no registry: of ClearML there is no dump.
 */

const PAGE = "docs/disaster.md";
const REQUIREMENTS = path.resolve(import.meta.dirname, "../python/backup/requirements.txt");
/** Of this test alone, and always the same: so the lab is opened from a snapshot. */
const RECIPIENT = "age1d6hr2upt2cdy0pqdpevngcsyylmfsvccaw6nwjwpg2nm88tefu2qz3qhgz";
const IDENTITY = "AGE-SECRET-KEY-1H7UZGWM0ZEZRWAU5EF5DHSG2T629FXHXVYML723KQSZ40V760GJS4AX6M4";
const FILE_PASSPHRASE = "a passphrase of the file";
const MINUTES = 60_000;
const UPLOAD = "claims/cvat/cvat-backend-data/data/data/1/raw/upload.jpg";
const ORGANIZATION = { organization: "lab" };

let lab: Lab;
let second: Home;
let then: CvatInPostgresql | undefined;
let now: CvatInPostgresql | undefined;
let role: Role;
let closing: (() => void) | undefined;
/** The machine on which a person begins again. */
let machine: Machine;
let page: Shown[];
/** What the lab had when its disk died. */
let before: { projects: string[]; passwords: Record<string, string> };
const env: Record<string, string> = {};

/** A verb that is not on the page. */
function cli(folder: string, words: readonly string[]) {
  const command = [path.join(PROJECT_FOLDER, "automation/bin.mjs"), ...words, "--stack", "lab", "--folder", folder];
  return execa(process.execPath, command, { env, reject: false, stdin: "ignore" });
}

async function well(folder: string, words: readonly string[], code = 0): Promise<void> {
  const { exitCode, stdout, stderr } = await cli(folder, words);
  expect(exitCode, `${words.join(" ")}\n${stdout}\n${stderr}`).toBe(code);
}

/** Does something in a lab, as its administrator. */
async function inLab<T>(folder: string, work: (cvat: CvatClient, data: DataLab) => Promise<T>): Promise<T> {
  Object.assign(process.env, env);
  const data = await dataLab({ stack: "lab", folder }, silentProgress);
  try {
    return await work(await data.cvat(), data);
  } finally {
    await data.close();
  }
}

async function roleIn(kubeconfig: string): Promise<Role> {
  const { data = {} } = await clientOf(kubeconfig).read<KubernetesObject & { data?: Record<string, string> }>({
    ...{ apiVersion: "v1", kind: "Secret" },
    metadata: { name: SECRETS.postgresql, namespace: "cvat" },
  });
  const text = (key: string) => Buffer.from(data[key] ?? "", "base64").toString();
  return { username: text("username"), password: text("password"), database: text("database") };
}

function clientOf(kubeconfig: string): KubernetesObjectApi {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  return KubernetesObjectApi.makeApiClient(config);
}

interface Named {
  id: number;
  name: string;
}

async function projectWith(cvat: CvatClient, name: string, task: string): Promise<number> {
  const project = await cvat.post<Named>("projects", { name, labels: [{ name: "car" }] }, ORGANIZATION);
  const [storage] = await cvat.list<{ id: number; resource: string }>("cloudstorages", ORGANIZATION);
  const made = await cvat.post<Named>("tasks", { name: task, project_id: project.id }, ORGANIZATION);
  const pictures = { image_quality: 70, cloud_storage_id: storage?.id, server_files: ["street/"] };
  await cvat.post(`tasks/${made.id}/data`, pictures, ORGANIZATION);
  await until(() => cvat.get<{ size?: number }>(`tasks/${made.id}`), {
    ...{ isDone: ({ size }) => size === 2, everyMs: 200, withinMs: 30_000 },
  });
  await draw(cvat, made.id, 0);
  return made.id;
}

async function draw(cvat: CvatClient, task: number, frame: number): Promise<void> {
  const { project_id } = await cvat.get<{ project_id: number }>(`tasks/${task}`);
  const labels = await cvat.list<Named>("labels", { query: { project_id } });
  const shape = { type: "rectangle", frame, label_id: labels[0]?.id, points: [1, 2, 30, 40], attributes: [] };
  await cvat.patch(
    `tasks/${task}/annotations`,
    { shapes: [shape], tags: [], tracks: [] },
    { query: { action: "create" } },
  );
}

const projectsOf = async (cvat: CvatClient) =>
  (await cvat.list<Named>("projects", ORGANIZATION)).map(({ name }) => name).sort();

describe.skipIf(POSTGRESQL === undefined)("a lab whose disk died", () => {
  beforeAll(async () => {
    const python = await pythonEnvironment(REQUIREMENTS, { progress: silentProgress });
    second = await createHome(freshName("second"), { kept: false });
    const psql = await psqlThatTells(path.join(second.folder, "programs"), () => now?.load() ?? Promise.resolve());
    closing = psql.close;
    // Pods take their programs from the path of the cluster's controller, which is this process's.
    process.env["PATH"] = `${path.dirname(python)}:${psql.path}:${process.env["PATH"] ?? ""}`;
    ({ lab } = await startScene(
      // The agent's image is carried to nodes by their keys, and these nodes are others.
      { backup: { databases: { recipient: RECIPIENT } }, clearml: { agent: { enabled: false } } },
      { whole: true },
    ));
    const { PULUMI_BACKEND_URL = "", PULUMI_CONFIG_PASSPHRASE = "" } = lab.rehearsal().env;
    Object.assign(env, lab.rehearsal().env, { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE });
    role = await roleIn(path.join(lab.home.folder, "kubeconfig"));
    then = await CvatInPostgresql.start(role, lab.home.folder);
    await registerAddress(lab.home.folder, { host: "cvat-postgresql", port: 5432, to: then.port });
    page = await commandsOf(PAGE);
    const work = path.join(second.folder, "person");
    await mkdir(path.join(work, "stack"), { recursive: true });
    await writeFile(path.join(work, "lab.key"), `${IDENTITY}\n`, { mode: 0o600 });
    await liveAndDie(work);
    await newCluster(work);
  }, 40 * MINUTES);
  afterAll(async () => {
    closing?.();
    await then?.end();
    await now?.end();
    await removeHome(second.folder);
    await (lab as Lab | undefined)?.end();
  });

  /** What people did, and what was kept of it, when the disk died. */
  async function liveAndDie(work: string): Promise<void> {
    const folder = path.join(lab.home.folder, "stack");
    const task = await inLab(folder, async (cvat, data) => {
      const { name, place } = await data.place("datasets");
      for (const number of [0, 1]) await s3Of(place).putObject(name, `street/${number}.jpg`, jpegOf(64, 48));
      await s3Of((await data.place("models")).place).putObject("models", "yolo11x.onnx", Buffer.from("a model"));
      await cvat.post("organizations", { slug: "guests" });
      return projectWith(cvat, "Straße", "street");
    });
    // A password that somebody gave himself: the dump has it, the stack file another.
    const passwords = await inLab(folder, async (_, data) => {
      const annotator = await data.cvatOf("annotator");
      const { password } = await annotator.account();
      await annotator.post("auth/password/change", {
        ...{ old_password: password, new_password1: "of-his-own-4711", new_password2: "of-his-own-4711" },
      });
      return { annotator: password };
    });
    await then?.save();
    // ClearML's pod has no programs here, and fails.
    await well(folder, ["backup", "create", "databases"], 1);
    await inLab(folder, async (cvat) => {
      await draw(cvat, task, 1);
      await projectWith(cvat, "Since", "since");
    });
    await well(folder, ["backup", "create", "projects"]);
    await mkdir(path.dirname(path.join(lab.home.folder, UPLOAD)), { recursive: true });
    await writeFile(path.join(lab.home.folder, UPLOAD), jpegOf(64, 48));
    await well(folder, ["backup", "create", "volumes"]);
    await writeFile(path.join(work, "words"), `${FILE_PASSPHRASE}\n`, { mode: 0o600 });
    await well(folder, [
      "backup",
      "stack",
      "--to",
      path.join(work, "lab.age"),
      "--passphrase-file",
      path.join(work, "words"),
    ]);
    before = { projects: await inLab(folder, projectsOf), passwords };
    await endProcessesOf(lab.home.folder);
  }

  /** An empty cluster at another's addresses, and the object store, which had a disk of its own. */
  async function newCluster(work: string): Promise<void> {
    const minio = "minio";
    await cp(path.join(lab.home.folder, "ports"), path.join(second.folder, "ports"), { recursive: true });
    await cp(serviceFolder(lab.home.folder, minio), serviceFolder(second.folder, minio), { recursive: true });
    const project = path.join(lab.home.folder, "stack");
    const asked = { stack: "lab", project, overrides: {}, home: second, progress: silentProgress };
    const rehearsal: Rehearsal = await prepare(asked);
    now = await CvatInPostgresql.start(role, second.folder);
    await registerAddress(second.folder, { host: "cvat-postgresql", port: 5432, to: now.port });
    await cp(rehearsal.cluster.kubeconfig, path.join(work, "new.kubeconfig"));
    await mkdir(path.join(work, "state"));
    const { PULUMI_CONFIG_PASSPHRASE = "" } = env;
    Object.assign(env, rehearsal.env, {
      PULUMI_CONFIG_PASSPHRASE,
      PULUMI_BACKEND_URL: `file://${path.join(work, "state")}?metadata=skip`,
    });
    machine = {
      ...{ folder: work, stack: path.join(work, "stack"), env, typed: FILE_PASSPHRASE },
      pulumi: path.join(second.folder, "bin", "pulumi"),
    };
  }

  /** The next commands of the page, up to the first that is as told. */
  async function walkTo(last: RegExp): Promise<void> {
    for (;;) {
      const shown = page.shift() ?? expect.fail(`${PAGE} has no ${last}`);
      await now?.save();
      const { exitCode, all } = await walked(machine, shown.command);
      // 3: there is more to be done, which the page goes on with.
      expect([0, 3], `${shown.command}\n${all}`).toContain(exitCode);
      expectShown(shown, all, [machine.stack, machine.folder, PROJECT_FOLDER]);
      if (last.test(shown.command)) return;
    }
  }

  it("is brought up empty in another cluster, and says what would come back and what is lost", async () => {
    await walkTo(/restore --all.*--dry-run/);
    expect(await roleIn(path.join(second.folder, "kubeconfig"))).toEqual(role);
    expect(await inLab(machine.stack, projectsOf)).toEqual([]);
  });

  it("comes back by what the page says, and the up after that has nothing to do", async () => {
    await walkTo(/restore --all --stack lab$/);
    await walkTo(/preview/);
    await inLab(machine.stack, async (cvat, data) => {
      const organizations = await cvat.list<{ slug: string }>("organizations");
      expect(organizations.map(({ slug }) => slug).sort()).toEqual(["guests", "lab"]);
      expect((await projectsOf(cvat)).map((name) => name.replace(/\(.*\)/, "(date)"))).toEqual([
        "Since",
        "Straße",
        "Straße (date)",
      ]);
      expect(before.projects).toEqual(["Since", "Straße"]);
      for (const task of await cvat.list<Named>("tasks", ORGANIZATION)) {
        const picture = await cvat.get<unknown>(`tasks/${task.id}/data/meta`);
        expect(picture).toMatchObject({ size: 2 });
      }
      expect(await (await data.cvatOf("annotator")).get("users/self")).toMatchObject({ username: "annotator" });
      expect(await readFile(path.join(second.folder, UPLOAD))).toEqual(jpegOf(64, 48));
      expect(String(await wholeOf(await data.bucket("models"), "yolo11x.onnx"))).toBe("a model");
    });
    const functions = await clientOf(path.join(second.folder, "kubeconfig")).list(
      "nuclio.io/v1beta1",
      "NuclioFunction",
    );
    expect(functions.items.map(({ metadata }) => metadata?.name).sort()).toEqual(["sam", "yolo11x"]);
  });

  it("makes backups again, and is no empty lab any more", async () => {
    await walkTo(/backup create projects/);
    const again = await cli(machine.stack, ["backup", "restore", "--all", "--yes"]);
    expect(again.stderr + again.stdout).toMatch(/it was put back as it was at .* It stays\./);
    expect(await inLab(machine.stack, projectsOf)).toHaveLength(3);
    expect(page).toEqual([]);
    expect(await readFile(path.join(machine.stack, "lab.kubeconfig"), "utf8")).not.toBe("");
  });
});
