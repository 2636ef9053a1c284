import { expect, it } from "vitest";
import { previewCommand } from "../../automation/commands/preview.ts";
import { chartNotes, secretNotes, unlike, untriedNotes } from "../../automation/rehearsal/base/notes.ts";
import { versionIn } from "../../automation/rehearsal/base/version.ts";
import { comparedText } from "../../automation/report/compared.ts";
import { planMarkdown } from "../../automation/report/plan-markdown.ts";
import { planReport } from "../../automation/report/plan-report.ts";
import { planWithUntried, soundPlan } from "../../automation/stackfile/sound-plan.ts";

const chart = (kind: "locked" | "named" | "miniature", version = "1.0.0") => ({
  name: "cvat",
  version,
  kind,
  note: `${version}, ${kind}`,
});

it("a base's chart and the head's are unlike where one is a miniature and the other is not, of the same version", () => {
  const base = { charts: [chart("miniature")] };
  expect(unlike(base, [chart("locked")])).toHaveLength(1);
  expect(unlike(base, [chart("miniature")])).toEqual([]);
  expect(unlike(base, [chart("locked", "2.0.0")])).toEqual([]);
  // A person's own chart is what is looked at.
  expect(unlike(base, [chart("named")])).toEqual([]);
  expect(chartNotes(base, [chart("locked")])).toEqual([
    "Of cvat the base had another kind of chart than this: not each difference is a change.",
  ]);
  expect(chartNotes(undefined, [chart("miniature")])).toEqual(["Chart cvat: 1.0.0, miniature."]);
});

it("a stack file with another passphrase than the base's is said to have one, since all of its secrets differ then", () => {
  const file = (salt: string) => `encryptionsalt: ${salt}\nconfig: {}\n`;
  expect(secretNotes(file("v1:a"), file("v1:b"))).toHaveLength(1);
  expect(secretNotes(file("v1:a"), file("v1:a"))).toEqual([]);
  expect(secretNotes(undefined, file("v1:a"))).toEqual([]);
});

it.each([
  ['{ "version": 3 }', 3],
  ['{ "version": "3" }', undefined],
  ["{}", undefined],
  ["", undefined],
])("%s says version %s", (text, version) => {
  expect(versionIn(text)).toBe(version);
});

const NAMES = { base: { name: "main", commit: "a".repeat(40) }, head: { commit: "b".repeat(40), changed: true } };

it("a report says what was compared with what, and where there was nothing to compare with, why", () => {
  const compared = { ...NAMES, alone: undefined, notes: ["One note."] };
  expect(comparedText(compared)).toEqual([
    "Rehearsed without the lab: main (aaaaaaaaaaaa) was brought up on a rehearsal cluster, and the files at bbbbbbbbbbbb with what is not committed previewed on what it left.",
    "One note.",
  ]);
  const alone = { ...NAMES, alone: "npm ci failed: no </details> @someone", notes: [] };
  const report = planReport({
    stack: "lab",
    compared: alone,
    steps: [],
    fixes: { before: [], after: [] },
    warnings: [],
  });
  const text = planMarkdown(report);
  expect(text).toMatch(
    /^Rehearsed without the lab: .* alone\. Not compared with main \(aaaaaaaaaaaa\): npm ci failed: /m,
  );
  expect(text).not.toMatch(/<\/details>|@someone/);
});

const stackFile = (clearml: object) => ({
  path: "Pulumi.lab.yaml",
  sections: {
    cvat: { enabled: false },
    clearml: { addresses: { web: "192.0.2.1", api: "192.0.2.2", files: "192.0.2.3" }, ...clearml },
  },
  keys: ["vision-platform:cvat", "vision-platform:clearml"],
});

it("versions that nobody has tried are taken for a rehearsal, and named; what else is wrong is refused", async () => {
  const untried = stackFile({ chartVersion: "7.14.99" });
  await expect(soundPlan(untried)).rejects.toThrow("is not a set known to work together");
  const { plan, untried: sections } = await planWithUntried(untried);
  expect(plan.charts).toContainEqual({ name: "clearml", version: "7.14.99" });
  expect(sections).toEqual(["clearml"]);
  expect(untriedNotes(sections)[0]).toMatch(/^The versions of clearml are none that are known to work together: /);

  expect((await planWithUntried(stackFile({}))).untried).toEqual([]);
  const allowed = stackFile({ chartVersion: "7.14.99", allowUnknownVersions: true });
  expect((await planWithUntried(allowed)).untried).toEqual([]);
  const wrong = stackFile({ chartVersion: "7.14.99", keyRotations: "often" });
  await expect(planWithUntried(wrong)).rejects.toThrow(/^(?![^]*not a set known)[^]*keyRotations/);
});

it.each([
  [["--base", "main"], /^--base: only with --rehearse\.$/],
  [["--chart", "cvat=x.tgz", "--base", "main"], /^--base and --chart: only with --rehearse\.$/],
  [["--rehearse", "--save-plan", "plan.json"], /^--save-plan does not go with --rehearse: /],
])("preview %s is bad usage", async (words, message) => {
  const run = previewCommand().exitOverride().parseAsync(words, { from: "user" });
  await expect(run).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(message) as string });
});
