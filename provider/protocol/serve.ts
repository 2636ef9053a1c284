import { Server, ServerCredentials } from "@grpc/grpc-js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { servedTo } from "./handlers.ts";
import type { Plugin } from "./plugin.ts";

/** A plugin that an engine can reach. */
export interface ServedPlugin {
  plugin: Plugin;
  /** Of loopback. */
  port: number;
  /** Ends what is under way, and the server. */
  stop: () => void;
}

/**
 * Serves a plugin to one engine, on a free port of loopback. By the protocol itself: the SDK's own server for providers hands over neither
 * their configuration nor whether it is a preview, and secrets in clear. (read in 3.246.0: provider/server.js)
 * @param engine its address, where it started this process
 */
export async function serve(plugin: Plugin, engine?: string): Promise<ServedPlugin> {
  const server = new Server({
    // A state of many functions passes what gRPC takes by default, 4 MiB; the engine's own limit is this. (pulumi: sdk/go/common/util/rpcutil)
    "grpc.max_receive_message_length": 400 * 1024 * 1024,
    // Nobody asks it for statistics of each call.
    "grpc.enable_channelz": 0,
  });
  const served = servedTo(plugin, engine);
  server.addService(providerService.ResourceProviderService, served.handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  return {
    plugin,
    port,
    stop: () => {
      served.end();
      server.forceShutdown();
    },
  };
}
