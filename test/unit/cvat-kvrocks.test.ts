import { expect, it } from "vitest";
import { cvatConfig } from "../../components/cvat/cvat-section.ts";
import { kvrocksConfig, maxDbSizeGi } from "../../components/cvat/kvrocks/kvrocks-config.ts";
import { kvrocksText } from "../../components/cvat/kvrocks/file.ts";

const problemsOf = (kvrocks: object) => {
  const { error } = cvatConfig.safeParse({ kvrocks });
  return error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
};

it.each([
  ["50Gi", 42],
  ["100Gi", 85],
  ["20Gi", 12],
  ["8Gi", 4],
  ["2Gi", 1],
])("the cache leaves room in a claim of %s", (size, most) => {
  expect(maxDbSizeGi(kvrocksConfig.parse({ size }))).toBe(most);
  expect(problemsOf({ size })).toEqual([]);
});

it("the cache is bounded by size and logs, and compacted as a whole, which a checker would prevent", () => {
  const lines = kvrocksText(kvrocksConfig.parse({})).trim().split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      "max-db-size 42",
      "rocksdb.wal_ttl_seconds 10",
      "rocksdb.wal_size_limit_mb 512",
      "compact-cron 0 3 * * *",
      "log-dir stdout",
    ]),
  );
  expect(lines.filter((line) => /^(compaction-checker|requirepass|bind|dir )/.test(line))).toEqual([]);
  const own = { maxDbSize: "40Gi", walTtl: "1m", walSizeLimit: "1Gi", compactAt: "14:05" };
  expect(kvrocksText(kvrocksConfig.parse(own))).toMatch(
    /^max-db-size 40\nrocksdb.wal_ttl_seconds 60\nrocksdb.wal_size_limit_mb 1024\n.*\ncompact-cron 5 14 \* \* \*$/m,
  );
});

it("a cache that does not fit into its claim is refused, by its key and with what fits", () => {
  for (const maxDbSize of ["50Gi", "60Gi"])
    expect(problemsOf({ maxDbSize })).toEqual([
      `kvrocks.maxDbSize: leaves nothing of the claim of 50Gi (cvat.kvrocks.size) beside ${maxDbSize} and 512Mi of logs (cvat.kvrocks.walSizeLimit); give at most 42Gi, or make the claim larger, or make the limit of the logs smaller`,
    ]);
  expect(problemsOf({ maxDbSize: "49Gi", walSizeLimit: "1Gi" })[0]).toContain("beside 49Gi and 1Gi of logs");
  expect(problemsOf({ maxDbSize: "49Gi" })).toEqual([]);
  expect(problemsOf({ maxDbSize: "42Gi", walSizeLimit: "10Gi" })[0]).toContain("; give at most 39Gi, or");
  expect(problemsOf({ maxDbSize: "1Gi", size: "1Gi" })[0]).toMatch(/of logs \(.*\); make the claim larger, or/);
  for (const small of [{ size: "1Gi" }, { size: "10Gi", walSizeLimit: "10Gi" }])
    expect(problemsOf(small)[0]).toMatch(/^kvrocks.size: is too small .*; make it larger, or one of the two smaller/);
  expect(problemsOf({ maxDbSize: "1536Mi" })).toEqual([
    "kvrocks.maxDbSize: must be whole Gi, such as 40Gi: Kvrocks counts in them",
  ]);
  for (const maxDbSize of ["lots", "-1Gi", "40G", "0"])
    expect(problemsOf({ maxDbSize })).toEqual(["kvrocks.maxDbSize: must be a size such as 50Gi or 512Mi"]);
  expect(problemsOf({ compactAt: "24:00" })[0]).toMatch(/must be a time of the day such as 03:00/);
});
