import { chmod, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";

/** What a task's pod does before the agent's own script. */

const IMAGE = path.resolve(import.meta.dirname, "../../images/clearml-agent");
let folder: string;
let python: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "clearml-agent-task-start-"));
  python = await pythonEnvironment(path.join(IMAGE, "requirements.txt"), { progress: silentProgress });
}, 600_000);
afterAll(() => rm(folder, { recursive: true }));

const encoded = (text: string) => Buffer.from(text).toString("base64");
const REPOSITORY = { repository: "https://git.example/a.git" };

test("the pod is told what its task asks for", async () => {
  const asked: [Record<string, unknown>, string][] = [
    [{}, "none"],
    [{ script: { requirements: { pip: "# Python 3.11\n\n" } } }, "none"],
    [{ script: { requirements: { pip: "# Python 3.11\n\ntorch==2.5.1\nnumpy\n" } } }, encoded("torch==2.5.1\nnumpy")],
    [{ script: { requirements: { pip: ["é", "b"] } } }, encoded("é\nb")],
    [{ script: { ...REPOSITORY, requirements: { pip: "" } } }, "unknown"],
    [{ script: { ...REPOSITORY, requirements: { pip: "a" } } }, encoded("a")],
    [{ script: { requirements: { conda: "a" } } }, "unknown"],
  ];
  const program = `import json, sys; from task_start import start_commands
print(json.dumps([start_commands(task)[-1] for task in json.loads(sys.argv[1])]))`;
  const { stdout } = await execa(python, ["-c", program, JSON.stringify(asked.map(([task]) => task))], {
    env: { PYTHONPATH: IMAGE, PYTHONDONTWRITEBYTECODE: "1" },
  });
  expect(JSON.parse(stdout)).toEqual(asked.map(([, wanted]) => `use_what_the_image_holds 2.0.7 ${wanted}`));
});

/** The variables that the agent's own script finds. @param programs of the image, besides bash and coreutils */
async function variables(wanted: string, programs: Record<string, string>, env: Record<string, string> = {}) {
  const image = await mkdtemp(path.join(folder, "image-"));
  for (const name of ["base64", "env"]) await symlink(`/usr/bin/${name}`, path.join(image, name));
  for (const [name, target] of Object.entries(programs)) {
    await writeFile(path.join(image, name), `#!/bin/bash\nexec ${target} "$@"\n`);
    await chmod(path.join(image, name), 0o755);
  }
  const script = `source ${IMAGE}/task_start.sh; use_what_the_image_holds 2.0.7 ${wanted}; env`;
  const { stdout } = await execa("/bin/bash", ["-c", script], { env: { PATH: image, ...env }, extendEnv: false });
  const all = stdout.split("\n").filter((line) => /^(CLEARML_AGENT_|LOCAL_PYTHON)/.test(line));
  return Object.fromEntries(all.map((line) => line.split("=") as [string, string]));
}

const GIT = { git: "/bin/true" };
const ALL = {
  CLEARML_AGENT_NO_UPDATE: "1",
  CLEARML_AGENT_SKIP_CONTAINER_APT: "1",
  CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL: "1",
};

test("what the image holds is not installed anew, unless somebody has said so", { timeout: 60_000 }, async () => {
  const image = { ...GIT, "python3.11": python };
  expect(await variables(encoded("requests==2.32.5\nurllib3"), image)).toEqual({
    ...ALL,
    LOCAL_PYTHON: expect.stringMatching(/python3\.11$/) as unknown,
  });
  const said = { CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL: "" };
  expect(await variables("none", image, said)).toMatchObject({ ...ALL, ...said });
});

test.each([encoded("requests==1.0"), encoded("nowhere"), encoded("git+https://git.example/a.git"), "unknown"])(
  "what it lacks is: %s",
  { timeout: 60_000 },
  async (wanted) => {
    const { CLEARML_AGENT_NO_UPDATE } = ALL;
    const LOCAL_PYTHON = expect.any(String) as unknown;
    expect(await variables(wanted, { "python3.11": python })).toEqual({ CLEARML_AGENT_NO_UPDATE, LOCAL_PYTHON });
  },
);

test("nothing is said where the agent is not there, or would not start", async () => {
  expect(await variables("none", GIT)).toEqual({});
  expect(await variables("none", { ...GIT, python3: "/usr/bin/python3" })).toEqual({});
  expect(await variables("none", { ...GIT, python3: `${python} -S` })).toEqual({});
});
