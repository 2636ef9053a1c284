import { setTimeout as pause } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, it } from "vitest";
import { OwnProvider } from "../../components/records/resource.ts";
import { objectStoreConfig } from "../../components/storage/object-store-section.ts";
import { storePlan } from "../../components/storage/plan.ts";
import { ObjectStore } from "../../components/storage/object-store.ts";

/** What the engine begins and ends, in order. Each takes a moment, as a call of a store does. */
const steps: string[] = [];
/** Longer than whatever comes before a bucket by chance. */
const MAKING_AGAIN_MS = 500;

beforeAll(() =>
  pulumi.runtime.setMocks({
    call: () => ({}),
    newResource: async ({ name, inputs }) => {
      steps.push(`begin ${name}`);
      await pause(name === "store-presence" ? MAKING_AGAIN_MS : 20);
      steps.push(`end ${name}`);
      return { id: name, state: inputs as Record<string, unknown> };
    },
  }),
);

it("sets the rules of a bucket when its versioning is set, and all after what is missing is made again", async () => {
  const config = objectStoreConfig.parse({
    address: "192.0.2.30",
    credentials: { accessKey: "administrator", secretKey: "administrator-secret" },
    buckets: { models: { lifecycle: [{ prefix: "old/", days: 9 }] } },
  });
  const found = { seen: true, existing: new Set<string>(), missing: [] };
  const store = new ObjectStore(
    "store",
    { plan: storePlan({ config, applications: ["functions"], people: [] }), found },
    { providers: [new OwnProvider("dynamic")] },
  );
  await new Promise<void>((resolve) => store.ready.apply(() => resolve()));

  const at = (step: string) => {
    expect(steps).toContain(step);
    return steps.indexOf(step);
  };
  expect(at("begin store-models-versioning")).toBeGreaterThan(at("end store-models"));
  expect(at("begin store-models-lifecycle")).toBeGreaterThan(at("end store-models-versioning"));
  for (const name of ["models", "functions", "functions-policy"]) {
    expect(at(`begin store-${name}`)).toBeGreaterThan(at("end store-presence"));
  }
});
