import { createRequire } from "node:module";
import type * as pulumi from "@pulumi/pulumi";
import type { Around } from "./run.ts";

/** A resource as the program, or a chart's transform, hands it to the engine. */
export interface Registered {
  type: string;
  name: string;
  /** What is secret stands in the engine's envelopes, in clear; what is not known yet as the engine's sign for that. */
  props: Readonly<Record<string, unknown>>;
}

interface Request {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
}

type Transform = (args: pulumi.ResourceTransformArgs) => Promise<pulumi.ResourceTransformResult | undefined>;

interface Parts {
  "@pulumi/pulumi/runtime/settings.js": {
    getMonitor: () => { registerResource: (request: Request, ...rest: unknown[]) => unknown } | undefined;
    getCallbacks: () => { registerTransform: (transform: Transform) => unknown } | undefined;
  };
  "@pulumi/pulumi/runtime/rpc.js": {
    serializeProperties: (label: string, props: unknown) => Promise<Record<string, unknown>>;
  };
}

/**
 * Sees what is registered while a preview runs the program: the only place where a secret's new value can be had, since the engine's events
 * mask it. Resources of the program pass through the SDK's client of the engine, objects of a chart through their transform. Nothing is changed
 * by it, and nothing written down.
 */
export function seeingRegistered(see: (registered: Registered) => void): Around {
  return (program) => () => {
    const { getMonitor, getCallbacks } = part("@pulumi/pulumi/runtime/settings.js");
    const { serializeProperties } = part("@pulumi/pulumi/runtime/rpc.js");
    const [monitor, callbacks] = [getMonitor(), getCallbacks()];
    if (monitor === undefined || callbacks === undefined) throw new Error("no engine runs this program");
    // Of this run alone: the next one has a client and callbacks of its own.
    const { registerResource } = monitor;
    monitor.registerResource = (request, ...rest) => {
      const props = request.getCustom() ? request.getObject()?.toJavaScript() : undefined;
      if (props) see({ type: request.getType(), name: request.getName(), props });
      return registerResource.call(monitor, request, ...rest);
    };
    const { registerTransform } = callbacks;
    callbacks.registerTransform = (transform) =>
      registerTransform.call(callbacks, async (args) => {
        const result = await transform(args);
        const { type, name, props } = args;
        see({ type, name, props: await serializeProperties("seen", result?.props ?? props) });
        return result;
      });
    return program();
  };
}

/** Parts of the SDK that come without types. */
function part<Name extends keyof Parts>(name: Name): Parts[Name] {
  return createRequire(import.meta.url)(name) as Parts[Name];
}
