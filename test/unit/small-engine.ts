import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  credentials,
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
} from "@grpc/grpc-js";
import { execa } from "execa";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import callbackService from "@pulumi/pulumi/proto/callback_grpc_pb.js";
import callbackMessages from "@pulumi/pulumi/proto/callback_pb.js";
import type { Callback as ProgramCallback } from "@pulumi/pulumi/proto/callback_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineMessages from "@pulumi/pulumi/proto/engine_pb.js";
import type * as enginePb from "@pulumi/pulumi/proto/engine_pb.js";
import languageMessages from "@pulumi/pulumi/proto/language_pb.js";
import type * as languagePb from "@pulumi/pulumi/proto/language_pb.js";
import monitorService from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/resource_pb.js";
import type * as pb from "@pulumi/pulumi/proto/resource_pb.js";
import providerMessages from "@pulumi/pulumi/proto/provider_pb.js";

/** The SDK's own host of inline programs, by which the Automation API runs them. It is not exported for types. */
const { LanguageServer } = createRequire(import.meta.url)("@pulumi/pulumi/automation/server.js") as {
  LanguageServer: new (program: () => Promise<unknown>) => {
    run: (call: { request: languagePb.RunRequest }, callback: (error: Error | null | undefined) => void) => void;
  };
};

/** A resource as the program registered it. */
export interface Registered {
  type: string;
  name: string;
  /** Type of its parent. */
  parent: string;
  /** Secrets in their envelopes. */
  inputs: Record<string, unknown>;
  /** Names of what it depends on. */
  dependsOn: string[];
}

export interface SmallRun {
  registered: Registered[];
  /** Errors that the SDK told the engine while the program ran. */
  told: string[];
  /** What the program ended with; undefined where it ended well, "hangs" where it did not end. */
  end: string | undefined;
}

export interface SmallRunOptions {
  /** Name of the resource that cannot be made. Default: none. */
  fails?: string;
  preview?: boolean;
  /** Objects that a chart renders: handed to the transforms of the resource that stands for it. Default: none. */
  renders?: readonly { kind: string; metadata: { name: string } }[];
  /** What a chart has made of its objects: the metadata of each, by type and name, as the engine tells it. Default: nothing. */
  children?: Readonly<Record<string, object>>;
  /** Outputs of a resource beside its inputs. Default: none. */
  outputs?: (resource: Registered) => Record<string, unknown>;
  /** How long it may take before it counts as one that hangs, in milliseconds. */
  hangsAfterMs?: number;
}

/**
 * Runs a program by the SDK as it is, over gRPC, with an engine that takes every resource as it comes. The SDK's own stand-in for tests runs a
 * program in its own process without a host, and so shows no run that hangs.
 */
export async function runSmall(
  program: () => Promise<Record<string, unknown>>,
  {
    fails,
    preview = false,
    renders = [],
    children = {},
    outputs = () => ({}),
    hangsAfterMs = 30_000,
  }: SmallRunOptions = {},
): Promise<SmallRun> {
  const registered: Registered[] = [];
  const told: string[] = [];
  const { address, stop } = await smallEngine({ registered, told, fails, renders, children, outputs });
  const request = new languageMessages.RunRequest()
    .setProject("test")
    .setStack("lab")
    .setParallel(16)
    .setDryrun(preview)
    .setMonitorAddress(address)
    .setArgsList([address]);
  // The test runner takes every rejection that nobody handles for a failed test.
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  // One that comes when the program is over; in a verb the run of the engine takes it. (automation/engine/run.ts)
  const late = () => undefined;
  process.on("unhandledRejection", late);
  // The SDK keeps a stack trace with each promise, and the test runner maps every line of it to its source.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    const ended = new Promise<string | undefined>((resolve) => {
      new LanguageServer(program).run({ request }, (error) => {
        resolve(error?.message);
      });
    });
    const end = await Promise.race([ended, pause(hangsAfterMs, "hangs", { ref: false })]);
    return { registered, told, end };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    stop();
    process.removeAllListeners("unhandledRejection");
    for (const listener of others) process.on("unhandledRejection", listener);
  }
}

type Callback<T> = sendUnaryData<T>;
type JsonObject = Parameters<typeof struct.Struct.fromJavaScript>[0];

/** An engine that takes every resource as it comes, for one run of a program. */
interface Engine extends Required<Pick<SmallRunOptions, "renders" | "children" | "outputs">> {
  registered: Registered[];
  told: string[];
  fails: string | undefined;
}

async function smallEngine({ registered, told, fails, renders, children, outputs }: Engine) {
  const server = new Server();
  const answer = <T>(callback: Callback<T>, work: Promise<T>) => {
    work.then(
      (response) => {
        callback(null, response);
      },
      (error: unknown) => {
        callback({ code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
      },
    );
  };
  const register = async (request: pb.RegisterResourceRequest): Promise<pb.RegisterResourceResponse> => {
    const name = request.getName();
    const inputs = (request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>;
    const dependsOn = request.getDependenciesList().map((urn) => urn.split("::").at(-1) ?? "");
    const parent = request.getParent().split("::").at(-2) ?? "";
    const resource: Registered = { type: request.getType(), name, parent, inputs, dependsOn };
    registered.push(resource);
    if (name === fails) throw new Error(`${name} cannot be made`);
    for (const callback of request.getTransformsList()) for (const object of renders) await transform(callback, object);
    const all = request.getRemote()
      ? { resources: Object.keys(children).map(reference) }
      : { ...inputs, ...outputs(resource) };
    return new messages.RegisterResourceResponse()
      .setUrn(`urn:pulumi:lab::test::${request.getType()}::${name}`)
      .setId(request.getCustom() ? name : "")
      .setObject(struct.Struct.fromJavaScript(all as JsonObject));
  };
  const nothing = (_: unknown, callback: Callback<unknown>) => {
    callback(null, new empty.Empty());
  };
  server.addService(monitorService.ResourceMonitorService, {
    supportsFeature: (_: unknown, callback: Callback<pb.SupportsFeatureResponse>) => {
      callback(null, new messages.SupportsFeatureResponse().setHassupport(true));
    },
    registerResource: (
      { request }: ServerUnaryCall<pb.RegisterResourceRequest, pb.RegisterResourceResponse>,
      callback: Callback<pb.RegisterResourceResponse>,
    ) => {
      answer(callback, register(request));
    },
    registerResourceOutputs: nothing,
    invoke: ({ request }: ServerUnaryCall<pb.ResourceInvokeRequest, unknown>, callback: Callback<unknown>) => {
      const { urn = "" } = (request.getArgs()?.toJavaScript() ?? {}) as { urn?: string };
      const metadata = children[urn.split("::").slice(2).join("::")];
      const found = metadata === undefined ? {} : { urn, id: urn, state: { metadata } };
      callback(
        null,
        new providerMessages.InvokeResponse().setReturn(struct.Struct.fromJavaScript(found as JsonObject)),
      );
    },
    signalAndWaitForShutdown: nothing,
  });
  server.addService(engineService.EngineService, {
    log: ({ request }: ServerUnaryCall<enginePb.LogRequest, unknown>, callback: Callback<unknown>) => {
      if (request.getSeverity() === engineMessages.LogSeverity.ERROR) told.push(request.getMessage());
      callback(null, new empty.Empty());
    },
    setRootResource: (_: unknown, callback: Callback<unknown>) => {
      callback(null, new engineMessages.SetRootResourceResponse());
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  return {
    address: `127.0.0.1:${port}`,
    stop: () => {
      server.forceShutdown();
    },
  };
}

/** How a resource is told of by name. (pulumi: sdk/go/common/resource/sig) */
const reference = (child: string) => ({
  "4dabf18193072939515e22adb298388d": "5cf8f73096256a8f31e491e813e4eb8e",
  urn: `urn:pulumi:lab::test::${child}`,
  id: child,
  packageVersion: "4.25.0",
});

/** Runs a program by the SDK's own host of programs in files, by which `pulumi up` runs one, in a process of its own. */
export async function runByCommandLine(
  folder: string,
  preview: boolean,
): Promise<Omit<SmallRun, "end"> & { code: number | undefined }> {
  const registered: Registered[] = [];
  const told: string[] = [];
  const { address, stop } = await smallEngine({
    registered,
    told,
    fails: undefined,
    renders: [],
    children: {},
    outputs: () => ({}),
  });
  const run = path.dirname(createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run/index.js"));
  const place = ["--monitor", address, "--engine", address, "--project", "test", "--stack", "lab", "--pwd", folder];
  try {
    const { exitCode } = await execa(
      process.execPath,
      [
        "--import",
        import.meta.resolve("tsx"),
        run,
        ...place,
        "--parallel",
        "16",
        ...(preview ? ["--dry-run"] : []),
        ".",
      ],
      { reject: false, stdin: "ignore", timeout: 30_000 },
    );
    return { registered, told, code: exitCode };
  } finally {
    stop();
  }
}

/** Hands an object to a transform of the program, as the engine does for a child of the resource that has it. */
async function transform(
  callback: ProgramCallback,
  object: { kind: string; metadata: { name: string } },
): Promise<void> {
  const request = new messages.TransformRequest()
    .setType(`kubernetes:v1:${object.kind}`)
    .setName(object.metadata.name)
    .setCustom(true)
    .setProperties(struct.Struct.fromJavaScript(JSON.parse(JSON.stringify(object)) as JsonObject))
    .setOptions(new messages.TransformResourceOptions());
  const invoke = new callbackMessages.CallbackInvokeRequest()
    .setToken(callback.getToken())
    .setRequest(request.serializeBinary());
  const client = new callbackService.CallbacksClient(callback.getTarget(), credentials.createInsecure());
  try {
    await new Promise<void>((resolve, reject) => {
      client.invoke(invoke, (error) => {
        if (error) reject(new Error(error.details));
        else resolve();
      });
    });
  } finally {
    client.close();
  }
}
