import type { Fix } from "../../charts/fixes.ts";
import type { RenderedObject } from "../../kubernetes/rendered-object.ts";
import { containersOf, podTemplate, type Container } from "../../charts/pods.ts";
import type { KvrocksConfig } from "../kvrocks/kvrocks-config.ts";
import { bounds, KVROCKS_CONFIG_MAP, KVROCKS_FILE, KVROCKS_PATH, kvrocksStamp, type Setting } from "../kvrocks/file.ts";
import { isOlder, isTier } from "./objects.ts";

const VOLUME = "vision-platform-kvrocks";
const ANNOTATION = "vision-platform/kvrocks";

/** Before, Kvrocks writes its file anew at each start, which it cannot where the file is mounted, and then does not start. (namespace.cc) */
const FILE_SINCE = "2.9.0";

/** A range of hours that is none switches the checker off. (2.7.0: config.cc) */
const NO_CHECKER: Setting = ["compaction-checker-range", ""];

/** @param config bounds of the cache */
export function kvrocksBounded(config: KvrocksConfig): Fix {
  return {
    id: "kvrocks-bounded",
    why: "Kvrocks knows no limit but the disk, keeps up to 16 GB of logs that only a replica would read, and never compacts what has expired: its disk fills.",
    source:
      "cvat.md section 5; cvat-ai/cvat#7968, #8009; kvrocks: kvrocks.conf (wal_ttl_seconds 10800, wal_size_limit_mb 16384, max-db-size 0), Server::cron",
    matches: (object) => isTier(object, "kvrocks") && object.kind === "StatefulSet",
    stillNeeded: (object) => containersOf(object).some((one) => !isBounded(one)),
    apply: (object) => {
      for (const one of containersOf(object)) {
        if (isOlder(one, FILE_SINCE, FILE_SINCE)) addFlags(one, [...bounds(config), NO_CHECKER]);
        else mountFile(object, one, kvrocksStamp(config));
      }
    },
  };
}

const isBounded = ({ args = [], volumeMounts }: Container) =>
  args.includes("--max-db-size") || volumeMounts?.some(({ mountPath }) => mountPath === KVROCKS_PATH) === true;

/** What the command line says, counts more than the file: what the file says is taken off it. */
function mountFile(object: RenderedObject, container: Container, stamp: string): void {
  const template = podTemplate(object);
  if (template?.spec === undefined) throw new Error(`${object.kind} ${object.metadata.name} has no pod`);
  template.metadata = {
    ...template.metadata,
    annotations: { ...template.metadata?.annotations, [ANNOTATION]: stamp },
  };
  template.spec.volumes = [...(template.spec.volumes ?? []), { name: VOLUME, configMap: { name: KVROCKS_CONFIG_MAP } }];
  const mount = { name: VOLUME, mountPath: KVROCKS_PATH, subPath: KVROCKS_FILE, readOnly: true };
  container.volumeMounts = [...(container.volumeMounts ?? []), mount];
  container.args = withoutFlag(container.args ?? [], "--compact-cron");
}

function addFlags(container: Container, settings: readonly Setting[]): void {
  const flags = settings.flatMap(([name, value]) => [`--${name}`, value]);
  container.args = [...withoutFlag(container.args ?? [], "--compact-cron"), ...flags];
}

/** Without a flag and its value. */
function withoutFlag(args: readonly string[], flag: string): string[] {
  const at = args.indexOf(flag);
  return args.filter((_, index) => at === -1 || (index !== at && index !== at + 1));
}
