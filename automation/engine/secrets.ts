import { createRequire } from "node:module";
import type * as auto from "@pulumi/pulumi/automation/index.js";

interface Store {
  supportsSecrets: boolean;
}

/**
 * Lets transforms of an inline program pass secrets on. They run outside the program's own store, and the one they see denies that the
 * engine knows secrets, so a transform that touches an object wrote its secrets in clear into state. The store is not exported for types.
 * (charts-on-the-engine.md, section 6.5; test/rehearsal/secrets.test.ts fails without it)
 */
export function keepSecretsInTransforms(): void {
  const { getGlobalStore } = createRequire(import.meta.url)("@pulumi/pulumi/runtime/state.js") as {
    getGlobalStore: () => Store;
  };
  getGlobalStore().supportsSecrets = true;
}

/**
 * Whether an event is the SDK's own debugging words. They come unasked and hold secrets in clear, so nobody may keep them. (Measured with
 * 3.246: a "RegisterResource RPC finished" for each resource at a preview; the type of events leaves them out.)
 */
export function isForDebugging({ diagnosticEvent }: auto.EngineEvent): boolean {
  const severity: string | undefined = diagnosticEvent?.severity;
  return severity === "debug";
}
