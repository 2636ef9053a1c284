import { readdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { kill } from "../../automation/processes.ts";
import { processesOf } from "../../automation/runs/belonging.ts";
import type { PlanReport } from "../../automation/report/plan-report.ts";
import { basedCheckout, type BasedCheckout } from "../rehearsal/based-checkout.ts";

let checkout: BasedCheckout;
let base: string;

beforeAll(async () => {
  checkout = await basedCheckout();
  await checkout.stackFile();
  base = await checkout.commit();
});
afterAll(() => checkout.end());

const changed = (report: PlanReport | undefined) =>
  report?.objects.map(({ kind, name, operation }) => `${operation} ${kind} ${name}`);

it("a run that is killed while the base comes up is cleared by the next, which goes through", async () => {
  const running = checkout.start("--base", base);
  const homes = () => readdir(path.join(checkout.cache, "rehearsals")).catch(() => []);
  const engines = () => processesOf(checkout.cache).filter(({ words }) => words.includes("up"));
  while (engines().length === 0) await pause(100);
  const [home = ""] = await homes();
  kill(running.pid ?? 0);
  expect((await running).signal).toBe("SIGKILL");
  const { exitCode, stderr, report } = await checkout.preview("--base", base);
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toContain(`Removed what a killed rehearsal left: ${home}`);
  expect(report?.verdict).toBe("Routine: nothing changes.");
  expect(await checkout.left()).toEqual([]);
  expect(processesOf(checkout.cache)).toEqual([]);
});

it("two runs at once on one base both end, each in a place of its own", async () => {
  const [one, other] = await Promise.all([
    checkout.preview("--base", base),
    checkout.start("--base", base, "--json").then(({ exitCode, stdout }) => ({ exitCode, stdout })),
  ]);
  expect(one.exitCode, one.stderr).toBe(0);
  expect(other.exitCode).toBe(0);
  expect(JSON.parse(other.stdout)).toMatchObject({ verdict: "Routine: nothing changes." });
  expect(await checkout.left()).toEqual([]);
});

it("another secret in the stack file shows as one that is rotated, and the same one does not", async () => {
  const sealed = (text: string) => ({
    users: [{ username: "lena", name: "Lena", password: { secure: `v1:AAAAAAAAAAAAAAAA:${text}` } }],
  });
  await checkout.stackFile(sealed("Zmlyc3Q="));
  const first = await checkout.commit();
  expect((await checkout.preview("--base", first)).report?.verdict).toBe("Routine: nothing changes.");
  await checkout.stackFile(sealed("c2Vjb25k"));
  const { report, stdout } = await checkout.preview("--base", first);
  expect(changed(report)?.some((line) => line.startsWith("update Secret ") || line.startsWith("replace Secret "))).toBe(
    true,
  );
  expect(stdout).not.toContain("c2Vjb25k");
});

it("a chart's version that nobody has tried is rehearsed, and said to be one", async () => {
  await checkout.stackFile({ chartVersion: "7.14.99" });
  const { exitCode, stderr, report } = await checkout.preview("--base", base);
  expect(exitCode, stderr).toBe(0);
  expect(report?.compared?.notes.join("\n")).toMatch(/^The versions of clearml are none that are known/m);
  expect(report?.warnings.join("\n")).toContain("versions nobody is known to have tried");
});

it("what the base does not have, and a base that cannot be installed or does not come up, is said, and the head shown alone", async () => {
  await checkout.stackFile();
  const without = async (reason: RegExp) => {
    const commit = await checkout.commit();
    await checkout.git("checkout", "-q", base, "--", ".");
    const { exitCode, stderr, report } = await checkout.preview("--base", commit);
    expect(exitCode, stderr).toBe(0);
    expect(report?.compared?.alone).toMatch(reason);
    expect(report?.verdict).toMatch(/^Compared with nothing: all \d+ objects are shown as new\.$/);
    expect(await checkout.left()).toEqual([]);
  };
  await checkout.git("rm", "-q", "--cached", "Pulumi.lab.yaml");
  await checkout.git("commit", "-qm", "no such stack");
  const { report } = await checkout.preview("--base", "HEAD");
  expect(report?.compared?.alone).toBe("it has no Pulumi.lab.yaml");

  await checkout.write("package.json", (await checkout.read("package.json")).replace('"yaml": "', '"yaml": "0.'));
  await without(/^npm ci failed: /);
  await checkout.write("index.ts", "throw new Error('broken on purpose');\nexport default undefined;\n");
  await without(/broken on purpose/);
});

it("the homelab, with records, functions, buckets and an image's delivery, changes nothing on its own base", async () => {
  await checkout.git("checkout", "-q", base, "--", ".");
  const { exitCode, stderr, report } = await checkout.preview("--base", base, "--stack", "homelab");
  expect(exitCode, stderr).toBe(0);
  expect(report).toMatchObject({ verdict: "Routine: nothing changes.", objects: [], waiting: [] });
  // One GPU for a function and for tasks: what the homelab's own file is told at each check.
  expect(report?.warnings).toEqual([expect.stringContaining("clearml.agent.tasks.gpus")]);
  expect(report?.unchanged).toBeGreaterThan(150);
});
