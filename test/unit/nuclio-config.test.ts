import { describe, expect, it } from "vitest";
import { functionsConfig } from "../../components/nuclio/config.ts";
import { problemsOf } from "../../components/problems.ts";
import { entry } from "./nuclio-fixtures.ts";

function problems(functions: Record<string, unknown>): string[] {
  const result = functionsConfig.safeParse(functions);
  return result.success
    ? []
    : problemsOf("functions", functionsConfig, result.error.issues).map(({ path, message }) => `${path}: ${message}`);
}

const of = (changes: Record<string, unknown>) => problems({ helmets: entry(changes) });
const without = (key: string, changes: Record<string, unknown> = {}) => of({ ...changes, [key]: undefined });

describe("functions in a stack file", () => {
  it("need no more than kind, description, labels and image", () => {
    expect(of({})).toEqual([]);
  });

  it("of any kind may be built in the cluster instead", () => {
    const build = { source: { url: "https://git.example/helmets.git", kind: "git" }, image: "helmets:2" };
    expect(without("image", { build })).toEqual([]);
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
    ["a digest", { image: `registry.example/helmets@sha256:${"0".repeat(64)}` }],
    ["latest that is always pulled", { image: "registry.example/helmets:latest", pullPolicy: "Always" }],
    ["an interactor without labels", { kind: "interactor", labels: [], interactor: { startsWithBox: true } }],
  ])("may have %s", (_what, changes) => {
    expect(of(changes)).toEqual([]);
  });
});
