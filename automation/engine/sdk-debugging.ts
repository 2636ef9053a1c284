import { createRequire } from "node:module";

interface Parts {
  "@pulumi/pulumi/log/index.js": { debug: (message: string) => Promise<void> };
  "@pulumi/pulumi/runtime/debuggable.js": {
    debuggablePromise: <T>(promise: Promise<T>, context?: unknown) => Promise<T>;
  };
}

/**
 * Runs an inline program without what the SDK does for its own debugging: several calls of the engine for each resource, with words that nobody
 * is shown and that hold secrets in clear, and a stack trace for each promise. It was two fifths of this process's work in a preview.
 * `pulumi up --debug`, which has a process of its own, has them. (Read in 3.246.0: log/index.js, runtime/debuggable.js)
 */
export async function withoutSdkDebugging<T>(run: () => Promise<T>): Promise<T> {
  const log = part("@pulumi/pulumi/log/index.js");
  const promises = part("@pulumi/pulumi/runtime/debuggable.js");
  const { debug } = log;
  const { debuggablePromise } = promises;
  log.debug = () => Promise.resolve();
  promises.debuggablePromise = (promise, context) => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return debuggablePromise(promise, context);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  };
  try {
    return await run();
  } finally {
    log.debug = debug;
    promises.debuggablePromise = debuggablePromise;
  }
}

/** Parts of the SDK that come without types. */
function part<Name extends keyof Parts>(name: Name): Parts[Name] {
  return createRequire(import.meta.url)(name) as Parts[Name];
}
