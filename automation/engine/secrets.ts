import { createRequire } from "node:module";

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
