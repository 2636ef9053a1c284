import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, test } from "vitest";
import { expectedSeconds, roughly, secondsLeft } from "../../automation/tools/estimate.ts";
import { asTyped, compilersAtOnce } from "../../automation/tools/go.ts";
import { buildKey, cachedPath, MODULES } from "../../automation/tools/cached.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import { nothingToBuildWith } from "../../automation/tools/problems.ts";
import { isBuilt, PROGRAMS, type BuiltProgram } from "../../automation/tools/programs.ts";
import { fits, versionIn } from "../../automation/tools/versions.ts";
import { silentProgress } from "../../automation/progress.ts";

function program(name: string): BuiltProgram {
  const found = PROGRAMS.find((candidate) => candidate.name === name);
  if (!found || !isBuilt(found)) throw new Error(`no program ${name}`);
  return found;
}

// Answers as the programs gave them.
const ANSWERS: [name: string, answer: string, version: string | undefined, fitting: boolean][] = [
  ["pulumi", "v3.246.0\n", "3.246.0", true],
  ["pulumi", "v3.245.1\n", "3.245.1", false],
  ["pulumi", "3.250.0-alpha.x0\n", "3.250.0", true],
  ["pulumi", "v4.0.0\n", "4.0.0", false],
  ["kube-apiserver", "Kubernetes v1.35.4\n", "1.35.4", true],
  ["kube-apiserver", "Kubernetes v1.34.9\n", "1.34.9", false],
  ["kubectl", "Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0\n", "1.32.4", false],
  ["kubectl", "Client Version: v1.36.0\nKustomize Version: v5.7.0\n", "1.36.0", true],
  ["etcd", "etcd Version: 3.6.14\nGit SHA: Not provided (use ./build instead of go build)\n", "3.6.14", true],
  ["etcd", "etcd Version: 3.5.9\n", "3.5.9", false],
  ["kwok", "kwok version v0.8.0 go1.26.8 (linux/amd64)\n", "0.8.0", true],
  ["kwok", "kwok version v0.7.0 go1.24.0 (linux/amd64)\n", "0.7.0", false],
  ["minio", "minio version RELEASE.2025-09-07T16-13-09Z (commit-id=07c3a4)\n", "2025.9.7", true],
  ["minio", "minio version RELEASE.2021-04-22T15-44-28Z\n", "2021.4.22", false],
  ["minio", "minio version DEVELOPMENT.GOGET (commit-id=DEVELOPMENT.GOGET)\n", undefined, false],
  ["helm", "v3.21.4+g1234567\n", "3.21.4", true],
  ["helm", "v4.0.1+g1234567\n", "4.0.1", false],
];

describe("versions of programs found on PATH", () => {
  it.each(ANSWERS)("%s: %j is %s, fits: %s", (name, answer, version, fitting) => {
    const check = program(name).found;
    if (!check) throw new Error(`${name} tells no version`);
    const said = versionIn(answer, check);
    expect(said).toBe(version);
    expect(said !== undefined && fits(said, check)).toBe(fitting);
  });

  it("take the version that is built here", () => {
    for (const { name, version, found } of PROGRAMS) {
      if (found) expect(fits(version, found), name).toBe(true);
    }
  });
});

// MinIO's module has no versions, only the dates of its commits.
test.each(PROGRAMS.filter(isBuilt).filter(({ name }) => name !== "minio"))(
  "$name is of the version that its module pins",
  ({ module, version }) => {
    const pinned = readFileSync(path.join(MODULES, module, "go.mod"), "utf8");
    expect(pinned.split(/\s/)).toContain(`v${version}`);
  },
);

describe("time left", () => {
  it("is the table's before anything is finished", () => {
    expect(secondsLeft([{ expected: 100 }, { expected: 50 }], 30)).toBe(120);
  });

  it("is scaled by how the finished builds went", () => {
    expect(secondsLeft([{ expected: 100, took: 200 }, { expected: 50 }, { expected: 10 }], 20)).toBe(100);
  });

  it("is not led astray by what came out of Go's cache", () => {
    expect(secondsLeft([{ expected: 100, took: 1 }, { expected: 100 }], 0)).toBe(20);
  });

  it("does not fall to nothing when a build takes longer than the table says", () => {
    expect(secondsLeft([{ expected: 10 }, { expected: 10 }], 40)).toBe(50);
  });

  it("counts what programs of a module share once", () => {
    const of = (module: string, seconds: number, shared?: number) => ({ module, seconds, shared });
    expect(expectedSeconds([of("a", 10, 50), of("b", 5), of("a", 7, 50)])).toEqual([60, 5, 7]);
  });

  it("is said in minutes", () => {
    expect([5, 55, 100, 600].map(roughly)).toEqual([
      "less than a minute",
      "about 1 min",
      "about 2 min",
      "about 10 min",
    ]);
  });
});

describe("memory", () => {
  it("decides how many compilers run", () => {
    expect(compilersAtOnce(16, 64e9)).toBe(2);
    expect(compilersAtOnce(16, 4e9)).toBe(1);
    expect(compilersAtOnce(1, 64e9)).toBe(1);
    expect(compilersAtOnce(8, 1e9)).toBe(1);
  });
});

describe("the cache key", () => {
  it("differs between programs of one module and follows the flags", async () => {
    const apiserver = program("kube-apiserver");
    const keys = await Promise.all([
      buildKey(apiserver),
      buildKey(program("kubectl")),
      buildKey({ ...apiserver, stamps: [] }),
      buildKey({ ...apiserver, tags: ["x"] }),
      buildKey({ ...apiserver, module: "etcd" }),
    ]);
    expect(new Set(keys).size).toBe(keys.length);
    expect(await buildKey({ ...apiserver })).toBe(keys[0]);
  });

  it("stands in the path, with version and platform", () => {
    const platform = `${process.platform}-${process.arch}`;
    expect(cachedPath("/c", program("etcd"), "abc")).toBe(`/c/tools/etcd-3.6.14-${platform}-abc/etcd`);
  });
});

describe("what a user is told", () => {
  it("names every missing program with its install, and Go, in one error", () => {
    const missing = PROGRAMS.map((candidate) => ({ program: candidate }));
    const error = nothingToBuildWith(
      [{ program: program("kubectl"), unfit: "/usr/bin/kubectl is 1.32.4" }, ...missing],
      "Go is not on PATH",
    );
    for (const { name, install } of PROGRAMS) {
      expect(error.message).toContain(`${name} `);
      expect(error.message).toContain(install);
    }
    expect(error.message).toContain("Go 1.26.0 or newer (https://go.dev/dl/)");
    expect(error.message).toContain("/usr/bin/kubectl is 1.32.4");
    expect(error.exitCode).toBe(1);
  });

  it("names the nearest program for an unknown one", async () => {
    await expect(obtainTools(["kubctl", "helm"], { progress: silentProgress })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("no program kubctl; the nearest is kubectl") as string,
    });
  });

  it("shows the command of a failed build so that it can be pasted", () => {
    expect(
      asTyped(
        "/x",
        [
          ["go", "generate"],
          ["go", "build", "-ldflags", "-s -w", "."],
        ],
        { VERSION: "1" },
      ),
    ).toMatch(
      /^cd \S+ && CGO_ENABLED=0 GOTOOLCHAIN=local VERSION=1 go generate && CGO_ENABLED=0 \S+ VERSION=1 go build -ldflags '-s -w' \.$/,
    );
  });
});
