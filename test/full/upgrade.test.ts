import { readFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROJECT_FOLDER } from "../../automation/project.ts";
import { startScene, type Lab } from "../rehearsal/harness.ts";
import { pulumi } from "../rehearsal/pulumi.ts";

let lab: Lab;

beforeAll(async () => {
  ({ lab } = await startScene());
});
afterAll(() => lab.end());

/** A verb's own process on the rehearsal's stack, as on a person's. */
async function platform(...args: string[]) {
  const { env, home } = lab.rehearsal();
  const folder = path.join(home.folder, "stack");
  return execa(process.execPath, ["automation/bin.mjs", ...args, "--stack", "lab", "--folder", folder], {
    cwd: PROJECT_FOLDER,
    env,
    reject: false,
    stdin: "ignore",
  });
}

const REFUSED =
  /These versions cannot be reached in one step from those that stack lab has, and nothing was changed:\s+vision-platform:cvat\.version: The server of CVAT goes from 2\.64\.0 to 2\.48\.1 \(to an older release\)\. .*stepsTaken\[0\]' cvat-goes-back@2\.48\.1/;

describe("a lab that is up with CVAT 2.64.0", () => {
  it("has nothing to fear from the versions that it has, and upgrade check lists the sets it does not know", async () => {
    const fine = await platform("upgrade", "check");
    expect([fine.exitCode, fine.stdout], fine.stderr).toEqual([0, "lab has these versions already."]);
    const unknown = await platform("upgrade", "check", "--to", "cvat@1.0.0", "--json");
    expect(unknown.exitCode).toBe(2);
    expect(JSON.parse(unknown.stdout)).toMatchObject({ problems: [expect.stringContaining("cvat@2.39.0+0.17.1")] });
  });

  it("upgrade check --to tells what is refused, and what is taken care of", async () => {
    const { stdout, exitCode } = await platform("upgrade", "check", "--to", "cvat@2.48.1", "--json");
    expect(exitCode).toBe(3);
    const { jumps, changes } = JSON.parse(stdout) as { jumps: { id: string; verdict: string }[]; changes: object[] };
    expect(jumps.map(({ id, verdict }) => `${verdict} ${id}`)).toEqual([
      "refused cvat-goes-back",
      "handled kvrocks-claim-label",
    ]);
    expect(changes).toContainEqual({ system: "cvat", part: "chart", from: "2.64.0", to: "0.17.1" });
  });

  it("an older CVAT is refused by preview with a report, by up, and by pulumi up itself: nothing is changed", async () => {
    await lab.configure({ cvat: { version: "2.48.1" } });
    await lab.prepare();
    const report = path.join(lab.home.folder, "refused.md");
    const previewed = await platform("preview", "--report", report);
    expect([previewed.exitCode, previewed.stdout]).toEqual([1, ""]);
    expect(previewed.stderr).toMatch(REFUSED);
    const text = await readFile(report, "utf8");
    expect(text).toMatch(
      /^## Preview of lab\n\n\*\*Nothing was seen: the preview failed before its first object\.\*\*\n/,
    );
    expect(text.replaceAll("\n", " ")).toMatch(REFUSED);
    const raised = await platform("up");
    expect(raised.exitCode).toBe(1);
    expect(raised.stderr).toMatch(REFUSED);
    const file = path.join(lab.home.folder, "stack", "Pulumi.lab.yaml");
    const plain = await pulumi(lab.rehearsal(), ["up", "--stack", "lab", "--yes", "--config-file", file]);
    expect(plain.exitCode).not.toBe(0);
    expect(plain.stdout + plain.stderr).toMatch(/The server of CVAT goes from 2\.64\.0 to 2\.48\.1/);
  });

  it("is let through when the stack file says that the steps were taken: a warning, and a finding of the report", async () => {
    await lab.configure({ cvat: { version: "2.48.1", stepsTaken: ["cvat-goes-back@2.48.1"] } });
    await lab.prepare();
    const report = path.join(lab.home.folder, "allowed.json");
    const { exitCode, stderr } = await platform("preview", "--report", report);
    expect(exitCode, stderr).toBe(0);
    const { findings, warnings } = JSON.parse(await readFile(report, "utf8")) as {
      findings: { id: string; object: string }[];
      warnings: string[];
    };
    expect(findings.filter(({ id }) => id === "known-bad-jump")).toMatchObject([
      { object: "Deployment cvat-backend-server" },
    ]);
    expect(warnings.join("\n")).toMatch(/is let through, since stepsTaken names it/);
  });
});
