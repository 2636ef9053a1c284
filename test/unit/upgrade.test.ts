import { describe, expect, it } from "vitest";
import type { ListedBackup } from "../../automation/backup/kept/listing.ts";
import { withRelease, withStepsTaken } from "../../automation/stackfile/release-keys.ts";
import { wayBack } from "../../automation/upgrade/way-back.ts";

const FILE = `# Our lab.
config:
  vision-platform:cvat:
    # People annotate here.
    # Since the spring.
    version: 2.48.1
    ingress: { host: cvat.example.com }
  vision-platform:clearml:
    version: 7.14.6
`;

describe("a stack file with another release", () => {
  it("has that, and every comment", () => {
    const next = withRelease(FILE, "cvat", { version: "2.64.0", chart: "2.64.0" });
    expect(next).toBe(FILE.replace("2.48.1", "2.64.0"));
    expect(withRelease(next, "cvat", { version: "2.48.1", chart: "0.17.1" })).toBe(FILE);
  });

  it("names the chart where the version does not bring it, and no longer where it does", () => {
    const mixed = withRelease(FILE, "cvat", { version: "2.39.0", chart: "0.17.1" });
    expect(mixed).toContain("version: 2.39.0\n    ingress: { host: cvat.example.com }\n    chart: 0.17.1\n");
    expect(withRelease(mixed, "cvat", { version: "2.48.1", chart: "0.17.1" })).toBe(FILE);
    expect(withRelease(FILE, "clearml", { version: "7.14.7", chart: "7.14.8" })).toContain("chartVersion: 7.14.8");
  });

  it("says which steps were taken, in a section that had none too", () => {
    const taken = withRelease(FILE, "cvat", {
      ...{ version: "2.48.1", chart: "0.17.1" },
      stepsTaken: (now) => [...now, "restored-backup@2.48.1"],
    });
    expect(taken).toBe(
      FILE.replace("cvat.example.com }\n", "cvat.example.com }\n    stepsTaken: [ restored-backup@2.48.1 ]\n"),
    );
    expect(withStepsTaken(taken, "cvat", () => [])).toBe(FILE);
    const empty = "config:\n  vision-platform:cvat:\n";
    expect(withStepsTaken(empty, "cvat", () => ["a@1"])).toContain("stepsTaken: [ a@1 ]");
  });

  it("is refused where images are named one by one", () => {
    const own = FILE.replace("    ingress", "    images: { server: cvat/server:v2.48.1 }\n    ingress");
    expect(() => withRelease(own, "cvat", { version: "2.64.0", chart: "2.64.0" })).toThrow(/cvat\.images names images/);
  });
});

const release = (version: string) => ({ version, chart: version, server: version });
const dump = (stamp: string, version: string | undefined, changes: number, more: object = {}): ListedBackup => ({
  ...{ place: stamp, stamp, kind: "database", changes },
  ...(version !== undefined && { release: release(version) }),
  ...more,
});

describe("the backup by which a system goes back", () => {
  it.each<[string, ListedBackup[], string | undefined]>([
    ["there is none", [], undefined],
    ["all are of now", [dump("2", "2.64.0", 90)], undefined],
    ["nobody wrote down the release", [dump("1", undefined, 80)], undefined],
    [
      "it is the last of the release before",
      [dump("3", "2.64.0", 90), dump("2", "2.48.1", 80), dump("1", "2.48.1", 80)],
      "2",
    ],
    [
      "it was made before the database was changed",
      [dump("3", "2.48.1", 90), dump("2", "2.48.1", 85), dump("1", "2.48.1", 80)],
      "1",
    ],
    ["it is well", [dump("2", "2.48.1", 80, { bad: "why" }), dump("1", "2.48.1", 80)], "1"],
    ["it is not of an older one still", [dump("2", "2.48.1", 80), dump("1", "2.39.0", 70)], "2"],
  ])("%s", (_, dumps, stamp) => {
    expect(wayBack(dumps, release("2.64.0"))?.stamp).toBe(stamp);
  });
});
