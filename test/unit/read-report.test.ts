import { execFileSync } from "node:child_process";
import { mkdtemp, open, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import MarkdownIt from "markdown-it";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bodyOf, statusOf } from "../../automation/forge/body.ts";
import { markerLine, markerOf } from "../../automation/forge/marker.ts";
import { fittedMarkdown } from "../../automation/report/fitted-markdown.ts";
import { readReport, type ReadReport } from "../../automation/report/read-report.ts";

const SHA = "0123456789abcdef0123456789abcdef01234567";
const marker = { stack: "lab", run: 12, sha: SHA };
const hosts = new MarkdownIt({ html: true, linkify: true });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-report-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = (name: string) => path.join(folder, name);
async function read(name: string, text: string, untrusted = true): Promise<ReadReport> {
  await writeFile(file(name), text);
  return readReport(file(name), { untrusted });
}

/** A report with one text in every place that takes one. */
const filledWith = (text: string) => ({
  stack: text,
  verdict: text,
  findings: [{ id: text, severity: "careful", title: text, system: text, object: text, text }],
  waiting: [{ object: text, until: [text] }],
  compared: { base: { name: text, commit: text }, head: { commit: text, changed: true }, notes: [text] },
  counts: { [text]: { update: 1 } },
  unchanged: 3,
  restarts: [text],
  images: [{ object: text, from: text, to: text }],
  moved: [{ object: text, from: text }],
  objects: [
    {
      system: text,
      kind: text,
      name: text,
      operation: "update",
      diff: { lines: [`+${text}`], leftOut: 0 },
      until: [text],
    },
  ],
  fixes: [{ chart: text, id: text, outcome: "applied", objects: [text], why: text, source: text }],
  warnings: [text],
  failure: text,
  graph: {
    nodes: [{ id: "store_minio", shape: "store", lines: [text], frame: text, mark: "changed" }],
    edges: [{ from: "store_minio", to: "store_minio", what: text }],
  },
});
const comment = (report: ReadReport) => bodyOf({ report, marker, runUrl: undefined, untrusted: true });

describe("a report of somebody else's", () => {
  it.each([
    markerLine({ stack: "other", run: 999, sha: SHA }),
    `--> ${markerLine({ stack: "other", run: 999, sha: SHA })}`,
    "</details><script>alert(1)</script><img src=x onerror=1>",
    "```\n</details>\n# loud\n<!-- ",
    "@everyone @lab/team #1 owner/repo#2 GH-26 !3 ~label %5 $snippet &9",
    "[x](javascript:alert(1)) ![i](https://evil.example/p.png) https://evil.example www.evil.example",
    '"] click a href "javascript:alert(1)" %%{init: {}}%%',
    "../../../../etc/passwd",
    "\u202Eabc\u0000\u2028def",
  ])("says %j as text and as nothing else", async (text) => {
    const body = comment(await read("hostile.json", JSON.stringify(filledWith(text))));
    // The stack, the run and the commit are the caller's.
    expect(markerOf(body)).toEqual({ ...marker, label: undefined });
    expect(body).toContain("## Preview of lab\n");
    const html = hosts.render(body).replace(/<pre><code[^]*?<\/code><\/pre>|<code>[^]*?<\/code>/g, "");
    expect(html.match(/<!--/g)).toHaveLength(1);
    expect(html.match(/<details>/g)?.length).toBe(html.match(/<\/details>/g)?.length);
    expect(html).not.toMatch(/<(script|img|a|b|h1|input)\b/i);
    expect(html).not.toMatch(/<[^>]* (href|src|on\w+)=/i);
    // GitHub and GitLab look for names and numbers in the text that a page has in the end, where an entity is what it stands for.
    const seen = html
      .replace(/<[^>]*>/g, "")
      .replace(/&#(\d+);/g, (_all, code: string) => String.fromCodePoint(Number(code)));
    expect(seen).not.toMatch(/@[a-z]|#\d|!\d|~[a-z]|%\d|\$[a-z]|GH-\d/i);
    expect(body).toContain("fork's own word");
  });

  it.each<[string, unknown, RegExp]>([
    ["Markdown", "## Preview of lab\n\n**Routine.**", /is not JSON: .*--report-format json/],
    ["JSON that is cut off", '{"stack": "lab"', /begins as JSON and is none/],
    ["another document", "[1, 2]", /is no report of/],
    ["an operation that there is not", { ...filledWith("x"), counts: { CVAT: { "<img>": 1 } } }, /counts/],
    ["a number that is none", { ...filledWith("x"), unchanged: "<b>3</b>" }, /unchanged: /],
    [
      "an outcome that there is not",
      { ...filledWith("x"), fixes: [{ ...filledWith("x").fixes[0], outcome: "<b>" }] },
      /fixes\.0\.outcome/,
    ],
    [
      "a part of the picture that is no word",
      { ...filledWith("x"), graph: { nodes: [{ id: "a;click b", shape: "store", lines: [] }], edges: [] } },
      /graph\.nodes\.0\.id/,
    ],
    ["too many of a kind", { ...filledWith("x"), waiting: Array.from({ length: 5_001 }, () => "x") }, /waiting: /],
    ["a name that is too long", { ...filledWith("x"), stack: "x".repeat(1_001) }, /stack: /],
    [
      "keys that are texts of its own",
      { ...filledWith("x"), counts: { "canary <script>": { update: -1 } } },
      /counts\.\?/,
    ],
  ])("that is %s is refused", async (_name, content, words) => {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    const error = await read("bad.json", text).catch((problem: unknown) => problem);
    expect(error).toMatchObject({ exitCode: 2 });
    expect((error as Error).message).toMatch(words);
    expect((error as Error).message).not.toMatch(/canary|script/);
  });

  it("keeps what it does not know to itself, and no key changes another object", async () => {
    const report = {
      ...filledWith("x"),
      more: "<script>",
      counts: JSON.parse('{"__proto__": {"update": 1}, "CVAT": {"update": 2}}') as object,
    };
    const text = comment(await read("more.json", JSON.stringify(report)));
    expect(text).not.toContain("script");
    expect(text).toContain("| CVAT | 2 to update |");
    expect(({} as { update?: number }).update).toBeUndefined();
  });

  it("is refused when it is large, before it is read: 50 MB, or a file without an end", async () => {
    const large = await open(file("large.json"), "w");
    await large.truncate(50 * 1024 * 1024);
    await large.close();
    const before = process.memoryUsage().rss;
    await expect(readReport(file("large.json"), { untrusted: true })).rejects.toThrow("is larger than 8 MB");
    expect(process.memoryUsage().rss - before).toBeLessThan(40 * 1024 * 1024);
    await expect(readReport("/dev/zero", { untrusted: true })).rejects.toThrow("is no file");
  });

  it("is no folder, no link to another file and no pipe that nobody writes", async () => {
    await writeFile(file("secret.json"), JSON.stringify(filledWith("x")));
    await symlink(file("secret.json"), file("link.json"));
    await expect(readReport(file("link.json"), { untrusted: true })).rejects.toThrow("is a link");
    await expect(readReport(folder, { untrusted: true })).rejects.toThrow("is no file");
    execFileSync("mkfifo", [file("pipe.json")]);
    await expect(readReport(file("pipe.json"), { untrusted: true })).rejects.toThrow("is no file");
    await expect(readReport(file("none.json"), { untrusted: true })).rejects.toThrow("is not there");
  });

  it("takes a moment, however it is made up to take longer", async () => {
    const ticks = "` ".repeat(90_000);
    const report = {
      ...filledWith("x"),
      objects: Array.from({ length: 20 }, () => ({
        ...filledWith(ticks.slice(0, 900)).objects[0],
        diff: { lines: [ticks], leftOut: 0 },
      })),
      failure: "[".repeat(200_000),
    };
    const began = performance.now();
    const text = comment(await read("slow.json", JSON.stringify(report)));
    expect(text.length).toBeLessThanOrEqual(65_536);
    expect(performance.now() - began).toBeLessThan(20_000);
    await expect(read("deep.json", "[".repeat(500_000))).rejects.toThrow("begins as JSON and is none");
  });
});

describe("a report of our own", () => {
  it("is taken as Markdown, with its verdict for the status", async () => {
    const report = await read(
      "own.md",
      "## Preview of lab\n\n**Careful&#58; a volume grows. 1 object changes.**\n",
      false,
    );
    expect(statusOf({ report, marker, runUrl: "https://ci.example/1" })).toEqual({
      state: "success",
      context: "vision-platform/lab",
      description: "Careful: a volume grows. 1 object changes.",
      url: "https://ci.example/1",
    });
    const failed = await read("failed.md", "## Preview of lab\n\n**Not all was seen: the preview failed.**\n", false);
    expect(statusOf({ report: failed, marker, runUrl: undefined }).state).toBe("failure");
  });

  it("has a status of 140 characters at most, and another for another label", async () => {
    const report = await read(
      "long.json",
      JSON.stringify({ ...filledWith("x"), verdict: "Careful: ".padEnd(500, "x"), failure: undefined }),
      false,
    );
    const { description, context, state } = statusOf({
      report,
      marker: { ...marker, label: "rehearsed" },
      runUrl: undefined,
    });
    expect([description.length, description.at(-1), context, state]).toEqual([
      140,
      "…",
      "vision-platform/lab/rehearsed",
      "success",
    ]);
  });

  it("fits, as JSON and as Markdown, and closes what it opens", async () => {
    const details = (at: number) =>
      `<details><summary>object ${at}</summary>\n\n\`\`\`diff\n${"+line\n\n".repeat(300)}\`\`\`\n\n</details>`;
    const text = ["## Preview of lab", "**Routine.**", ...Array.from({ length: 60 }, (_, at) => details(at))].join(
      "\n\n",
    );
    const report = await read("large.md", text, false);
    const runUrl = "https://ci.example/(1)";
    const body = bodyOf({ report, marker, runUrl, untrusted: false });
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(body).toContain("**Routine.**");
    expect(body).toContain("All of it: [run 12](https://ci.example/%281%29).");
    const html = hosts.render(body);
    expect(html.match(/<details>/g)?.length).toBe(html.match(/<\/details>/g)?.length);
    expect(body.match(/^```/gm)?.length).toBe(2 * (body.match(/^<details>/gm)?.length ?? 0));
    const open = fittedMarkdown("````\nnever closed\n".repeat(10_000), { characters: 2_000, whole: "run 1" });
    expect(open).toMatch(/^Left out, since a comment has no room for it/);
  });
});
