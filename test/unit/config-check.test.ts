import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it } from "vitest";
import { parseLab } from "../../components/lab/parse.ts";
import { readLab } from "../../components/lab/read.ts";
import { Sealed } from "../../components/schema/values.ts";
import { checkStackFile } from "../../automation/stackfile/check.ts";
import { secretPaths } from "../../automation/stackfile/secret-paths.ts";
import { SECTIONS } from "../../components/lab/sections.ts";

const CANARY = "canary-password-51c";
const paths = (sections: Record<string, unknown>, keys: string[] = []) =>
  checkStackFile({ sections, keys }).problems.map(({ path }) => path.replace("vision-platform:", ""));

describe("a stack file's check", () => {
  it("gives every problem of the file at once", () => {
    const broken = {
      cvta: {},
      cluster: { readyTimeout: "soon" },
      cvat: { data: { size: "50G" }, workers: { exports: {} }, secrets: { grafana: CANARY, redis: 5 } },
      clearml: { users: [{ username: "a b", name: "A", password: CANARY }], elasticsearch: { heap: "512m" } },
      objectStore: { port: 9000 },
      traefik: "192.0.2.20",
    };
    expect(paths(broken, ["cvat"]).sort()).toEqual([
      "clearml.elasticsearch.heap",
      "clearml.users[0].password",
      "clearml.users[0].username",
      "cluster.readyTimeout",
      "cvat",
      "cvat.data.size",
      "cvat.secrets.grafana",
      "cvat.secrets.redis",
      "cvat.workers.exports",
      "cvta",
      "objectStore.address",
      "traefik",
    ]);
    expect(JSON.stringify(checkStackFile({ sections: broken, keys: [] }).problems)).not.toContain(CANARY);
  });

  it("gives the lab of a good file", () => {
    const { lab, problems } = checkStackFile({
      sections: { cvat: { secrets: { redis: new Sealed("v1:abc") } } },
      keys: ["vision-platform:cvat", "kubernetes:namespace"],
    });
    expect(problems).toEqual([]);
    expect(lab).toMatchObject({
      cvat: { enabled: true },
      clearml: { enabled: true },
      cluster: { storageClass: "longhorn" },
    });
    expect(lab?.objectStore).toBeUndefined();
  });

  it.each<[string, Record<string, unknown>]>([
    ["a list", { clearml: [] }],
    ["text", { clearml: "x" }],
    ["a number", { clearml: 5 }],
    ["an encrypted value", { clearml: new Sealed("v1:x") }],
  ])("refuses %s for a section, and does not fall over it", (_, sections) => {
    expect(checkStackFile({ sections, keys: [] }).problems).toEqual([
      {
        path: "vision-platform:clearml",
        message: "Must be a map of keys. ClearML: experiments, training and artifacts.",
      },
    ]);
  });

  it("takes a section whose keys are all commented out for one that is not there", () => {
    const { lab, problems } = checkStackFile({ sections: { clearml: null }, keys: [] });
    expect(problems).toEqual([]);
    expect(lab?.clearml.namespace).toBe("clearml");
  });

  it("finds secrets in plain text, in lists too, and says how to encrypt each", () => {
    const { problems } = checkStackFile({
      sections: {
        cvat: { nuclio: { registry: { url: "registry.example", username: "u", password: CANARY } } },
        clearml: {
          users: [
            { username: "a", name: "A" },
            { username: "b", name: "B", password: CANARY },
          ],
        },
      },
      keys: [],
    });
    expect(problems).toEqual(
      ["vision-platform:cvat.nuclio.registry.password", "vision-platform:clearml.users[1].password"].map((path) => ({
        path,
        message: `A secret in plain text. Encrypt it: pulumi config set --path --secret '${path}'`,
      })),
    );
  });

  it("finds encrypted values where they would end in clear, once each", () => {
    const sealed = new Sealed("v1:x");
    const sections = {
      cvat: { values: { a: [{ b: sealed }] }, env: { TOKEN: sealed }, secrets: { redis: sealed } },
      clearml: { values: { "x.y": sealed } },
    };
    expect(paths(sections).sort()).toEqual(['clearml.values["x.y"]', "cvat.env.TOKEN", "cvat.values.a[0].b"]);
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    ["a version of ClearML", { clearml: { version: "7.15.0" } }, ["clearml.version"]],
    ["its chart", { clearml: { chartVersion: "7.13.0" } }, ["clearml.chartVersion"]],
    ["its image", { clearml: { image: { tag: "2.3.0" } } }, ["clearml.image.tag"]],
    ["a version of CVAT", { cvat: { version: "2.47.0" } }, ["cvat.version"]],
    ["its chart", { cvat: { chart: "0.17.1" } }, ["cvat.chart"]],
    [
      "two of its images",
      { cvat: { images: { server: "cvat/server:v2.39.0", ui: "cvat/ui:v2.39.0" } } },
      ["cvat.images.server", "cvat.images.ui"],
    ],
    ["any of them on purpose", { clearml: { version: "7.15.0", allowUnknownVersions: true } }, []],
  ])("finds what is no known-good set at the key that names it: %s", (_, sections, expected) =>
    expect(paths(sections)).toEqual(expected),
  );

  it("finds keys without the project's name", () => {
    expect(checkStackFile({ sections: {}, keys: ["cvat", "kubernetes:context"] }).problems).toEqual([
      { path: "cvat", message: "A key stands with its project's name: vision-platform:cvat." },
    ]);
  });
});

it("knows every secret of the configuration", () => {
  const deep = {
    cvat: {
      secrets: Object.fromEntries(
        ["postgresql", "redis", "kvrocks", "clickhouse", "grafana"].map((name) => [name, "x"]),
      ),
      nuclio: { registry: { password: "x" } },
    },
    clearml: { users: [{ password: "x" }] },
  };
  const found = Object.entries(deep).flatMap(([name, value]) =>
    secretPaths(SECTIONS[name as "cvat"], value).map(({ path }) => [name, ...path].join(".")),
  );
  expect(found.sort()).toEqual([
    "clearml.users.0.password",
    "cvat.nuclio.registry.password",
    "cvat.secrets.clickhouse",
    "cvat.secrets.grafana",
    "cvat.secrets.kvrocks",
    "cvat.secrets.postgresql",
    "cvat.secrets.redis",
  ]);
});

describe("the running program's configuration", () => {
  afterEach(() => pulumi.runtime.setAllConfig({}));

  it("reads this project's sections and leaves others alone", async () => {
    pulumi.runtime.setAllConfig({
      "vision-platform:cvat": JSON.stringify({ namespace: "annotation", secrets: { redis: CANARY } }),
      "kubernetes:namespace": "other",
    });
    const lab = readLab();
    expect(lab.cvat.namespace).toBe("annotation");
    const { redis } = lab.cvat.secrets;
    expect(redis && (await pulumi.isSecret(redis))).toBe(true);
    expect(redis && (await new Promise((resolve) => redis.apply(resolve)))).toBe(CANARY);
  });

  it("gives every problem in one error without a stack trace", () => {
    pulumi.runtime.setAllConfig({
      "vision-platform:cluster": "longhorn",
      "vision-platform:cvat": JSON.stringify({ namespaec: "x", secrets: { redis: "short" } }),
      "vision-platform:other": "{}",
    });
    expect(readLab).toThrow(pulumi.RunError);
    const message = messageOf(readLab);
    expect(message.split("\n").map((line) => line.trim().split(" ")[0])).toEqual([
      "The",
      "vision-platform:cluster:",
      "vision-platform:cvat.namespaec:",
      "vision-platform:cvat.secrets.redis:",
      "vision-platform:other:",
    ]);
    expect(message).toMatch(/has 4 problem\(s\):\n/);
    expect(message).not.toContain("short");
  });

  function messageOf(work: () => unknown): string {
    try {
      work();
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  }
});

it("an encrypted value counts as given, whatever its length", () => {
  const { problems } = parseLab({
    cvat: { nuclio: { registry: { url: "registry.example", username: "u", password: new Sealed("v1:x") } } },
  });
  expect(problems).toEqual([]);
});
