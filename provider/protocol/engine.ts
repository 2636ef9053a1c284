import { credentials } from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/engine_pb.js";
import type * as pb from "@pulumi/pulumi/proto/engine_pb.js";

/** The engine that runs a plugin, as far as it is told something. */
export interface Engine {
  /** A line of progress at a resource. */
  say: (urn: string, line: string) => void;
  /** A warning at a resource. */
  warn: (urn: string, text: string) => void;
  /** Resolves when all that was said has arrived, or cannot. */
  told: () => Promise<void>;
  close: () => void;
}

/** @param address of its service, `127.0.0.1:40001` */
export function engineAt(address: string): Engine {
  const client = new engineService.EngineClient(address, credentials.createInsecure());
  const underWay = new Set<Promise<void>>();
  const log = (urn: string, severity: pb.LogSeverity, text: string, ephemeral: boolean) => {
    const request = new messages.LogRequest()
      .setSeverity(severity)
      .setMessage(text)
      .setUrn(urn)
      .setEphemeral(ephemeral);
    const sent = new Promise<void>((resolve) => {
      // An engine that is gone is found out by the call that says so.
      client.log(request, () => {
        resolve();
      });
    });
    underWay.add(sent);
    void sent.then(() => underWay.delete(sent));
  };
  return {
    say: (urn, line) => {
      log(urn, messages.LogSeverity.INFO, line, true);
    },
    warn: (urn, text) => {
      log(urn, messages.LogSeverity.WARNING, text, false);
    },
    told: async () => {
      await Promise.all(underWay);
    },
    close: () => {
      client.close();
    },
  };
}
