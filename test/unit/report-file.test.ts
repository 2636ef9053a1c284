import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isOwnDoing } from "../../automation/engine/own-doing.ts";
import { reportPlace, writeReport } from "../../automation/report/file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-report-"));
  await writeFile(path.join(folder, "file"), "");
});
afterAll(() => rm(folder, { recursive: true }));

describe("a report", () => {
  it("goes into a folder that is not there", async () => {
    const file = path.join(folder, "out/of/place/preview.md");
    await reportPlace(file);
    await writeReport(file, "# Preview\n");
    expect(await readFile(file, "utf8")).toBe("# Preview\n");
  });

  it("that has no place is refused as bad usage, before anything is looked at", async () => {
    const below = path.join(folder, "file/preview.md");
    await expect(reportPlace(below)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(below) as string,
    });
    await expect(reportPlace(folder)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/is a folder/) as string,
    });
  });

  it("that cannot be written in the end says so in a sentence", async () => {
    await mkdir(path.join(folder, "taken"));
    await expect(writeReport(path.join(folder, "taken"), "")).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(/^--report .* cannot be written \(EISDIR\)/) as string,
    });
  });
});

describe("the engine's warnings of what we arrange", () => {
  it.each([
    ["using pulumi-resource-kubernetes from $PATH at /x/engine/bin/pulumi-resource-kubernetes", true],
    ["using pulumi-resource-minio from $PATH at /x/engine/bin/pulumi-resource-minio", true],
    ["using pulumi-resource-minio from $PATH at /usr/bin/pulumi-resource-minio", false],
    ["something uses pulumi-resource-kubernetes from $PATH", false],
  ])("%s", (warning, own) => expect(isOwnDoing(warning)).toBe(own));
});
