import type * as auto from "@pulumi/pulumi/automation/index.js";
import { describe, expect, it } from "vitest";
import { knownSecrets, withoutSecrets } from "../../automation/engine/known-secrets.ts";
import { Sealed } from "../../components/schema/values.ts";

const envelope = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});
const stack = {
  getAllConfig: () =>
    Promise.resolve({
      "vision-platform:cvat": {
        value: JSON.stringify({
          version: "2.64.0",
          secrets: { redis: "canary-redis" },
          users: [{ password: "canary-user" }],
        }),
        secret: true,
      },
      "vision-platform:token": { value: "canary-whole", secret: true },
      "vision-platform:short": { value: "lab", secret: true },
    }),
  exportStack: () =>
    Promise.resolve({
      version: 3,
      deployment: {
        resources: [
          {
            urn: "urn1",
            type: "vision-platform:secrets:GeneratedText",
            outputs: { value: envelope("canary-made"), alphabet: "abcdefgh" },
          },
          {
            urn: "urn2",
            type: "vision-platform:storage:DerivedKeys",
            outputs: { keys: envelope({ cvat: "canary-key" }) },
          },
          {
            urn: "urn4",
            type: "vision-platform:cvat:AccessToken",
            outputs: { value: envelope("canary-token"), name: "discovery of the lab" },
          },
          { urn: "urn3", type: "kubernetes:core/v1:Secret", outputs: { data: envelope({ region: "us-east-1" }) } },
        ],
      },
    }),
} as unknown as auto.Stack;
const file = {
  path: "Pulumi.lab.yaml",
  keys: [],
  sections: {
    cvat: { version: "2.64.0", secrets: { redis: new Sealed("v1:x") }, users: [{ password: new Sealed("v1:y") }] },
    token: new Sealed("v1:z"),
    short: new Sealed("v1:a"),
  },
};

describe("the secrets of a stack", () => {
  it("are those that a person set and those that were made, and no other text of a secret container", async () => {
    expect((await knownSecrets(stack, file)).sort()).toEqual([
      "canary-key",
      "canary-made",
      "canary-redis",
      "canary-token",
      "canary-user",
      "canary-whole",
    ]);
  });

  it("are hidden wherever they stand, in base64 too, and the longer one where one is a part of another", () => {
    const coded = Buffer.from("canary-made").toString("base64");
    const value = {
      steps: [{ after: { url: "redis://:canary-made@db", data: { a: coded }, list: ["canary-made-long", 1, null] } }],
      failure: "canary-made is refused",
    };
    expect(withoutSecrets(value, ["canary-made", "canary-made-long"])).toEqual({
      steps: [{ after: { url: "redis://:[secret]@db", data: { a: "[secret]" }, list: ["[secret]", 1, null] } }],
      failure: "[secret] is refused",
    });
  });
});
