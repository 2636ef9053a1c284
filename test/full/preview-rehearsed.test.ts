import { setTimeout as pause } from "node:timers/promises";
import path from "node:path";
import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { processesOf } from "../../automation/runs/belonging.ts";
import { basedCheckout, type BasedCheckout } from "../rehearsal/based-checkout.ts";

let checkout: BasedCheckout;

beforeAll(async () => {
  checkout = await basedCheckout();
  await checkout.stackFile();
  await checkout.commit();
});
afterAll(() => checkout.end());

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
