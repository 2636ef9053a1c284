import { describe, expect, it } from "vitest";
import { parseLab } from "../../components/lab/parse.ts";
import { billionths } from "../../components/schema/quantity.ts";
import { resourceProblems } from "../../components/schema/pods.ts";
import { keyOf, mutated, mutationsOf, seeded, shuffled, TEXTS } from "../fixtures/inputs/mutations.ts";
import { exampleStack, wholeStack } from "../fixtures/inputs/whole-stack.ts";

type Path = (string | number)[];

const WHOLE = wholeStack();
const NODE: Path = ["clearml", "agent", "image", "delivery", "nodes", 0];

const found = (path: Path, value: unknown) =>
  parseLab(mutated(WHOLE, { path, value })).problems.map((problem) => problem.path.replace("vision-platform:", ""));

it("the example and a fuller lab are sound", () => {
  expect(parseLab(exampleStack()).problems).toEqual([]);
  expect(parseLab(WHOLE).problems).toEqual([]);
});

describe("what some system would refuse, or take for something else, is refused at its key", () => {
  const cases: [Path, string, unknown[]][] = [
    [
      ["cvat", "ingress", "host"],
      "cvat.ingress.host",
      [
        "http://",
        "http://x",
        " x ",
        "日本",
        "a\u0000b",
        "192.0.2.1",
        "192.0.2.999",
        "CVAT.example",
        "a_b",
        "*.example",
        "a:80",
        "{{ .Values }}",
        "x".repeat(64),
        // What YAML reads as no text.
        "no",
        "1e3",
        "true",
      ],
    ],
    [["cvat", "data", "size"], "cvat.data.size", [`${"9".repeat(40)}Gi`, "8192Ti"]],
    [["clearml", "elasticsearch", "heap"], "clearml.elasticsearch.heap", [`${"9".repeat(40)}g`]],
    [["cluster", "readyTimeout"], "cluster.readyTimeout", ["597h", `${"9".repeat(40)}s`]],
    [["cluster", "storageClass"], "cluster.storageClass", ["a_b", "A", "", "x".repeat(254)]],
    [["cluster", "context"], "cluster.context", ["", "a\nb"]],
    [["charts", "paths"], "charts.paths.cvta", [{ cvta: "../chart" }]],
    [
      [...NODE, "host"],
      "clearml.agent.image.delivery.nodes[0].host",
      ["192.0.2.999", "{{ .Values }}", "ssh://x", "a b", "", "0x7f.1"],
    ],
    [[...NODE, "node"], "clearml.agent.image.delivery.nodes[0].node", ["a..b", "x".repeat(300)]],
    [["traefik", "address"], "traefik.address", ["0.0.0.0", "224.0.0.1", "255.255.255.255"]],
    [
      ["cvat", "smokescreen", "allowAddresses"],
      "cvat.smokescreen.allowAddresses[0]",
      [["999.0.2.1"], ["192.0.2.1:99999"], ["192.0.2.1:0"]],
    ],
    [["cvat", "server", "allowedHosts"], "cvat.server.allowedHosts[0]", [["a,b"], ["a:80"], [" "], ["http://a"]]],
    [
      ["cvat", "endpoint"],
      "cvat.endpoint",
      ["http://", "http://a:99999", "http://u:p@a", "http://192.0.2.999", "http://a b"],
    ],
    [["clearml", "endpoint"], "clearml.endpoint", ["http://192.0.2.999", "http://", "ftp://a"]],
    [
      ["cvat", "nuclio", "registry", "url"],
      "cvat.nuclio.registry.url",
      ["http://a", "A b", "a/B", "a:99999", "a//b", "no", "null", "[2001:db8::1]:5000"],
    ],
    [["cvat", "nuclio", "registry", "username"], "cvat.nuclio.registry.username", ["a:b", " a"]],
    [["cvat", "nuclio", "registry"], "cvat.nuclio.registry.existingSecret", [{ url: "a.b", existingSecret: "A" }]],
    [["cvat", "images", "ui"], "cvat.images.ui", ["cvat/UI:v2.64.0", "a b:v2.64.0", "a//b:v2.64.0"]],
    [["clearml", "image", "repository"], "clearml.image.repository", ["a b", "", "A"]],
    [["clearml", "image", "tag"], "clearml.image.tag", ["a b", "", "x".repeat(129)]],
    [["clearml", "agent", "tasks", "image"], "clearml.agent.tasks.image", ["A:1", "a b:1", "a:1:2"]],
    [["functions", "yolo11x", "image"], "functions.yolo11x.image", ["A:1", " a:1", "a:", "http://a:1"]],
    [["functions", "helmets", "build", "image"], "functions.helmets.build.image", ["a//b:1", "a"]],
    [
      ["functions", "helmets", "build", "source", "url"],
      "functions.helmets.build.source.url",
      ["http://", "https://a b"],
    ],
    [["functions", "yolo11x", "model", "bucket"], "functions.yolo11x.model.bucket", ["A_B", "a..b"]],
    [["functions", "yolo11x", "gpu", "resource"], "functions.yolo11x.gpu.resource", ["gpu", "a b/c"]],
    [["functions", "yolo11x", "nodeSelector"], "functions.yolo11x.nodeSelector.a b", [{ "a b": "x" }]],
    [
      ["functions", "yolo11x", "nodeSelector"],
      "functions.yolo11x.nodeSelector.a",
      [{ a: "x y" }, { a: "-" }, { a: "x".repeat(64) }],
    ],
    [["functions", "yolo11x", "tolerations"], "functions.yolo11x.tolerations[0].key", [[{}], [{ key: "a b" }]]],
    [
      ["functions", "yolo11x", "tolerations"],
      "functions.yolo11x.tolerations[0].value",
      [[{ key: "a", operator: "Exists", value: "x" }]],
    ],
    [
      ["functions", "yolo11x", "resources"],
      "functions.yolo11x.resources.requests.cpu",
      [{ requests: { cpu: "3" }, limits: { cpu: "2" } }, { requests: { cpu: "much" } }, { requests: { cpu: "-1" } }],
    ],
    [
      ["cvat", "postgresql", "resources"],
      "cvat.postgresql.resources.requests.memory",
      [{ limits: { memory: "128Mi" } }, { requests: { cpu: "1" }, limits: { cpu: "2", memory: "1" } }],
    ],
    [
      ["functions", "yolo11x", "resources"],
      "functions.yolo11x.resources.limits.hugepages-2Mi",
      [{ limits: { cpu: "1", "hugepages-2Mi": "1" } }, { limits: { "hugepages-2Mi": "4Mi" } }],
    ],
    [["cvat", "server", "resources"], "cvat.server.resources.requests.gpu", [{ requests: { gpu: "1" } }]],
    [["clearml", "agent", "maxPods"], "clearml.agent.maxPods", [1e15]],
    [["cvat", "version"], "cvat.version", ["99999999999999999999.0.0", "02.64.0"]],
    [["objectStore", "moreBuckets"], "objectStore.moreBuckets. x", [{ " x": { name: "videos" } }]],
  ];
  for (const [path, key, values] of cases) {
    it.each(values.map((value) => [JSON.stringify(value).slice(0, 60), value]))(`${key}: %s`, (_, value) => {
      expect(found(path, value)).toContain(key);
    });
  }
});

describe("what is unusual and sound is taken", () => {
  it.each<[Path, unknown]>([
    [["cvat", "ingress", "host"], "cvat.lab.example"],
    [["cluster", "storageClass"], "fast.ssd"],
    [[...NODE, "host"], "GPU_node.local"],
    [[...NODE, "host"], "2001:db8::1"],
    [
      ["cvat", "server", "allowedHosts"],
      [".example.com", "192.0.2.1", "[::1]", "*"],
    ],
    [["cvat", "endpoint"], "http://[::1]:8080"],
    [["cvat", "nuclio", "registry", "url"], "registry.example:5000/vision/a_b"],
    [["functions", "yolo11x", "image"], "registry.example:5000/a/b__c:v1@sha256:" + "0".repeat(64)],
    [["functions", "helmets", "build", "source", "url"], "https://robot:token@git.example/a.git"],
    [["functions", "yolo11x", "tolerations"], [{ operator: "Exists" }]],
    [
      ["functions", "yolo11x", "resources"],
      { requests: { memory: "1.5e9", cpu: ".5" }, limits: { memory: "1.5Gi", "example.com/a": "2" } },
    ],
    [
      ["functions", "yolo11x", "resources"],
      { requests: { memory: "1Gi" }, limits: { "hugepages-2Mi": "64Mi", "hugepages-1Gi": "2Gi" } },
    ],
    [["cvat", "postgresql", "resources"], { limits: { memory: "1Gi" } }],
    [["functions", "yolo11x", "env"], { TEXT: "two\nlines\t" }],
    [["functions", "yolo11x", "description"], "two\nlines\n"],
    [["cvat", "values"], { script: "#!/bin/sh\nexit 0\n" }],
  ])("%j: %j", (path, value) => expect(found(path, value)).toEqual([]));
});

describe("characters that nobody sees", () => {
  it.each(["\u0000", "\u001b[31m", "\u202e", "\u2066", "\u200f", "\ud800", "\u0085", "\u2028"])(
    "%j is refused in any text and any key, and never shown",
    (character) => {
      const places: [Path, unknown][] = [
        [["clearml", "users", 0, "name"], `a${character}b`],
        [["cvat", "env", "A"], `a${character}b`],
        [["cvat", "values", "a", "b"], [`a${character}b`]],
        [["cvat", "values", `a${character}b`], 1],
        [["clearml", "agent", "queue"], `a${character}b`],
        [["traefik", "address"], character],
        [["functions", "yolo11x", "labels", 0, "name"], `a${character}b`],
        [["functions", `a${character}b`], { kind: "detector" }],
        [[`cv${character}at`], {}],
      ];
      for (const [path, value] of places) {
        const { problems } = parseLab(mutated(WHOLE, { path, value }));
        expect(
          problems.map((problem) => problem.path),
          path.join("."),
        ).not.toEqual([]);
        expect(
          JSON.stringify(problems).includes(character) ||
            problems.some(({ path: at, message }) => (at + message).includes(character)),
        ).toBe(false);
      }
    },
  );

  it.each(["\n", "\t", "\r"])("%j is refused in a name, which has one line", (character) => {
    expect(found(["clearml", "users", 0, "name"], `a${character}b`)).toEqual(["clearml.users[0].name"]);
    expect(found(["cluster", "context"], `a${character}b`)).toEqual(["cluster.context"]);
  });
});

describe("amounts", () => {
  it.each<[string, bigint | undefined]>([
    ["1", 10n ** 9n],
    ["100m", 10n ** 8n],
    ["0.1", 10n ** 8n],
    [".5", 5n * 10n ** 8n],
    ["1Ki", 1024n * 10n ** 9n],
    ["1E", 10n ** 27n],
    ["1E3", 10n ** 12n],
    ["1e-3", 10n ** 6n],
    ["", undefined],
    [".", undefined],
    ["Gi", undefined],
    ["1 Gi", undefined],
    ["1GB", undefined],
    ["1e999999999", undefined],
  ])("%j", (text, amount) => expect(billionths(text)).toBe(amount));

  it.each<[string, string, boolean]>([
    ["0.5", "500m", true],
    ["1024Mi", "1Gi", true],
    [".5Gi", "512Mi", true],
    ["1024Pi", "1Ei", true],
    ["1E", "1000P", true],
    ["1", "1.0", true],
    ["1G", "1Gi", false],
  ])("%j is %j: %s", (a, b, same) => expect(billionths(a) === billionths(b)).toBe(same));

  it.each<[object, string[]]>([
    [{ requests: { cpu: "100m" }, limits: { cpu: "0.1" } }, []],
    [{ requests: { memory: "1025Mi" }, limits: { memory: "1Gi" } }, ["requests.memory"]],
    [{ requests: { "nvidia.com/gpu": "1" } }, ["requests.nvidia.com/gpu"]],
    [{ limits: { "nvidia.com/gpu": "0.5" } }, ["limits.nvidia.com/gpu"]],
    [{ requests: { "nvidia.com/gpu": "1" }, limits: { "nvidia.com/gpu": "1" } }, []],
  ])("%j", (given, paths) => expect(resourceProblems(given).map(({ path }) => path.join("."))).toEqual(paths));
});

describe("mutations of a fuller stack file", () => {
  const all = mutationsOf(WHOLE);

  it("find every key of the schemas, each with a value it takes: what needs others beside it stands in the fuller stack file", () => {
    const placeOf = (path: Path) => keyOf(path).replace(/^functions\.[^.]*/s, "functions.*");
    const taken = new Set(
      all.filter(({ fits }) => fits).flatMap(({ path }) => path.map((_, end) => placeOf(path.slice(0, end + 1)))),
    );
    const never = all.filter(({ path }) => !taken.has(placeOf(path)) && at(WHOLE, path) === undefined);
    // A certificate, which no text of letters is (sso-config.test.ts); and what does not go with the rest of it: another Nuclio, services of others (cvat-external.test.ts has them), another edge
    // (edge-objects.test.ts), and the parts of a skeleton (label-files.test.ts).
    const services = ["postgresql", "redis", "kvrocks", "analytics.clickhouse"].map((part) => `cvat.${part}.external`);
    const apart = [
      ...services,
      "cvat.nuclio.external",
      "cvat.ingress.gateway",
      "sso.issuerCa",
      "functions.*.labels.[].sublabels",
    ];
    // The keys of a map are as many as there are texts.
    const names = new Set(
      never.filter(({ path }) => !TEXTS.includes(String(path.at(-1)))).map(({ path }) => placeOf(path)),
    );
    expect([...names].filter((name) => !apart.includes(name))).toEqual([]);
  });

  it("give no exception and only sentences, whatever stands there", () => {
    const seed = Number(process.env["VISION_PLATFORM_SEED"] ?? 1);
    for (const one of shuffled(all, seeded(seed)).slice(0, 400)) {
      for (const { path, message } of parseLab(mutated(WHOLE, one)).problems) {
        const text = `seed ${seed}, ${keyOf(one.path)} = ${JSON.stringify(one.value)}: ${path}: ${message}`;
        expect(message, text).toMatch(/^\S.*[.'`)]$/s);
        expect(/[\p{Cc}\p{Cs}\p{Bidi_Control}]|undefined|\[object |Invalid input/u.test(path + message), text).toBe(
          false,
        );
      }
    }
  });
});

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((into, part) => (into as Record<string | number, unknown> | undefined)?.[part], value);
}
