import path from "node:path";
import { execa } from "execa";
import { pinnedProgram } from "../../../automation/tools/pinned.ts";
import { PROXY_RELEASE } from "../../../components/sso/images.ts";

const PACKAGE = "github.com/oauth2-proxy/oauth2-proxy/v7";

/** The real proxy, of the release that a lab runs. */
export const oauth2Proxy = (): Promise<string> =>
  pinnedProgram({
    name: "oauth2-proxy",
    module: path.join(import.meta.dirname, "../../go/oauth2-proxy"),
    package: PACKAGE,
    stamps: [`${PACKAGE}/pkg/version.VERSION=v${PROXY_RELEASE}`],
    shelf: "test",
  });

/** Whether Redis is on this machine: Debian's, for example. Tests that need it are skipped by name elsewhere. */
export const hasRedis = (await execa("redis-server", ["--version"], { reject: false })).exitCode === 0;
