import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LARGE } from "../../loader/packages.mjs";

const PROJECT = path.resolve(import.meta.dirname, "../..");
const LONG_AGO = new Date("2020-01-01");

/** A small project with the loader in it. */
let project: string;
let cache: string;

const MAIN = `import { word } from "some-package";
import settings from "./settings.json" with { type: "json" };
import { twice } from "./parts/twice.ts";

interface Said {
  [name: string]: unknown;
}
const { late } = await import("./parts/late.ts");
const said: Said = { word, settings, twice: twice(21), late: late(), args: process.argv.slice(1), place: import.meta.filename };
console.log(JSON.stringify(said));
`;
const TWICE = `import path from "node:path";

export function twice(number: number): number {
  if (number < 0) throw new RangeError(path.basename(import.meta.dirname));
  return number * 2;
}
`;
const LATE = `import { twice } from "./twice.ts";

export const late = () => import.meta.url;

/* A comment,

   of some lines. */
export class Late {
  fail(): number {
    return twice(-1);
  }
}
`;

beforeEach(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-loader-"));
  project = path.join(folder, "project");
  cache = path.join(folder, "cache");
  await cp(path.join(PROJECT, "loader"), path.join(project, "loader"), { recursive: true });
  await mkdir(path.join(project, "node_modules"));
  for (const name of ["env-paths", "esbuild", "tsx"]) {
    await symlink(path.join(PROJECT, "node_modules", name), path.join(project, "node_modules", name));
  }
  await write("package.json", JSON.stringify({ type: "module" }));
  await installed("1.0.0");
  await write("settings.json", '{ "a": 1 }');
  await write("main.ts", MAIN);
  await write("parts/twice.ts", TWICE);
  await write("parts/late.ts", LATE);
});
afterEach(() => rm(path.dirname(project), { recursive: true }));

async function write(name: string, text: string): Promise<string> {
  const file = path.join(project, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

/** As npm leaves a package: another version may have other files. */
async function installed(version: string): Promise<void> {
  await rm(path.join(project, "node_modules/some-package"), { recursive: true, force: true });
  const exports = `./of-${version}.js`;
  await write("node_modules/some-package/package.json", JSON.stringify({ name: "some-package", version, exports }));
  await write(`node_modules/some-package/${exports}`, `exports.word = "of ${version}";`);
  await write(
    "node_modules/.package-lock.json",
    JSON.stringify({ packages: { "node_modules/some-package": { version } } }),
  );
}

const run = (file = "main.ts", { at = cache } = {}) =>
  execa(process.execPath, ["loader/run.mjs", file, "one", "--two"], {
    cwd: project,
    env: { VISION_PLATFORM_CACHE: at },
    reject: false,
    stdin: "ignore",
  });

async function said(file?: string, options?: { at: string }): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await run(file, options);
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Everything in the cache, with when it was written. */
async function kept(): Promise<string[]> {
  const names = await readdir(cache, { recursive: true });
  return Promise.all(names.map(async (name) => `${name} ${(await stat(path.join(cache, name))).mtimeMs}`));
}

const cut = (file: string) => truncate(file, 10);

async function filesNamed(pattern: RegExp): Promise<string[]> {
  const names = await readdir(cache, { recursive: true });
  return names.filter((name) => pattern.test(name)).map((name) => path.join(cache, name));
}

it("what runs is what Node would run: packages, JSON, parts loaded late, arguments, and places of sources", async () => {
  const main = path.join(project, "main.ts");
  expect(await said()).toEqual({
    word: "of 1.0.0",
    settings: { a: 1 },
    twice: 42,
    late: `file://${path.join(project, "parts/late.ts")}`,
    args: [main, "one", "--two"],
    place: main,
  });
});

it("is compiled once", async () => {
  await said();
  const before = await kept();
  await said();
  expect(await kept()).toEqual(before);
});

describe("is compiled anew", () => {
  it("for a file that changed, though neither its size nor its time says so", async () => {
    const file = path.join(project, "parts/twice.ts");
    await utimes(file, LONG_AGO, LONG_AGO);
    expect(await said()).toMatchObject({ twice: 42 });
    await writeFile(file, TWICE.replace("number * 2", "number * 3"));
    await utimes(file, LONG_AGO, LONG_AGO);
    expect(await said()).toMatchObject({ twice: 63 });
  });

  it("for JSON that changed", async () => {
    await said();
    await write("settings.json", '{ "a": 2 }');
    expect(await said()).toMatchObject({ settings: { a: 2 } });
  });

  it("once a file is there that was missing", async () => {
    await write("main.ts", 'import { more } from "./more.ts";\nconsole.log(JSON.stringify({ more }));\n');
    const { stderr, exitCode } = await run();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/does not compile[^]*main\.ts:1:21: ERROR: Could not resolve "\.\/more\.ts"/);
    await write("more.ts", "export const more = 1;\n");
    expect(await said()).toEqual({ more: 1 });
  });

  it("for a file that is gone, which is then missed", async () => {
    await said();
    await rm(path.join(project, "parts/late.ts"));
    const { stderr, exitCode } = await run();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/Could not resolve "\.\/parts\/late\.ts"/);
  });

  it("for a package of another version, whose files lie elsewhere", async () => {
    await said();
    await installed("2.0.0");
    expect(await said()).toMatchObject({ word: "of 2.0.0" });
  });

  it.each([
    ["the manifest is cut short", /manifest\.json$/, cut],
    ["the entry is cut short", /entry\.mjs$/, cut],
    ["a part is cut short", /late-\w+\.mjs$/, cut],
    ["a part is gone", /late-\w+\.mjs$/, rm],
  ])("where %s", async (_, pattern, harm) => {
    await said();
    const [file = ""] = await filesNamed(pattern);
    await harm(file);
    expect(await said()).toMatchObject({ twice: 42 });
  });
});

describe("a package of many files", () => {
  /** One of those that become one file. */
  const install = async (version: string) => {
    await installed(version);
    await write(
      "node_modules/execa/package.json",
      JSON.stringify({ name: "execa", version, type: "module", exports: "./index.js" }),
    );
    await write("node_modules/execa/index.js", 'export * from "./more.js";\n');
    await write("node_modules/execa/more.js", `export const version = "${version}";\n`);
  };
  beforeEach(async () => {
    await install("1.0.0");
    await write("main.ts", 'import { version } from "execa";\nconsole.log(JSON.stringify({ version }));\n');
  });

  it("is one file, made once", async () => {
    expect(await said()).toEqual({ version: "1.0.0" });
    expect(await filesNamed(/entry\.mjs$/)).toHaveLength(2);
    const before = await kept();
    await write("settings.json", '{ "a": 2 }');
    expect(await said()).toEqual({ version: "1.0.0" });
    expect(await kept()).toEqual(before);
  });

  it("is another one in another version", async () => {
    await said();
    await install("2.0.0");
    expect(await said()).toEqual({ version: "2.0.0" });
  });

  it.each([
    ["cut short", cut],
    ["gone", rm],
  ])("is made anew where it is %s", async (_, harm) => {
    await said();
    const files = await filesNamed(/entry\.mjs$/);
    const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
    await harm(files[texts.findIndex((text) => text.includes("createRequire"))] ?? "");
    expect(await said()).toEqual({ version: "1.0.0" });
  });

  it.each(LARGE)("has what %s has", { timeout: 120_000 }, async (name) => {
    const text = `import * as all from "${name}";\nconsole.log(JSON.stringify(Object.keys(all)));\n`;
    const file = await write("all.ts", text);
    const { stdout } = await execa(process.execPath, [path.join(PROJECT, "loader/run.mjs"), file], {
      env: { VISION_PLATFORM_CACHE: cache },
    });
    const real = (await import(name)) as object;
    expect(JSON.parse(stdout)).toEqual(Object.keys(real).filter((key) => key !== "default"));
    expect(await filesNamed(/entry\.mjs$/)).toHaveLength(2);
  });
});

it("runs where the cache can take nothing, and leaves nothing", async () => {
  const file = path.join(path.dirname(project), "no-folder");
  await writeFile(file, "");
  expect(await said("main.ts", { at: file })).toMatchObject({ twice: 42, late: `file://${project}/parts/late.ts` });
  expect(await readFile(file, "utf8")).toBe("");
});

it("first runs at once do not disturb each other", async () => {
  const all = await Promise.all([said(), said(), said(), said()]);
  expect(all.map(({ twice }) => twice)).toEqual([42, 42, 42, 42]);
  expect(await filesNamed(/\.json$/)).toHaveLength(1);
  const before = await kept();
  await said();
  expect(await kept()).toEqual(before);
});

it("a build that was replaced stays for those that run from it, for two days", async () => {
  await said();
  const [first = ""] = await filesNamed(/entry\.mjs$/);
  await write("settings.json", '{ "a": 2 }');
  await said();
  expect(await filesNamed(/entry\.mjs$/)).toHaveLength(2);
  await utimes(path.dirname(first), LONG_AGO, LONG_AGO);
  await write("settings.json", '{ "a": 3 }');
  await said();
  const left = await filesNamed(/entry\.mjs$/);
  expect(left).toHaveLength(2);
  expect(left).not.toContain(first);
});

it("a stack trace names each source with its line and column, also of parts loaded late", async () => {
  await write(
    "main.ts",
    `const { Late } = await import("./parts/late.ts");

try {
  new Late().fail();
} catch (error) {
  console.log((error as Error).stack);
}
`,
  );
  const { stdout } = await run();
  expect(stdout.split("\n").slice(0, 4)).toEqual([
    "RangeError: parts",
    `    at twice (file://${project}/parts/twice.ts:4:25)`,
    `    at Late.fail (file://${project}/parts/late.ts:10:12)`,
    `    at file://${project}/main.ts:4:14`,
  ]);
});

it("of import.meta only what means the source is taken", async () => {
  await write("parts/late.ts", 'export const late = () => import.meta.resolve("./twice.ts");\n');
  const { stderr, exitCode } = await run();
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/parts\/late\.ts: of import\.meta only dirname, filename and url/);
});
