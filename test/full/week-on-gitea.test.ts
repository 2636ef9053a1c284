import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import type { V1Deployment, V1PersistentVolumeClaim } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDocument, stringify } from "yaml";
import { cacheFolder } from "../../automation/cache.ts";
import { kill } from "../../automation/processes.ts";
import { processesOf } from "../../automation/runs/belonging.ts";
import { jobOf, startGitea, type Gitea } from "../forges/gitea.ts";
import { freshCheckout, type Checkout } from "../workflows/checkout.ts";
import { startLab, type Lab } from "../rehearsal/harness.ts";

/**
 * What a new user does in a week, in this order, each step by the verb as a process in a clone, with a real Gitea as the host: a value is changed on
 * a branch, previewed, told on the pull request, merged, applied; something is changed by hand, found, repaired; a run is killed, and cleared.
 */

const STACK = "lab";
const PASSPHRASE = "passphrase of a week";

let gitea: Gitea;
let lab: Lab;
let clone: Checkout;
/** What a person's machine has beside the clone: state, cache. */
let own: string;
let token: string;
let head: string;

beforeAll(async () => {
  lab = await startLab({ cvat: { enabled: false } });
  await lab.prepare();
  gitea = await startGitea();
  token = await gitea.token("lab", "all");
  own = await mkdtemp(path.join(tmpdir(), "vision-platform-week-"));
  await symlink(path.join(cacheFolder(), "tools"), path.join(own, "tools"));
  clone = await freshCheckout();
  await execa("npm", ["ci"], { cwd: clone.folder, env: { PATH: await clone.pathWithPackages() } });
  const paths = Object.fromEntries(lab.rehearsal().charts.map((chart) => [chart.name, chart.path]));
  const addresses = { web: "192.0.2.40", api: "192.0.2.41", files: "192.0.2.42" };
  const config = {
    "vision-platform:cvat": { enabled: false },
    "vision-platform:clearml": { addresses, agent: { enabled: false } },
    "vision-platform:charts": { paths },
  };
  await writeFile(path.join(clone.folder, `Pulumi.${STACK}.yaml`), stringify({ config }));
  await clone.commit("Our lab");
  await gitea.ask(token, "POST", "/user/repos", { name: "platform", default_branch: "main" });
  await clone.git("remote", "add", "origin", gitea.url.replace("://", `://lab:${token}@`) + "/lab/platform.git");
  await clone.git("push", "-q", "origin", "main");
});
afterAll(async () => {
  await lab.end();
  await gitea.end();
  await clone.remove();
  await rm(own, { recursive: true, force: true });
});

describe("a week", { timeout: 600_000 }, () => {
  it("begins with an up of what the file says", async () => {
    const { stdout } = await verb(0, "up");
    expect(stdout).toMatch(/^lab: \d+ created/);
  });

  it("a value that is changed on a branch is one comment on the pull request, with the verdict first", async () => {
    await clone.git("checkout", "-q", "-b", "more");
    await change(["vision-platform:clearml", "storage", "redis"], "8Gi");
    head = await clone.commit("More room for Redis");
    await clone.git("push", "-q", "origin", "more");
    const pull = { head: "more", base: "main", title: "More room for Redis" };
    await gitea.ask(token, "POST", "/repos/lab/platform/pulls", pull);
    const report = path.join(own, "preview.json");
    await verb(3, "preview", "--exit-code", "--report", report, "--report-format", "json", "--save-plan", plan());
    const { stdout } = await verb(0, "comment", "--report", report);
    expect(stdout).toMatch(/posted/i);
    const comments = await gitea.ask<{ body: string }[]>(token, "GET", "/repos/lab/platform/issues/1/comments");
    expect(comments).toHaveLength(1);
    expect(comments[0]?.body).toMatch(/^<!-- .*\n+## Preview of lab\n+\*\*Careful: [^*]*volume/);
    expect(comments[0]?.body).toContain("8Gi");
  });

  it("merged, just that is applied by the plan that was read", async () => {
    await gitea.ask(token, "POST", "/repos/lab/platform/pulls/1/merge", { Do: "merge" });
    await clone.git("checkout", "-q", "main");
    await clone.git("pull", "-q", "origin", "main");
    expect(await clone.git("rev-parse", "HEAD^2")).toBe(head);
    const { stdout } = await verb(0, "up", "--plan", plan());
    expect(stdout).toMatch(/^lab: 1 updated, \d+ unchanged/m);
    const claim = await lab.get<V1PersistentVolumeClaim>("v1", "PersistentVolumeClaim", await redisClaim(), "clearml");
    expect(claim.spec?.resources?.requests?.["storage"]).toBe("8Gi");
    // Applied, it is of another state than this one.
    expect((await verb(0, "preview", "--exit-code")).stdout).toMatch(/Routine: nothing changes/);
  });

  it("what was changed by hand is an issue, and is repaired", async () => {
    await kubectl("-n", "clearml", "scale", "deploy/clearml-webserver", "--replicas=0");
    await kubectl("-n", "clearml", "delete", "service", "clearml-fileserver");
    const report = path.join(own, "drift.md");
    const found = await verb(3, "drift", "--report", report);
    expect(found.stdout).toMatch(/^Drift: /);
    expect(await readFile(report, "utf8")).toMatch(/clearml-webserver[^]*|clearml-fileserver/);
    await verb(0, "issue", "--title", "Drift of lab", "--report", report);
    expect(await issues()).toMatchObject([{ title: "Drift of lab", state: "open" }]);
    await verb(0, "drift", "--fix", "--yes", STACK);
    const webserver = await lab.get<V1Deployment>("apps/v1", "Deployment", "clearml-webserver", "clearml");
    expect(webserver.spec?.replicas).toBe(1);
    expect((await verb(0, "drift", "--report", report)).stdout).toMatch(/^No drift/);
    await verb(0, "issue", "--title", "Drift of lab", "--report", report, "--close");
    expect(await issues()).toMatchObject([{ title: "Drift of lab", state: "closed" }]);
  });

  it("a run that was killed is cleared, and the next one comes to its end", async () => {
    await change(["vision-platform:clearml", "image"], { tag: "2.0.0-614" });
    await change(["vision-platform:clearml", "allowUnknownVersions"], true);
    const running = start("up");
    while (!(await isChanging())) await pause(50);
    kill(running.pid ?? 0);
    for (const { pid, words } of processesOf(path.join(own, "runs"))) if (words.includes("up")) kill(pid);
    expect((await running).exitCode).not.toBe(0);
    const { stdout } = await verb(0, "recover", "--json");
    const { cleared, left } = JSON.parse(stdout) as { cleared: { kind: string }[]; left: unknown[] };
    expect([cleared.map(({ kind }) => kind), left]).toEqual([expect.arrayContaining(["lock"]), []]);
    await verb(0, "up");
    expect((await verb(0, "drift")).stdout).toMatch(/^No drift/);
    expect(processesOf(path.join(own, "runs"))).toEqual([]);
  });
});

const plan = () => path.join(own, "plan.json");
const issues = () =>
  gitea.ask<{ title: string; state: string }[]>(token, "GET", "/repos/lab/platform/issues?type=issues&state=all");

/** In the clone, with what a job of Gitea's has in its environment. */
function start(...args: string[]) {
  return execa(process.execPath, ["automation/bin.mjs", ...args, "--stack", STACK], {
    cwd: clone.folder,
    env: {
      VISION_PLATFORM_CACHE: own,
      PULUMI_BACKEND_URL: `file://${own}`,
      PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
      PULUMI_HOME: path.join(own, "pulumi"),
      KUBECONFIG: lab.rehearsal().cluster.kubeconfig,
      ...jobOf(gitea, 3, token),
      GITHUB_REF: "refs/pull/1/merge",
      GITHUB_SHA: head,
      GITHUB_EVENT_PATH: "",
    },
    reject: false,
    stdin: "ignore",
  });
}

async function verb(code: number, ...args: string[]): Promise<{ stdout: string }> {
  const { stdout, stderr, exitCode } = await start(...args);
  expect([args[0], exitCode, exitCode === code ? "" : stdout + stderr]).toEqual([args[0], code, ""]);
  for (const secret of [token, PASSPHRASE]) expect((stdout + stderr).includes(secret)).toBe(false);
  return { stdout };
}

const kubectl = (...args: string[]) =>
  execa(path.join(lab.home.folder, "bin", "kubectl"), args, {
    env: { KUBECONFIG: lab.rehearsal().cluster.kubeconfig },
  });

async function redisClaim(): Promise<string> {
  const { stdout } = await kubectl("-n", "clearml", "get", "pvc", "-o", "name");
  return (
    stdout
      .split("\n")
      .find((name) => name.includes("redis"))
      ?.replace("persistentvolumeclaim/", "") ?? ""
  );
}

/** Whether the killed run's change has reached the cluster, in part. */
async function isChanging(): Promise<boolean> {
  const { stdout } = await kubectl("-n", "clearml", "get", "deploy", "-o", "jsonpath={..image}");
  return stdout.includes("2.0.0-614");
}

async function change(at: readonly string[], value: unknown): Promise<void> {
  const file = path.join(clone.folder, `Pulumi.${STACK}.yaml`);
  const document = parseDocument(await readFile(file, "utf8"));
  document.setIn(["config", ...at], document.createNode(value));
  await writeFile(file, document.toString({ lineWidth: 0 }));
}
