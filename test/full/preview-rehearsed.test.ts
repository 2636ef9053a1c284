import { setTimeout as pause } from "node:timers/promises";
import path from "node:path";
import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { processesOf } from "../../automation/runs/belonging.ts";
import { basedCheckout, type BasedCheckout } from "./based-checkout.ts";

let checkout: BasedCheckout;
let base: string;

beforeAll(async () => {
  checkout = await basedCheckout();
  await checkout.stackFile();
  base = await checkout.commit();
});
afterAll(() => checkout.end());

const changed = (report: { objects: { kind: string; name: string; operation: string }[] } | undefined) =>
  report?.objects.map(({ kind, name, operation }) => `${operation} ${kind} ${name}`);

it("a branch's change of the stack file is previewed on what its base left, with that object and no other", async () => {
  await checkout.git("switch", "-qc", "change");
  await checkout.stackFile({ storage: { redis: "6Gi" } });
  const head = await checkout.commit();
  const { exitCode, stdout, stderr, report } = await checkout.preview("--exit-code", "--json");
  expect(exitCode, stderr).toBe(3);
  expect(changed(report)).toEqual([
    "update PersistentVolumeClaimPatch clearml-server-redis-data-clearml-redis-master-0",
  ]);
  const compared = { base: { name: "the merge base with main", commit: base }, head: { commit: head, changed: false } };
  expect(JSON.parse(stdout)).toMatchObject({ stack: "lab", compared, verdict: report?.verdict });
  expect(report?.compared).toMatchObject(compared);
  expect(stderr).toContain("✓ Installing the base's packages");
  expect(await checkout.left()).toEqual([]);
  expect(processesOf(checkout.cache)).toEqual([]);
  expect(await checkout.git("status", "--porcelain")).toBe("");
  expect(await checkout.git("stash", "list")).toBe("");
});

it("files that are the base's change nothing, which its snapshot tells: neither packages nor base are made again", async () => {
  await checkout.stackFile();
  const { exitCode, stdout, stderr, report } = await checkout.preview("--exit-code");
  expect(exitCode, stderr).toBe(0);
  expect(report).toMatchObject({ verdict: "Routine: nothing changes.", objects: [], findings: [], waiting: [] });
  expect(report?.unchanged).toBeGreaterThan(30);
  expect(stderr).not.toMatch(/Installing|Bringing up/);
  expect(stdout).toMatch(
    new RegExp(
      `^Rehearsed without the lab: the merge base with main \\(${base.slice(0, 12)}\\) was brought up on a rehearsal cluster, and the files at \\w{12} with what is not committed previewed on what it left\\.$`,
      "m",
    ),
  );
});

it("a base whose rehearsal puts other things in the place of a lab is said to, and the head is shown alone", async () => {
  const file = "automation/rehearsal/replacements.json";
  const text = await checkout.read(file);
  await checkout.write(file, '{ "version": 0 }');
  const other = await checkout.commit();
  await checkout.write(file, text);
  const { exitCode, stdout, stderr, report } = await checkout.preview("--base", other, "--exit-code");
  expect(exitCode, stderr).toBe(3);
  expect(report?.verdict).toMatch(/^Compared with nothing: all \d+ objects are shown as new\.$/);
  expect(report?.compared?.alone).toMatch(/has version 0, and here it is 1$/);
  expect(stdout).toMatch(/^Rehearsed without the lab: .* alone\. Not compared with \w{12}: what its rehearsal .*\.$/m);
  expect(await checkout.left()).toEqual([]);
});

it("a revision that is not there is bad usage, with the cure", async () => {
  const { exitCode, stdout, stderr } = await checkout.preview("--base", "nowhere");
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(
    /^--base nowhere: there is no such commit in this clone\. Fetch it: git fetch origin nowhere \(.*fetch-depth: 0\)\.$/,
  );
});

it("Ctrl-C while the base is being made ends all of it", async () => {
  await checkout.git("checkout", "-q", "--", ".");
  await checkout.write("Pulumi.yaml", `${await checkout.read("Pulumi.yaml")}\n`);
  await checkout.commit();
  const running = checkout.start("--base", "HEAD");
  while ((await readdir(path.join(checkout.cache, "bases", "0")).catch(() => [])).length < 3) await pause(50);
  running.kill("SIGINT");
  const { exitCode } = await running;
  expect(exitCode).toBe(130);
  expect(await checkout.left()).toEqual([]);
  expect(processesOf(checkout.cache)).toEqual([]);
});
