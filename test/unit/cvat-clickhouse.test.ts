import { describe, expect, it } from "vitest";
import { vectorToml } from "../../components/cvat/analytics.ts";
import { clickhouseInitJob, clickhouseSchema, needsClickhouseInit } from "../../components/cvat/clickhouse-init.ts";

describe("ClickHouse's table of events", () => {
  it.each([
    ["2.39.0", "0.15.0", false],
    ["2.39.0", "0.17.1", true],
    ["2.44.3", "2.64.0", true],
    ["2.45.0", "0.17.1", false],
    ["2.64.0", "2.64.0", false],
  ])("is made by us for images %s on chart %s: %s", (server, chart, needed) =>
    expect(needsClickhouseInit(server, chart)).toBe(needed),
  );

  it("is made by statements that may run again", () => {
    const statements = clickhouseSchema("cvat")
      .split(";")
      .map((text) => text.trim());
    expect(statements).toEqual([
      "CREATE DATABASE IF NOT EXISTS cvat",
      expect.stringMatching(
        /^CREATE TABLE IF NOT EXISTS cvat\.events \([^]*\)\nENGINE = MergeTree PARTITION BY toYYYYMM\(timestamp\) ORDER BY timestamp SETTINGS index_granularity = 8192$/,
      ),
      "ALTER TABLE cvat.events ADD COLUMN IF NOT EXISTS access_token_id Nullable(UInt64) DEFAULT NULL",
      "",
    ]);
    expect(statements[1]).toContain("  timestamp DateTime64(3, 'Etc/UTC'),\n");
    expect(statements[1]).toContain("  duration UInt32 DEFAULT toUInt32(0),\n");
  });

  it("has the columns that Vector sends", () => {
    const sent = [...(/only_fields = \[([^\]]*)\]/.exec(vectorToml("2.64.0"))?.[1] ?? "").matchAll(/"(\w+)"/g)];
    const made = [...clickhouseSchema("cvat").matchAll(/^ {2}(\w+) /gm)];
    expect(sent.map(([, name]) => name)).toEqual(made.map(([, name]) => name));
    expect(sent).toHaveLength(18);
  });

  it("is made by a Job that has the password from the chart's Secret and in no command line", () => {
    const { metadata, spec } = clickhouseInitJob("label");
    const [container] = spec.template.spec.containers;
    expect(metadata).toMatchObject({ name: "cvat-clickhouse-init", namespace: "label" });
    expect(spec.activeDeadlineSeconds).toBe(600);
    expect(spec.template.spec).toMatchObject({ restartPolicy: "OnFailure", securityContext: { runAsUser: 1001 } });
    expect(container?.image).toBe("public.ecr.aws/b8u7h5e8/clickhouse:23.12.2-debian-11-r0");
    expect(container?.env.slice(0, 4)).toEqual(
      ["CLICKHOUSE_HOST", "CLICKHOUSE_DB", "CLICKHOUSE_USER", "CLICKHOUSE_PASSWORD"].map((key) => ({
        name: key,
        valueFrom: { secretKeyRef: { name: "cvat-analytics-secret", key } },
      })),
    );
    expect(container?.env[4]).toMatchObject({ name: "SCHEMA", value: clickhouseSchema("$(CLICKHOUSE_DB)") });
    expect(container?.command.join(" ")).not.toMatch(/PASSWORD|--password/);
  });
});

describe("our own vector.toml", () => {
  it.each([
    ["0.15.0", "0.0.0.0:80"],
    ["0.15.1", "0.0.0.0:8282"],
    ["2.64.0", "0.0.0.0:8282"],
  ])("listens, for chart %s, on %s", (chart, address) => {
    expect(vectorToml(chart)).toContain(`address = "${address}"`);
    expect(vectorToml(chart)).not.toContain("0.0.0.0:HTTP_PORT");
  });
});
