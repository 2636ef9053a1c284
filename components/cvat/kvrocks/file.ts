import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { bytesOf, millisecondsOf } from "../../schema/values.ts";
import { maxDbSizeGi, type KvrocksConfig } from "./kvrocks-config.ts";

const MI = 2 ** 20;

/** Where the entry point of the image looks. (kvrocks: Dockerfile, 2.7.0 to 2.15.0) */
export const KVROCKS_FILE = "kvrocks.conf";
export const KVROCKS_PATH = `/var/lib/kvrocks/${KVROCKS_FILE}`;
/** ConfigMap with it. It has no password: that one comes by the command line, from a variable. */
export const KVROCKS_CONFIG_MAP = "cvat-kvrocks";

/** What the file of the image says other than Kvrocks does by itself, but for what is bounded below. (kvrocks.conf and config.cc, 2.10.1) */
const OF_THE_IMAGE: readonly Setting[] = [
  ["log-dir", "stdout"],
  ["rocksdb.compression", "snappy"],
  ["rocksdb.level_compaction_dynamic_level_bytes", "yes"],
  ["rocksdb.max_background_compactions", "-1"],
  ["rocksdb.max_background_flushes", "-1"],
];

export type Setting = readonly [name: string, value: string];

/**
 * What bounds the cache. Without a checker: the image's own starts compactions of single files at night, and while there is one Kvrocks leaves
 * the compaction of everything out, which alone gives back what has expired. (kvrocks: Server::cron in server.cc, 2.7.0 to 2.10.1)
 */
export function bounds(config: KvrocksConfig): Setting[] {
  const [hour, minute] = config.compactAt.split(":").map(Number);
  return [
    ["max-db-size", String(maxDbSizeGi(config))],
    // Neither may be 0: with both, RocksDB never looks again at logs that it kept before. (measured, as in config.ts)
    ["rocksdb.wal_ttl_seconds", String(Math.ceil(millisecondsOf(config.walTtl) / 1000))],
    ["rocksdb.wal_size_limit_mb", String(Math.ceil(bytesOf(config.walSizeLimit) / MI))],
    ["rocksdb.max_total_wal_size", "512"],
    ["compact-cron", `${minute} ${hour} * * *`],
  ];
}

/** kvrocks.conf. */
export function kvrocksText(config: KvrocksConfig): string {
  return [...OF_THE_IMAGE, ...bounds(config)].map((setting) => `${setting.join(" ")}\n`).join("");
}

/** A file mounted by itself does not follow its ConfigMap, so the pod carries which text it was started with. */
export function kvrocksStamp(config: KvrocksConfig): string {
  return createHash("sha256").update(kvrocksText(config)).digest("hex").slice(0, 16);
}

export function kvrocksFile(
  name: string,
  config: KvrocksConfig,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.ConfigMap {
  const metadata = { name: KVROCKS_CONFIG_MAP, namespace };
  const data = { [KVROCKS_FILE]: kvrocksText(config) };
  return new k8s.core.v1.ConfigMap(`${name}-kvrocks`, { metadata, data }, opts);
}
