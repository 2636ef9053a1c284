import { describe, expect, it } from "vitest";
import { UNKNOWN } from "../../components/records/kind.ts";
import { HIDDEN } from "../../automation/engine/outputs.ts";
import type { Step } from "../../automation/engine/steps.ts";
import { objectDiff } from "../../automation/report/object-diff.ts";

function diffOf(before: object | undefined, after: object | undefined, hidden: string[] = []) {
  const fields = hidden.map((path) => ({ path, before: HIDDEN, after: HIDDEN }));
  return objectDiff({ before, after, change: { operation: "update", fields } } as unknown as Step);
}

const env = (...pairs: [string, string][]) => pairs.map(([name, value]) => ({ name, value }));

describe("the difference of an object", () => {
  it("is the lines that differ, with two around them", () => {
    const object = (image: string, replicas: number) => ({
      metadata: { name: "server", namespace: "cvat" },
      spec: {
        replicas,
        selector: { app: "server" },
        template: { spec: { containers: [{ name: "server", args: ["run"], workingDir: "/home", image }] } },
      },
    });
    const { lines, leftOut } = diffOf(object("server:1", 1), object("server:2", 2));
    expect(lines).toEqual([
      "   namespace: cvat",
      " spec:",
      "-  replicas: 1",
      "+  replicas: 2",
      "   selector:",
      "     app: server",
      "…",
      "             - run",
      "           workingDir: /home",
      "-          image: server:1",
      "+          image: server:2",
    ]);
    expect(leftOut).toBe(0);
  });

  it("leaves out what means nothing, and counts it", () => {
    const before = {
      __fieldManager: "a",
      metadata: { annotations: { "checksum/config": "1", "checksum-secrets": "1", note: "x" } },
      spec: { env: env(["A", "1"], ["B", "2"]), tags: "", rules: [{}] },
      kept: [{ deep: [1, 2] }, { same: true }],
    };
    const after = {
      __fieldManager: "b",
      metadata: { annotations: { "checksum/config": "2", "checksum-secrets": "2", note: "x" } },
      spec: { env: env(["B", "2"], ["A", "1"]), rules: [{}], tags: null },
      kept: [{ deep: [2, 1] }, { same: true }],
    };
    expect(diffOf(before, after)).toEqual({ lines: [], leftOut: 6 });
  });

  it("shows what looks like noise and is none: a list with another item, a blank that got a text, an annotation gone", () => {
    const { lines, leftOut } = diffOf(
      { list: ["a", "b"], blank: "", metadata: { annotations: { note: "x" } } },
      { list: ["b", "c"], blank: "text", metadata: { annotations: {} } },
    );
    expect(lines.filter((line) => /^[-+]/.test(line))).toEqual([
      "-  - a",
      '-blank: ""',
      "+  - c",
      "+blank: text",
      "-  annotations:",
      "-    note: x",
      "+  annotations: {}",
    ]);
    expect(leftOut).toBe(0);
  });

  it("says of a secret that it is another one, and nothing more", () => {
    const object = { data: { password: HIDDEN, user: HIDDEN }, stringData: HIDDEN };
    const { lines } = diffOf(object, object, ["data.password", "stringData.deep"]);
    expect(lines.filter((line) => /^[-+]/.test(line))).toEqual([
      '-  password: "[secret]"',
      '+  password: "[another secret]"',
      '-stringData: "[secret]"',
      '+stringData: "[another secret]"',
    ]);
  });

  it("says of what is not known that it is known later", () => {
    expect(diffOf({ url: "http://a" }, { url: `http://${UNKNOWN}/x` }).lines).toEqual([
      "-url: http://a",
      "+url: http://(known after up)/x",
    ]);
  });

  it("is the whole of what is made or goes", () => {
    expect(diffOf(undefined, { a: 1 }).lines).toEqual(["+a: 1"]);
    expect(diffOf({ a: 1 }, undefined).lines).toEqual(["-a: 1"]);
  });
});
