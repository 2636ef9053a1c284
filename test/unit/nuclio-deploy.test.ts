import { describe, expect, it } from "vitest";
import { deployFunction } from "../../components/nuclio/deploy.ts";
import { findings } from "../../components/nuclio/observe.ts";
import { removeFunction } from "../../components/nuclio/remove.ts";
import { deployment, fakeNuclio, live, object, URL_OF_HELMETS, type FakeOptions } from "./nuclio-fixtures.ts";

const OPTIONS = { readyMs: 200, everyMs: 1 };
const READY = {
  state: "ready",
  containerImage: "registry.example/vision/helmets:1.0.0",
  internalInvocationUrls: [URL_OF_HELMETS],
};
const wanted = object();
const gpu = object({ gpu: {} });

async function calls(options: FakeOptions, of = wanted, runtimeClass?: string): Promise<string[]> {
  const { nuclio, calls: made } = fakeNuclio({ deployment: deployment(runtimeClass), ...options });
  await deployFunction(nuclio, of, { ...OPTIONS, ...(runtimeClass && { runtimeClass }) });
  return made;
}

const fails = async (options: FakeOptions): Promise<string> => {
  const { nuclio } = fakeNuclio({ deployment: deployment(), ...options });
  return deployFunction(nuclio, wanted, OPTIONS).then(
    () => "it did not fail",
    (error: unknown) => (error as Error).message,
  );
};

describe("deploying a function", () => {
  it.each<[string, FakeOptions, string[]]>([
    ["is not there", { states: [{ state: "building" }, READY] }, ["POST"]],
    ["another makes at this moment", { states: [READY], answers: ["conflict", "accepted"] }, ["POST", "PUT"]],
    ["is another", { before: live(object({ image: "old:1" }), "ready"), states: [READY] }, ["PUT"]],
    ["is the same already", { before: live(wanted, "ready"), states: [READY] }, []],
    ["is in error", { before: live(wanted, "error"), states: [READY] }, ["PATCH"]],
    ["is unhealthy", { before: live(wanted, "unhealthy"), states: [READY] }, ["PATCH"]],
    ["was never built", { before: { ...live(wanted, "error"), spec: { description: "x" } }, states: [READY] }, ["PUT"]],
    [
      "is busy at first",
      { before: live(object({ image: "old:1" }), "ready"), states: [READY], answers: ["busy", "accepted"] },
      ["PUT", "PUT"],
    ],
  ])("hands over in the way that fits one that %s", async (_what, options, expected) => {
    expect(await calls(options)).toEqual(expected);
  });

  it("makes one anew whose label Nuclio would not change", async () => {
    expect(await calls({ before: live(wanted, "ready"), states: [READY] }, gpu, "nvidia")).toEqual(["DELETE", "POST"]);
  });

  it("has one without its runtime class tried again, and makes one with another class anew", async () => {
    const tried = fakeNuclio({ before: live(gpu, "ready"), states: [READY], deployment: deployment() });
    await expect(deployFunction(tried.nuclio, gpu, { ...OPTIONS, runtimeClass: "nvidia" })).rejects.toThrow(
      /have no runtimeClassName, though it should be nvidia/,
    );
    expect(tried.calls).toEqual(["PATCH"]);
    const other = fakeNuclio({ before: live(gpu, "ready"), states: [READY], deployment: deployment("kata") });
    await deployFunction(other.nuclio, gpu, { ...OPTIONS, runtimeClass: "nvidia" });
    expect(other.calls).toEqual(["DELETE", "POST"]);
  });

  it.each<[string, FakeOptions, RegExp]>([
    [
      "what the API server refuses, by the root cause of Nuclio's error stack",
      {
        states: [
          {
            state: "error",
            message:
              "NuclioFunction in error state:\n\nError - Deployment.apps is invalid: must be less than or equal to cpu limit of 10m\n    .../functionres/lazy.go:919\n",
            logs: [
              { message: "Deploying function" },
              {
                message: "Function creation failed, setting state to error",
                err: "\nError - the quota is used up\n    .../kube/platform.go:310\n\nCall stack:\nFailed to deploy\n    .../kube/platform.go:320\n",
              },
            ],
          },
        ],
      },
      /^Function helmets is error\.\n {2}Nuclio: Deployment\.apps is invalid: must be less than or equal to cpu limit of 10m\n {2}log: Deploying function\n {2}log: Function creation failed, setting state to error\n {2}log: the quota is used up\nCure that and run up again[^]*function logs helmets$/,
    ],
    [
      "pods that do not start, with what holds them up and the cure",
      {
        states: [{ state: "unhealthy", message: "Failed to wait" }],
        deployment: deployment(undefined, true),
        obstacles: [
          { object: "Deployment/nuclio-helmets", reason: "ImagePullBackOff: helmets", cure: "Check the image." },
        ],
      },
      /Deployment\/nuclio-helmets: ImagePullBackOff: helmets\. Check the image\./,
    ],
    [
      "one that Nuclio calls ready while its newest pods are not",
      { states: [READY], deployment: deployment(undefined, true) },
      /does not run after 0 s: 0 of 1 pods ready[^]*functions\.helmets\.timeouts\.ready/,
    ],
  ])("tells of %s", async (_what, options, expected) => {
    expect(await fails(options)).toMatch(expected);
  });

  it("is removed with its pods", async () => {
    const { nuclio, calls: made } = fakeNuclio({
      before: live(wanted, "ready"),
      states: [READY],
      deployment: deployment(),
    });
    await removeFunction(nuclio, "helmets", { everyMs: 1 });
    expect(made).toEqual(["DELETE"]);
    expect(await nuclio.objects.deployment("helmets")).toBeUndefined();
  });
});

describe("a look before a run", () => {
  it.each<[string, FakeOptions, string | undefined, string]>([
    ["is gone", { states: [] }, undefined, "gone"],
    ["is in error", { before: live(wanted, "error"), states: [] }, undefined, "error"],
    [
      "is unhealthy",
      { before: live(wanted, "unhealthy"), states: [], deployment: deployment() },
      undefined,
      "unhealthy",
    ],
    [
      "has lost its runtime class",
      { before: live(wanted, "ready"), states: [], deployment: deployment() },
      "nvidia",
      "without runtime class",
    ],
    ["has lost its Deployment", { before: live(wanted, "ready"), states: [] }, undefined, "without Deployment"],
    ["is being deployed", { before: live(wanted, "building"), states: [] }, undefined, "fine"],
    [
      "does not run though Nuclio says so",
      { before: live(wanted, "ready"), states: [], deployment: deployment(undefined, true) },
      undefined,
      "not running",
    ],
    ["runs", { before: live(wanted, "ready"), states: [], deployment: deployment("nvidia") }, "nvidia", "fine"],
  ])("finds a function that %s", async (_what, options, runtimeClass, finding) => {
    const { nuclio } = fakeNuclio(options);
    expect(await findings(nuclio, { helmets: runtimeClass })).toEqual({ helmets: { finding } });
  });
});
