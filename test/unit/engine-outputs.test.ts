import { expect, it } from "vitest";
import { secretsHidden } from "../../automation/engine/outputs.ts";

it("a secret in an event's outputs is hidden, in the engine's envelope or masked by it, and all else is shown", () => {
  // As the event of a stack's root resource had it. (pulumi 3.246.0)
  const envelope = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "[secret]" };
  expect(
    secretsHidden({ secrets: envelope, masked: "[secret]", url: "http://x", list: [{ password: envelope, n: 1 }] }),
  ).toEqual({ secrets: "[secret]", masked: "[secret]", url: "http://x", list: [{ password: "[secret]", n: 1 }] });
});
