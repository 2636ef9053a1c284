import { readFileSync } from "node:fs";
import type { ClickhouseExternal } from "./external-config.ts";
import { EXTERNAL } from "./names.ts";
import type { ScriptPod } from "./script-job.ts";

const SCRIPT = readFileSync(new URL("./clickhouse.py", import.meta.url), "utf8");

/** Secret with `password` of CVAT's user. The chart's own is made of values, has it in clear in them, and never changes. */
export const clickhouseSecret = ({ existingSecret }: ClickhouseExternal) => existingSecret ?? EXTERNAL.clickhouseSecret;

/** The pod that makes CVAT's user and database, or looks at them. Variable OWNER, by which it knows its own user again, is the stack's. */
export function clickhousePod(external: ClickhouseExternal): ScriptPod {
  const { host, port, user, database, admin } = external;
  return {
    name: EXTERNAL.clickhouseJob,
    script: SCRIPT,
    environment: {
      CLICKHOUSE_HOST: host,
      CLICKHOUSE_PORT: String(port),
      CVAT_USERNAME: user,
      CVAT_DATABASE: database,
      CVAT_PASSWORD: { secret: clickhouseSecret(external), key: "password" },
      ...(admin && {
        ADMIN_USERNAME: { secret: admin.existingSecret, key: "username" },
        ADMIN_PASSWORD: { secret: admin.existingSecret, key: "password" },
      }),
    },
  };
}
