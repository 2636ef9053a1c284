import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import type { sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import service from "@pulumi/pulumi/proto/language_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/language_pb.js";
import type * as pb from "@pulumi/pulumi/proto/language_pb.js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";

/**
 * What `pulumi-language-nodejs` is to the engine, as far as `pulumi preview` of this project needs it: the real one comes with Pulumi's
 * installer and is no module that could be built here (engine.md). It starts the SDK's own `cmd/run` with the arguments that Pulumi.yaml
 * gives Node, as that one does. (pulumi/pulumi, sdk/nodejs/cmd/pulumi-language-nodejs/main.go, `execNodejs` and `constructArguments`)
 */
const RUN = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run/index.js");
/** The program has told a person what is wrong. */
const ALREADY_TOLD = 32;
const [engine = ""] = process.argv.slice(2).filter((word) => !word.startsWith("-"));

type Callback<T> = sendUnaryData<T>;

function run({ request }: ServerUnaryCall<pb.RunRequest, pb.RunResponse>, callback: Callback<pb.RunResponse>): void {
  const info = request.getInfo();
  const { nodeargs = "" } = (info?.getOptions()?.toJavaScript() ?? {}) as { nodeargs?: string };
  const given = {
    monitor: request.getMonitorAddress(),
    engine,
    organization: request.getOrganization(),
    project: request.getProject(),
    stack: request.getStack(),
    pwd: request.getPwd(),
    parallel: String(request.getParallel()),
    "root-directory": info?.getRootDirectory() ?? "",
  };
  const flags = Object.entries(given).flatMap(([name, value]) => (value === "" ? [] : [`--${name}`, value]));
  const dry = request.getDryrun() ? ["--dry-run"] : [];
  const config = Object.fromEntries(request.getConfigMap().toArray());
  const child = spawn(
    "node",
    [...nodeargs.split(" ").filter(Boolean), path.dirname(RUN), ...flags, ...dry, info?.getEntryPoint() ?? "."],
    {
      stdio: ["ignore", "inherit", "inherit"],
      env: {
        ...process.env,
        PULUMI_CONFIG: JSON.stringify(config),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
      },
    },
  );
  child.on("error", callback);
  child.on("close", (code) => {
    const response = new messages.RunResponse();
    if (code === ALREADY_TOLD) response.setBail(true);
    else if (code !== 0) response.setError(`Program exited with non-zero exit code: ${code ?? "none"}`);
    callback(null, response);
  });
}

const server = new Server();
server.addService(service.LanguageRuntimeService, {
  run,
  getPluginInfo: (_: unknown, callback: Callback<pluginMessages.PluginInfo>) =>
    callback(null, new pluginMessages.PluginInfo().setVersion("0.0.0")),
  // The plugins are where the rehearsal has put them.
  getRequiredPackages: (_: unknown, callback: Callback<pb.GetRequiredPackagesResponse>) =>
    callback(null, new messages.GetRequiredPackagesResponse()),
  handshake: (_: unknown, callback: Callback<never>) => callback({ code: status.UNIMPLEMENTED }),
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
