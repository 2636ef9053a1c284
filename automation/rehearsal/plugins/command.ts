import { localCommand } from "./command/local.ts";
import { COMMAND_PLUGIN } from "./command-row.ts";
import { servePlugin } from "./serve.ts";

servePlugin({
  version: COMMAND_PLUGIN.version,
  configure: () => undefined,
  kinds: { Command: localCommand },
});
