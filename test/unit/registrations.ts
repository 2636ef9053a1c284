import { setTimeout as pause } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, beforeEach } from "vitest";

/** A resource as a component registers it. */
export interface Registration {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/**
 * What components register, from the beginning of each test. The engine is the SDK's own stand-in for tests.
 * @param generated the text of a generated one or of an access token, by name and length. Default: its name, so that a test sees which one went where.
 */
export function recordRegistrations(
  generated: (name: string, length: number) => string = (name) => `<${name}>`,
): Registration[] {
  const registered: Registration[] = [];
  beforeAll(() =>
    pulumi.runtime.setMocks({
      call: () => ({}),
      newResource: ({ type, name, inputs }) => {
        const given = inputs as Record<string, unknown>;
        registered.push({ type, name, inputs: given });
        const isGenerated = /:(GeneratedText|AccessToken)$/.test(type);
        const value = () => generated(name, Number(given["length"]));
        return { id: name, state: isGenerated ? { ...given, value: value() } : given };
      },
    }),
  );
  beforeEach(() => {
    registered.length = 0;
  });
  return registered;
}

/** Resolves when nothing more is registered. What hangs on outputs of others comes a little later than what they hang on. */
export async function settled(registered: readonly Registration[]): Promise<void> {
  for (let quiet = 0, before = -1; quiet < 3; before = registered.length) {
    await pause(50);
    quiet = registered.length === before ? quiet + 1 : 0;
  }
}
