import { createRequire } from "node:module";

interface Parts {
  "@pulumi/pulumi/log/index.js": { debug: (message: string) => Promise<void> };
  "@pulumi/pulumi/runtime/debuggable.js": {
    debuggablePromise: <T>(promise: Promise<T>, context?: unknown) => Promise<T>;
  };
}

let isOff = false;

/**
 * Spares an inline program what the SDK does for its own debugging: several calls of the engine for each resource, with words that nobody is
 * shown and that hold secrets in clear, and a stack trace for each promise. It was two fifths of this process's work in a preview.
 * (Read in 3.246.0: log/index.js, runtime/debuggable.js)
 */
export function withoutSdkDebugging(): void {
  if (isOff) return;
  isOff = true;
  const sdk = <Name extends keyof Parts>(name: Name) => createRequire(import.meta.url)(name) as Parts[Name];
  sdk("@pulumi/pulumi/log/index.js").debug = () => Promise.resolve();
  const promises = sdk("@pulumi/pulumi/runtime/debuggable.js");
  const { debuggablePromise } = promises;
  promises.debuggablePromise = (promise, context) => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return debuggablePromise(promise, context);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  };
}
