import { afterAll, beforeAll, expect, it } from "vitest";
import { processesOf } from "../../automation/runs/belonging.ts";
import { basedCheckout, type BasedCheckout } from "./based-checkout.ts";

/** The first previews of a base, by a process in a repository of its own. More of them: test/full/preview-rehearsed.test.ts. */

let checkout: BasedCheckout;
let base: string;

beforeAll(async () => {
  checkout = await basedCheckout({ packages: true });
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
