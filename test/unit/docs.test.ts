import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { commandTree, defaultVerb } from "../../automation/program.ts";
import { KUBERNETES } from "../../automation/tools/programs.ts";
import { checkStackFile } from "../../automation/stackfile/check.ts";
import { CLEARML_VERSIONS } from "../../components/clearml/versions.ts";
import { CVAT_VERSIONS } from "../../components/cvat/versions.ts";
import { fixesPage, keysPage, networkPage } from "./docs-pages.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(path.join(ROOT, file), "utf8");
const PAGES = [
  "README.md",
  "CHANGELOG.md",
  ...readdirSync(path.join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const PACKAGE = JSON.parse(read("package.json")) as Record<
  "scripts" | "dependencies" | "devDependencies",
  Record<string, string>
>;

describe("pages made from the program", () => {
  it("docs/fixes.md has every fix", async () => {
    await expect(await fixesPage()).toMatchFileSnapshot("../../docs/fixes.md");
  });

  it("docs/network.md has every way", async () => {
    await expect(await networkPage()).toMatchFileSnapshot("../../docs/network.md");
  });

  it("docs/keys.md has every key of a stack file", async () => {
    const page = await keysPage();
    await expect(page).toMatchFileSnapshot("../../docs/keys.md");
    const sections = page.split(/^## /m).slice(1);
    expect(sections.filter((section) => !section.includes("\n| `")).map((section) => section.split("\n")[0])).toEqual(
      [],
    );
  });
});

describe.each(PAGES)("%s", (page) => {
  const text = read(page);

  it("links to what is there", () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
    const broken = links.filter((link) => !/^https?:/.test(link)).filter((link) => !isThere(page, link));
    expect(broken).toEqual([]);
  });

  it("shows commands and flags that exist", () => {
    expect(commandsIn(text).flatMap(problemsWith)).toEqual([]);
  });

  it("shows stack files that pass the check", () => {
    const problems = fences(text, "yaml").flatMap((block) => {
      const { config } = parse(block) as { config: Record<string, unknown> };
      const sections = Object.entries(config).map(([key, value]) => [key.replace("vision-platform:", ""), value]);
      return checkStackFile({ sections: Object.fromEntries(sections) as Record<string, unknown>, keys: [] }).problems;
    });
    expect(problems).toEqual([]);
  });

  it("names only addresses of the documentation ranges and of this machine", () => {
    const addresses = text.match(/\b\d{1,3}(\.\d{1,3}){3}\b/g) ?? [];
    // And the range that K3s gives its pods from, which is a default.
    const others = addresses.filter((address) => address !== "10.42.0.0");
    expect(others.filter((address) => !/^(192\.0\.2|198\.51\.100|203\.0\.113|127\.0\.0)\./.test(address))).toEqual([]);
  });
});

it("docs/scripts.md shows the script that is run by a test", () => {
  expect(fences(read("docs/scripts.md"), "ts")).toEqual([read("examples/night.ts")]);
});

describe("tables that people keep by hand", () => {
  const rows = (page: string) =>
    read(page)
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .map((line) => line.split("|").map((cell) => cell.trim()));

  it("README says why each dependency is there", () => {
    const named = rows("README.md").flatMap(([, first = ""]) => first.replaceAll("`", "").split(", "));
    const { dependencies, devDependencies } = PACKAGE;
    expect(Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !named.includes(name))).toEqual([]);
  });

  it("configure.md has every known-good set", () => {
    const shown = rows("docs/configure.md").map((cells) => cells.slice(1, 3).join(" "));
    const sets = [
      ...CVAT_VERSIONS.sets.map(({ version, parts }) => `${version} ${parts.chart}`),
      ...CLEARML_VERSIONS.sets.map(({ version, parts }) => `${version} ${parts.server}`),
    ];
    expect(sets.filter((set) => !shown.includes(set))).toEqual([]);
  });

  it("install.md says which Kubernetes a rehearsal runs", () => {
    expect(read("docs/install.md")).toContain(`rehearsals run ${KUBERNETES.replace(/\.\d+$/, "")}.`);
  });
});

function isThere(page: string, link: string): boolean {
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? page : path.join(path.dirname(page), file);
  if (!existsSync(path.join(ROOT, target))) return false;
  return anchor === undefined || anchorsOf(target).includes(anchor);
}

/** The anchors GitHub gives to a page's headings. */
function anchorsOf(page: string): string[] {
  const headings = read(page).match(/^#+ .*$/gm) ?? [];
  return headings.map((heading) =>
    heading
      .replace(/^#+ /, "")
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  );
}

/** Contents of the fenced blocks of one language. */
function fences(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^ *\`\`\`${language}\\n(.*?)^ *\`\`\``, "gms"))].map(([, block = ""]) => block);
}

/** Every `npm …` command a page shows: lines of shell blocks, and code in running text. */
function commandsIn(text: string): string[] {
  const lines = [...fences(text, "sh"), ...fences(text, "console")].flatMap((block) => block.split("\n"));
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
  return [...lines, ...spans]
    .flatMap((line) => line.split(/ && |; |\$\(/))
    .flatMap((line) => /(?:^|\$ |# )(npm (?:ci|test|run \S).*)$/.exec(line)?.[1] ?? []);
}

/** What is wrong with a command: an npm script, a verb or a flag that does not exist. */
function problemsWith(line: string): string[] {
  const [npm, ...rest] = line.replace(/\s+#.*$/, "").split(/\s+/);
  const words = rest.filter((word) => word !== "run" && word !== "--silent" && word !== "--");
  const [script = "", ...args] = words;
  if (npm !== "npm" || script === "ci") return [];
  if (!(script in PACKAGE.scripts)) return [`${line}: no script ${script}`];
  const verbs = { platform: args, rehearse: ["rehearse", ...args] }[script];
  return verbs === undefined ? [] : verbProblems(commandTree(), verbs).map((problem) => `${line}: ${problem}`);
}

function verbProblems(command: Command, [first, ...rest]: readonly string[]): string[] {
  const inner = command.commands.find((candidate) => candidate.name() === first);
  if (inner) return verbProblems(inner, rest);
  const otherwise = defaultVerb(command);
  if (otherwise && first !== "--help") return verbProblems(otherwise, [first ?? "", ...rest]);
  if (command.commands.length > 0 && first !== "--help") return [`no verb ${first ?? ""}`];
  const known = ["--help", ...command.options.map(({ long }) => long)];
  const flags = [first, ...rest].filter((word) => word?.startsWith("--")).map((word) => word?.split("=")[0]);
  return flags.filter((flag) => !known.includes(flag)).map((flag) => `no flag ${flag ?? ""}`);
}
