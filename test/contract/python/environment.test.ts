import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Progress } from "../../../automation/progress.ts";
import { pythonEnvironment } from "../../../automation/python/environment.ts";
import { findPython } from "../../../automation/python/python.ts";

// A package of our own: pip installs it for good, and needs no network for it.
const MAKE_WHEEL = `
import sys, zipfile
info = "tiny_note-1.0.dist-info/"
with zipfile.ZipFile(sys.argv[1] + "/tiny_note-1.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr("tiny_note.py", "def main():\\n    print('noted')\\n")
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tiny-note\\nVersion: 1.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "entry_points.txt", "[console_scripts]\\ntiny-note = tiny_note:main\\n")
    wheel.writestr(info + "RECORD", "")
`;

let folder: string;
let cacheFolder: string;
let requirements: string;
const titles: string[] = [];
const progress: Progress = {
  line: () => undefined,
  task: (title, work) => {
    titles.push(title);
    return work({ update: () => undefined });
  },
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "python-environment-"));
  cacheFolder = path.join(folder, "cache");
  await execa("python3", ["-c", MAKE_WHEEL, folder]);
  requirements = path.join(folder, "requirements.txt");
  await writeFile(requirements, "# What a test needs.\ntiny-note==1.0\n");
  vi.stubEnv("PIP_NO_INDEX", "1");
  vi.stubEnv("PIP_FIND_LINKS", folder);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** The environments that count as made. */
async function made(): Promise<string[]> {
  const python = path.join(cacheFolder, "python");
  if (!existsSync(python)) return [];
  return (await readdir(python)).filter((name) => existsSync(path.join(python, name, "whole"))).sort();
}

describe("pythonEnvironment", { timeout: 120_000 }, () => {
  const environment = (file = requirements) => pythonEnvironment(file, { progress, cacheFolder });
  const note = async (python: string) => (await execa(python, ["-c", "import tiny_note; tiny_note.main()"])).stdout;

  it("makes one with what the file pins, programs and all, once, for two that want it at the same time", async () => {
    const [python, same] = await Promise.all([environment(), environment()]);
    expect(same).toBe(python);
    expect(await note(python)).toBe("noted");
    expect((await execa(path.join(path.dirname(python), "tiny-note"))).stdout).toBe("noted");
    titles.length = 0;
    expect(await environment()).toBe(python);
    expect(titles).toEqual([]);
  });

  it("makes one anew that was left half-made", async () => {
    const python = await environment();
    const place = path.resolve(python, "../..");
    await rm(path.join(place, "whole"));
    // Nothing is written into it: the interpreter there is a link to the machine's own.
    await rm(path.join(place, "lib"), { recursive: true });
    titles.length = 0;
    expect(await environment()).toBe(python);
    expect(await note(python)).toBe("noted");
    expect(titles).toEqual([expect.stringMatching(/^Installing the Python packages of .*requirements\.txt, once$/)]);
  });

  it("makes another when the file changes", async () => {
    const empty = path.join(folder, "empty.txt");
    await writeFile(empty, "# Nothing.\n");
    const other = await environment(empty);
    expect(other).not.toBe(await environment());
    await expect(note(other)).rejects.toThrow("No module named 'tiny_note'");
  });

  it("shows what pip said when it fails, and leaves nothing that counts as made", async () => {
    const absent = path.join(folder, "absent.txt");
    await writeFile(absent, "no-such-note==9.9\n");
    const before = await made();
    await expect(environment(absent)).rejects.toThrow(/no-such-note==9\.9[\s\S]*A package index must be reachable/);
    expect(await made()).toEqual(before);
  });

  it("takes no package that is not pinned, and says which at once", async () => {
    const loose = path.join(folder, "loose.txt");
    await writeFile(loose, "numpy\npillow>=10\nminio==7.*\n-r other.txt\nonnx==1.2.3 # why\n    --hash=sha256:00\n");
    await expect(environment(loose)).rejects.toMatchObject({
      problems: ["numpy", "pillow>=10", "minio==7.*", "-r other.txt"].map(
        (line) => `${loose}: '${line}' is not pinned: write NAME==VERSION.`,
      ),
    });
  });
});

describe("findPython", () => {
  async function pathWith(name: string, script?: string): Promise<NodeJS.ProcessEnv> {
    const bin = path.join(folder, name);
    await mkdir(bin);
    if (script !== undefined) {
      await writeFile(path.join(bin, "python3"), `#!/bin/sh\n${script}\n`);
      await chmod(path.join(bin, "python3"), 0o755);
    }
    return { PATH: bin };
  }

  const answer = (version: string, venv: boolean) =>
    `echo '${JSON.stringify({ executable: "/usr/bin/python3", version, platform: "linux-x86_64", venv })}'`;

  it("finds this machine's", async () => {
    const { executable, version } = await findPython();
    expect((await execa(executable, ["--version"])).stdout).toBe(`Python ${version}`);
  });

  it.each([
    ["absent", undefined, "There is no working python3 on PATH. Install Python 3.11"],
    ["broken", "exit 3", "There is no working python3 on PATH. Install Python 3.11"],
    ["old", answer("3.9.19", true), "/usr/bin/python3 is Python 3.9.19, which is too old. Install Python 3.11"],
    ["bare", answer("3.12.3", false), "Install its venv module: apt-get install python3-venv"],
  ])("says what to do about one that is %s", async (name, script, problem) => {
    await expect(findPython(await pathWith(name, script))).rejects.toThrow(problem);
  });

  it.each(["3.10.0", "3.13.0rc1"])("takes %s", async (version) => {
    expect((await findPython(await pathWith(version, answer(version, true)))).version).toBe(version);
  });
});
