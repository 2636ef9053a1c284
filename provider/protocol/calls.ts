import { Metadata, status, type sendUnaryData, type ServerUnaryCall, type UntypedHandleCall } from "@grpc/grpc-js";
import anyMessage from "google-protobuf/google/protobuf/any_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statusMessage from "@pulumi/pulumi/proto/status_pb.js";
import type { Struct } from "./values.ts";

/** How long work may take to end by itself after its call was ended: it notes then what is half made. */
const GRACE_MS = 3_000;

const CANCELLED = "The run was ended before this was done. Run it again: it goes on from here.";
const OUT_OF_TIME = "The operation was aborted due to timeout";

/** The calls of one engine, which may end all of them. */
export interface Calls {
  /**
   * A method of the service. The server knows each method by its name alone, so it says itself what it is asked and what it answers.
   * @param timeoutS how long it may take, in seconds, as the request has it; 0: as long as it takes
   */
  answer: <Request, Response>(
    work: (request: Request, signal: AbortSignal) => Response | Promise<Response>,
    timeoutS?: (request: Request) => number,
  ) => UntypedHandleCall;
  /** Ends what is under way, and what comes later. */
  cancel: () => void;
}

export function callsOfOneEngine(): Calls {
  const underWay = new Set<AbortController>();
  let isCancelled = false;
  return {
    cancel: () => {
      isCancelled = true;
      for (const call of underWay) call.abort(new Error(CANCELLED));
    },
    answer:
      <Request, Response>(
        work: (request: Request, signal: AbortSignal) => Response | Promise<Response>,
        timeoutS: (request: Request) => number = () => 0,
      ) =>
      (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => {
        // One for each call, and forgotten with it: a signal made of others holds on to what listens to it, and a run has thousands of calls.
        const controller = new AbortController();
        const end = (reason: Error) => {
          controller.abort(reason);
        };
        // The engine gave it up, or is gone.
        const given = () => {
          end(new Error(CANCELLED));
        };
        if (isCancelled) given();
        underWay.add(controller);
        call.on("cancelled", given);
        const seconds = timeoutS(call.request);
        const limit = seconds > 0 ? setTimeout(end, seconds * 1000, new Error(OUT_OF_TIME)) : undefined;
        const over = () => {
          underWay.delete(controller);
          clearTimeout(limit);
          // That a call has ended is told by the same event.
          call.off("cancelled", given);
        };
        const { signal } = controller;
        const run = async () => work(call.request, signal);
        Promise.race([run(), endOf(signal)]).then(
          (response) => {
            over();
            callback(null, response);
          },
          (error: unknown) => {
            over();
            callback(failure(error));
          },
        );
      },
  };
}

/** Rejects some time after the call was ended, for work that does not end by itself. */
function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => {
      setTimeout(() => {
        reject(signal.reason instanceof Error ? signal.reason : new Error(CANCELLED));
      }, GRACE_MS).unref();
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}

/** A resource that was made and then failed: the engine notes it. */
export class MadeAndFailed extends Error {
  readonly id: string;
  readonly properties: Struct;

  constructor(cause: Error, made: { id: string; properties: Struct }) {
    super(cause.message, { cause });
    this.id = made.id;
    this.properties = made.properties;
  }
}

/** (pulumi: cmd/dynamic-provider, grpcResponseFromError) */
function failure(error: unknown): { code: status; details: string; metadata?: Metadata } {
  const details = error instanceof Error ? error.message : String(error);
  if (!(error instanceof MadeAndFailed)) return { code: status.UNKNOWN, details };
  const noted = new messages.ErrorResourceInitFailed()
    .setId(error.id)
    .setProperties(error.properties)
    .setReasonsList([details]);
  const packed = new anyMessage.Any();
  packed.pack(noted.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const whole = new statusMessage.Status();
  whole.setCode(status.UNKNOWN);
  whole.setMessage(details);
  whole.addDetails(packed);
  const metadata = new Metadata();
  // By this name gRPC carries what belongs to an error; grpc-js leaves it to whoever needs it.
  metadata.add("grpc-status-details-bin", Buffer.from(whole.serializeBinary()));
  return { code: status.UNKNOWN, details, metadata };
}
