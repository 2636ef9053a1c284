import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { functionsConfig } from "../../components/nuclio/functions-section.ts";
import { problemsOf } from "../../components/schema/problems.ts";
import { bytesOf } from "../../components/schema/values.ts";
import { config, entry } from "./nuclio-fixtures.ts";

function problems(functions: Record<string, unknown>): string[] {
  const result = functionsConfig.safeParse(functions);
  return result.success
    ? []
    : problemsOf("functions", functionsConfig, result.error.issues).map(({ path, message }) => `${path}: ${message}`);
}

const of = (changes: Record<string, unknown>) => problems({ helmets: entry(changes) });
const without = (key: string, changes: Record<string, unknown> = {}) => of({ ...changes, [key]: undefined });

const git = (changes: Record<string, unknown>) =>
  without("image", {
    build: { source: { url: "https://git.example/a.git", kind: "git", ...changes }, image: "helmets:2" },
  });
const limits = (amounts: object, requests?: object) =>
  of({ resources: { limits: amounts, ...(requests && { requests }) } });

/** Each was tried on the real Nuclio: refused with 400, in error once deployed, or ended at the start of its pod. */
describe("what Nuclio would refuse when it is deployed", () => {
  it.each<[string, string[], RegExp]>([
    [
      "capitals in an image's path",
      of({ image: "registry.example/Vision/Helmets:1" }),
      /^functions\.helmets\.image: Must be an image/,
    ],
    [
      "a blank in an image",
      of({ image: "registry.example/hel mets:1" }),
      /^functions\.helmets\.image: Must be an image/,
    ],
    ["a command behind an image", of({ image: "a:1;rm" }), /^functions\.helmets\.image: Must be an image/],
    ["two dots in an image", of({ image: "a_b..c:1" }), /^functions\.helmets\.image: Must be an image/],
    [
      "capitals in a base image",
      without("image", {
        build: {
          source: { url: "https://x.example/a.py", kind: "file" },
          image: "helmets:2",
          baseImage: "registry.example/Python:3.11",
        },
      }),
      /^functions\.helmets\.build\.baseImage: Must be an image/,
    ],
    [
      "a node's label that is none",
      of({ nodeSelector: { disk: "c d" } }),
      /^functions\.helmets\.nodeSelector\.disk: Must be letters/,
    ],
    [
      "a name of one that is none",
      of({ nodeSelector: { "a b": "c" } }),
      /^functions\.helmets\.nodeSelector\..*: Must be a name/,
    ],
    ["lots of memory", limits({ memory: "lots" }), /^functions\.helmets\.resources\.limits\.memory: Must be an amount/],
    ["4GB", limits({ memory: "4GB" }), /^functions\.helmets\.resources\.limits\.memory: Must be an amount/],
    ["1 Gi", limits({ memory: "1 Gi" }), /^functions\.helmets\.resources\.limits\.memory: Must be an amount/],
    [
      "less processor than Nuclio asks for",
      limits({ cpu: "10m" }),
      /^functions\.helmets\.resources\.limits\.cpu: Is less than the 25m .*resources\.requests\.cpu/,
    ],
    [
      "the same with a request of nothing",
      limits({ cpu: "0.024" }, { cpu: "0" }),
      /^functions\.helmets\.resources\.limits\.cpu: Is less than the 25m/,
    ],
    [
      "less memory than Nuclio asks for",
      limits({ memory: "1M" }),
      /^functions\.helmets\.resources\.limits\.memory: Is less than the 1Mi .*resources\.requests\.memory/,
    ],
    [
      "a repository and nothing of it",
      git({}),
      /^functions\.helmets\.build\.source\.branch: Is missing, and so are `tag` and `reference`/,
    ],
    [
      "a branch and a tag",
      git({ branch: "main", tag: "v1" }),
      /^functions\.helmets\.build\.source\.tag: Is set together with `branch`/,
    ],
    [
      "a branch of an archive",
      git({ kind: "archive", branch: "main" }),
      /^functions\.helmets\.build\.source\.branch: Is of a repository alone, and this is an archive; remove it/,
    ],
    [
      "a folder in a file",
      git({ kind: "file", folder: "sub" }),
      /^functions\.helmets\.build\.source\.folder: Is of a repository or an archive, and this is one file/,
    ],
    [
      "a tag that Git has not",
      git({ tag: "a..b" }),
      /^functions\.helmets\.build\.source\.tag: Must be a name of a branch or a tag/,
    ],
    [
      "a branch that Git has not",
      git({ branch: "main.lock" }),
      /^functions\.helmets\.build\.source\.branch: Must be a name of a branch or a tag/,
    ],
    [
      "half a reference",
      git({ reference: "main" }),
      /^functions\.helmets\.build\.source\.reference: Must be a whole reference/,
    ],
    [
      "a Python handler without its module",
      of({ handler: "handler" }),
      /^functions\.helmets\.handler: Is none that the runtime python:3\.11/,
    ],
    ["one with two colons", of({ handler: "a:b:c" }), /^functions\.helmets\.handler: Is none that/],
    ["one with a path", of({ handler: "src/main:handler" }), /^functions\.helmets\.handler: Is none that/],
    [
      "Python's handler for Go",
      of({ runtime: "golang" }),
      /^functions\.helmets\.handler: Is none that the runtime golang can load.*main:Handler/,
    ],
    [
      "a runtime in capitals",
      of({ runtime: "Python:3.11" }),
      /^functions\.helmets\.runtime: Must be a runtime of Nuclio such as python:3\.11/,
    ],
    [
      "a runtime that Nuclio has not",
      of({ runtime: "perl" }),
      /^functions\.helmets\.runtime: Must be a runtime of Nuclio/,
    ],
  ])("is refused with its key: %s", (_what, found, expected) => {
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  it.each<[string, string[]]>([
    ["a small limit whose request is said", limits({ cpu: "10m" }, { cpu: "10m" })],
    ["limits as small as Nuclio's requests", limits({ cpu: "0.025", memory: "1Mi" })],
    ["a handler in a package", of({ handler: "pkg.sub-module:handler" })],
    ["Go's own handler", of({ runtime: "golang", handler: "main:Handler" })],
    ["a shell's", of({ runtime: "shell", handler: "reverser.sh:main" })],
    ["Python of no version", of({ runtime: "python" })],
  ])("and nothing else: %s", (_what, found) => expect(found).toEqual([]));
});

describe("functions in a stack file", () => {
  it("need no more than kind, description, labels and image", () => {
    expect(of({})).toEqual([]);
  });

  it("of any kind may be built in the cluster instead", () => {
    for (const revision of [{ branch: "main" }, { tag: "v1" }, { reference: "refs/heads/main" }]) {
      const source = { url: "https://git.example/helmets.git", kind: "git", ...revision };
      expect(without("image", { build: { source, image: "helmets:2" } })).toEqual([]);
    }
  });

  it.each<[string, string[], RegExp]>([
    ["neither image nor build", without("image"), /helmets\.image: Is missing, and so is `build`/],
    [
      "image and build",
      of({ build: { source: { url: "https://x.example/a.zip", kind: "archive" }, image: "helmets:2" } }),
      /helmets\.image: Is set together with `build`/,
    ],
    ["the tag latest", of({ image: "registry.example/helmets:latest" }), /helmets\.image: Has no tag, or `latest`/],
    ["no tag", of({ image: "registry.example:5000/helmets" }), /helmets\.image: Has no tag, or `latest`/],
    ["a detector without labels", of({ labels: [] }), /helmets\.labels: Is empty: CVAT drops every box/],
    ["labels twice", of({ labelsFile: "labels.json" }), /helmets\.labels: Is set together with `labelsFile`/],
    ["a label twice", of({ labels: ["head", { name: "head" }] }), /helmets\.labels\[1\]: `head` is there already/],
    ["a label without a name", of({ labels: [{ type: "mask" }] }), /helmets\.labels\[0\]/],
    ["an interactor's keys elsewhere", of({ interactor: {} }), /helmets\.interactor: Is set for a detector/],
    ["a tracker's keys elsewhere", of({ tracker: {} }), /helmets\.tracker: Is set for a detector/],
    [
      "a variable that the model sets",
      of({ model: { key: "helmets.onnx" }, env: { S3_ENDPOINT: "http://192.0.2.30:9000" } }),
      /helmets\.env\.S3_ENDPOINT: Is set already.* it comes from `model`/,
    ],
    ["no description", without("description"), /helmets\.description: Is missing\. .*CVAT's whole list breaks/],
    ["an unknown key", of({ gpus: 1 }), /helmets\.gpus: Unknown key\. Did you mean `gpu`/],
    [
      "a registry in a built image",
      without("image", {
        build: { source: { url: "https://x.example/a.py", kind: "file" }, image: "registry.example:5000/a:1" },
      }),
      /build\.image: Must be NAME:TAG/,
    ],
    [
      "a picture's time of which nobody would see the end",
      of({ timeouts: { event: "61s" } }),
      /helmets\.timeouts\.event: Must be at most 60s/,
    ],
    ["a reserved name", problems({ dashboard: entry() }), /dashboard: Is a name that Nuclio keeps/],
    ["a name Kubernetes refuses", problems({ Helmets: entry() }), /Helmets: Must be lower-case/],
    ["a long name", problems({ ["h".repeat(40)]: entry() }), /Must be at most 39 characters/],
  ])("are refused for %s", (_what, found, expected) => {
    expect(found.join("\n")).toMatch(expected);
  });

  it("say all their problems at once", () => {
    expect(problems({ a: entry({ image: "x:latest" }), b: entry({ labels: [] }) })).toHaveLength(2);
  });

  it.each([
    ["a call of just as long as there is an answer", { timeouts: { event: "1m" } }],
    ["a digest", { image: `registry.example/helmets@sha256:${"0".repeat(64)}` }],
    ["latest that is always pulled", { image: "registry.example/helmets:latest", pullPolicy: "Always" }],
    ["an interactor without labels", { kind: "interactor", labels: [], interactor: { startsWithBox: true } }],
  ])("may have %s", (_what, changes) => {
    expect(of(changes)).toEqual([]);
  });
});

it("the largest picture that yolo11x takes goes through with the default, in base64", async () => {
  const settings = await readFile(
    path.resolve(import.meta.dirname, "../../functions/yolo11x/detector/settings.py"),
    "utf8",
  );
  const [, most] = /"MAX_IMAGE_MIB", (\d+)/.exec(settings) ?? [];
  const body = JSON.stringify({ image: "", threshold: 0.25 }).length + Math.ceil((Number(most) * 2 ** 20) / 3) * 4;
  expect(body).toBeGreaterThan(32 * 2 ** 20);
  expect(bytesOf(config().maxRequestBodySize)).toBeGreaterThanOrEqual(body);
});
