import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { V1Deployment } from "@kubernetes/client-node";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runEngine } from "../../automation/engine/run.ts";
import { openStack } from "../../automation/engine/stack.ts";
import { silentProgress } from "../../automation/progress.ts";
import { copyProjectFile } from "../../automation/stackfile/project-file.ts";
import { problemsOf } from "./failure.ts";
import { startLab, type Lab } from "./harness.ts";
import { pulumi } from "./pulumi.ts";

const CHECKOUT = path.resolve(import.meta.dirname, "../..");
const REFUSED_VALUES = { clearml: { values: { webserver: { replicaCount: -1 } } } };
const REFUSED =
  'ClearML, Deployment clearml-webserver: Deployment.apps "clearml-webserver" is invalid: spec.replicas: ';

/** Every mistake a person may make at once: a wrong unit, a misspelt key, an address used twice, a section nobody knows. */
const BROKEN = `\
config:
  vision-platform:cluster: { readyTimeout: soon }
  vision-platform:traefik: { address: 192.0.2.40 }
  vision-platform:cvat: { postgres: { size: 10Gi } }
  vision-platform:clearml: { addresses: { web: 192.0.2.40, api: 192.0.2.41, files: 192.0.2.42 } }
  vision-platform:clerml: {}
`;
const EVERY_PROBLEM = [
  /vision-platform:clerml: Unknown key\. Did you mean .clearml./,
  /vision-platform:cluster\.readyTimeout: /,
  /vision-platform:cvat\.postgres: Unknown key\. Did you mean .postgresql./,
  /192\.0\.2\.40/,
];

let lab: Lab;

beforeAll(async () => {
  lab = await startLab({ cvat: { enabled: false }, ...REFUSED_VALUES });
  await lab.prepare();
});
afterAll(() => lab.end());

describe("an object that the API server refuses", () => {
  it("ends the command with 1 and no stack trace", async () => {
    const { exitCode, stdout, stderr } = await platform(["up", "--stack", "lab", "--folder", stackFolder()]);
    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(stderr.split(REFUSED).length).toBe(2);
    expect(stderr).not.toMatch(TRACE);
    expect(stderr).not.toContain("This should not happen");
  });

  it("goes up once it is mended", async () => {
    await lab.configure({ clearml: { values: undefined } });
    await lab.up();
    const { status } = await lab.get<V1Deployment>("apps/v1", "Deployment", "clearml-webserver", "clearml");
    expect(status?.readyReplicas).toBe(1);
  });

  // The preview of a first install cannot: there is no namespace to try the objects in.
  it("is named at preview of what is there, with its field and a cure, in one error", async () => {
    await lab.configure(REFUSED_VALUES);
    expect(await problemsOf(lab.run("preview"))).toEqual([
      expect.stringMatching(
        new RegExp(`^${escaped(REFUSED)}.*greater than or equal to 0.*\\n {4}The chart, or values`),
      ),
    ]);
  });
});

describe("a broken stack file", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "vision-platform-broken-"));
    await copyProjectFile(CHECKOUT, folder);
    await writeFile(path.join(folder, "Pulumi.broken.yaml"), BROKEN);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(["config check", "up"])("has every problem told at once by %s", async (verb) => {
    const { exitCode, stdout, stderr } = await platform([...verb.split(" "), "--stack", "broken", "--folder", folder]);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    for (const problem of EVERY_PROBLEM) expect(stderr).toMatch(problem);
    expect(stderr).not.toMatch(TRACE);
  });

  it("has every problem told at once by the program itself, inside our verbs and under Pulumi's own", async () => {
    const { env } = lab.rehearsal();
    const stack = await openStack({ stack: "broken", folder, engine: lab.home.folder, env, create: true });
    const problems = await problemsOf(runEngine(stack, "preview", { progress: silentProgress }));
    expect(problems.length).toBe(1);
    const file = path.join(folder, "Pulumi.broken.yaml");
    const byPulumi = await pulumi(lab.rehearsal(), ["preview", "--stack", "broken", "--config-file", file]);
    expect(byPulumi.exitCode).not.toBe(0);
    for (const text of [...problems, byPulumi.stdout + byPulumi.stderr]) {
      for (const problem of EVERY_PROBLEM) expect(text).toMatch(problem);
      expect(text).not.toMatch(TRACE);
      expect(text).not.toContain("exited with");
    }
  });

  it("that names a chart which is not there gets one line of Pulumi's own command line", async () => {
    const sound = await readFile(path.join(stackFolder(), "Pulumi.lab.yaml"), "utf8");
    const file = path.join(folder, "Pulumi.lab.yaml");
    await writeFile(file, sound.replace(/( clearml: ).*charts\/clearml-\d.*/, "$1/nowhere"));
    const { stdout, exitCode } = await pulumi(lab.rehearsal(), ["preview", "--stack", "lab", "--config-file", file]);
    expect(exitCode).not.toBe(0);
    expect(stdout).toMatch(/^ +error: --chart clearml=\/nowhere: there is no \/nowhere$/m);
    expect(stdout).not.toMatch(TRACE);
    expect(stdout).not.toContain("exited with");
  });
});

describe("what keeps a run from beginning", () => {
  it("is a cluster that cannot be reached: it is said with the key to look at", async () => {
    const kubeconfig = path.join(lab.home.folder, "nowhere");
    const file = path.join(stackFolder(), "Pulumi.lab.yaml");
    const stackFile = await readFile(file, "utf8");
    const text = await readFile(lab.rehearsal().cluster.kubeconfig, "utf8");
    await writeFile(kubeconfig, text.replace(/server: .*/, "server: https://127.0.0.1:1"));
    await writeFile(file, stackFile.replace(lab.rehearsal().cluster.kubeconfig, kubeconfig));
    const { exitCode, stderr } = await platform(["preview", "--stack", "lab", "--folder", stackFolder()]);
    await writeFile(file, stackFile);

    expect(exitCode).toBe(1);
    expect(stderr).toContain("Check that vision-platform:cluster.kubeconfig and its context reach the API server");
    expect(stderr).not.toMatch(TRACE);
  });

  it("is a passphrase that does not fit: the variable to set is named", async () => {
    const { exitCode, stderr } = await platform(["preview", "--stack", "lab", "--folder", stackFolder()], {
      PULUMI_CONFIG_PASSPHRASE: "another",
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("incorrect passphrase");
    expect(stderr).toContain("Set PULUMI_CONFIG_PASSPHRASE");
    expect(stderr).not.toMatch(TRACE);
  });
});

const TRACE = /^\s+at \S/m;
const stackFolder = () => path.join(lab.home.folder, "stack");
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The command line in a process of its own, on the rehearsal's backend. */
async function platform(args: readonly string[], env: Record<string, string> = {}) {
  const { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE } = lab.rehearsal().env;
  return execa(process.execPath, [path.join(CHECKOUT, "automation/bin.mjs"), ...args], {
    env: { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE, ...env },
    reject: false,
    stdin: "ignore",
  });
}
