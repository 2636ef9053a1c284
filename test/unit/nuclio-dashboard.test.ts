import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { callProblem } from "../../automation/functions/call-problem.ts";
import { dashboard } from "../../components/nuclio/client/dashboard.ts";
import type { NuclioFunctionObject } from "../../automation/rehearsal/services/nuclio/function.ts";
import type { Stored } from "../../automation/rehearsal/services/nuclio/kube.ts";
import { Unreached, type ApiAnswer, type Send } from "../../components/kubernetes/api-server.ts";
import { object } from "./nuclio-fixtures.ts";
import { dashboardInMemory } from "./nuclio-stand-in.ts";

/** A dashboard that answers as it is told, one call after the other, and the last answer for ever. */
function answering(...answers: (ApiAnswer | Unreached)[]) {
  const asked: string[] = [];
  const send: Send = ({ method, path }) => {
    asked.push(`${method} ${path}`);
    const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? { status: 200, text: "{}" };
    return answer instanceof Unreached ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { nuclio: dashboard(send, { namespace: "cvat" }), asked };
}

const NONE: ApiAnswer = { status: 200, text: "{}" };
const failing = { status: 500, text: '{"error":"oh no"}' };

it.each([
  ["the dashboard", { status: 429, text: "", retryAfterMs: 800 }],
  ["the API server before it", new Unreached("too many requests", { status: 429, retryAfterMs: 800 })],
])("waits as long as it is asked to: %s", async (_, answer) => {
  const { nuclio } = answering(answer, NONE);
  const start = performance.now();
  expect(await nuclio.functions()).toEqual({});
  expect(performance.now() - start).toBeGreaterThan(1_050);
});

it("looks once more where the dashboard fails, and then tells it", async () => {
  expect(await answering(failing, NONE).nuclio.functions()).toEqual({});
  const { nuclio, asked } = answering(failing);
  await expect(nuclio.functions()).rejects.toThrow("Nuclio's dashboard answers 500: oh no");
  expect(asked).toHaveLength(2);
});

it("does not make a function twice where the dashboard fails on it", async () => {
  const { nuclio, asked } = answering(failing);
  await expect(nuclio.createProject("cvat")).rejects.toThrow("oh no");
  expect(asked).toHaveLength(1);
});

describe("a function whose code comes slowly", () => {
  const build = { source: { url: "https://git.example/hats.git", kind: "git", branch: "main" }, image: "hats:1" };
  const wanted = object({ image: undefined, build });
  const fetch = { withinMs: 2000, everyMs: 5 };

  it.each<[string, Parameters<typeof dashboardInMemory>]>([
    ["Nuclio says it timed out", [{ fetchCode: () => pause(150), creationMs: 30 }]],
    ["the web server before it gave up", [{ fetchCode: () => pause(150) }, { timeoutMs: 30 }]],
  ])("is waited for, and asked for once: %s", async (_what, options) => {
    const { send, asked, objects } = dashboardInMemory(...options);
    const nuclio = dashboard(send, { namespace: "cvat", fetch });
    expect(await nuclio.create(wanted)).toBe("accepted");
    expect(await nuclio.function("helmets")).toMatchObject({ spec: { build: { image: "hats:1" } } });
    expect(asked.filter((one) => one.startsWith("POST"))).toHaveLength(1);
    // The same in place of what is there.
    const there = await objects.get<Stored>("NuclioFunction", "helmets");
    if (there) await objects.replace("NuclioFunction", { ...there, status: { state: "ready" } });
    const before = (await nuclio.function("helmets"))?.metadata.resourceVersion;
    expect(await nuclio.update(wanted)).toBe("accepted");
    expect((await nuclio.function("helmets"))?.metadata.resourceVersion).not.toBe(before);
    expect(asked.filter((one) => one.startsWith("PUT"))).toHaveLength(1);
  });

  it("is told of by its key when it does not come", async () => {
    const { send } = dashboardInMemory({ fetchCode: () => pause(60_000, undefined, { ref: false }), creationMs: 10 });
    const nuclio = dashboard(send, { namespace: "cvat", fetch: { withinMs: 20, everyMs: 5 } });
    await expect(nuclio.create(wanted)).rejects.toThrow(/functions\.helmets\.build\.source/);
  });

  it("is refused with the reason where there is none", async () => {
    const nowhere = object({
      image: undefined,
      build: { ...build, source: { ...build.source, url: "https://git.invalid/a" } },
    });
    const { send } = dashboardInMemory();
    const nuclio = dashboard(send, { namespace: "cvat" });
    await expect(nuclio.create(nowhere)).rejects.toThrow(/refuses function helmets \(500\): Get .*no such host/);
    expect((await nuclio.function("helmets"))?.status?.state).toBe("error");
  });
});

describe("pages of the web server before the dashboard", () => {
  it("502 is one more try worth, and is told as what it is", async () => {
    let looks = 0;
    const { send } = dashboardInMemory({}, { isUp: () => Promise.resolve(++looks > 1) });
    expect(await dashboard(send, { namespace: "cvat" }).functions()).toEqual({});
    const down = dashboardInMemory({}, { isUp: () => Promise.resolve(false) });
    await expect(dashboard(down.send, { namespace: "cvat", retries: 0 }).functions()).rejects.toThrow(
      /cannot be reached: 502 Bad Gateway, says the web server in front of the dashboard\./,
    );
  });

  it("504 ends a call, whatever the function does", async () => {
    const invoker = { invoke: () => pause(200, { status: 200, body: [] }) };
    const { send } = dashboardInMemory({ invoker }, { timeoutMs: 20 });
    const answer = await dashboard(send, { namespace: "cvat" }).invoke("helmets", "/", {}, 60_000);
    expect(answer.status).toBe(504);
    expect(callProblem("helmets", answer)).toMatch(
      /^Function helmets has not answered within a minute.*function logs helmets$/,
    );
    const own = { status: 504, text: '{"error":"of its own"}' };
    expect(callProblem("helmets", own)).toBe("Function helmets answers 504: of its own");
  });

  it("a request that is cut off is told by the key of its size", () => {
    const text = '{"error":"Failed to invoke function: write tcp 10.0.0.1:1->10.0.0.2:8080: write: broken pipe"}';
    expect(callProblem("helmets", { status: 500, text })).toMatch(/functions\.helmets\.maxRequestBodySize/);
  });

  it("200 with the index page is no answer", async () => {
    const { send } = dashboardInMemory();
    const elsewhere: Send = (request) => send({ ...request, path: "/" });
    await expect(dashboard(elsewhere, { namespace: "cvat" }).functions()).rejects.toThrow(/a web page, "Nuclio"/);
  });
});

describe("what the dashboard refuses, in Go's words", () => {
  const plain = object();
  const quantities = /refuses function helmets \(400\): quantities must match the regular expression/;

  it.each<[string, object, RegExp]>([
    ["an image in capitals", { image: "registry.example/Vision/a:1" }, /\(400\): Invalid Spec\.Image passed/],
    ["a command behind an image", { image: "a:1;rm" }, /\(400\): Invalid Spec\.Image passed/],
    [
      "a node's label that is none",
      { nodeSelector: { disk: "c d" } },
      /\(400\): Invalid value: c d, a valid label must be/,
    ],
    ["lots of memory", { resources: { limits: { memory: "lots" } } }, quantities],
    ["4GB", { resources: { limits: { memory: "4GB" } } }, quantities],
    [
      "a text for a number",
      { replicas: "1" },
      /\(400\): json: cannot unmarshal string into Go struct field .*replicas/,
    ],
    [
      "a fraction",
      { readinessTimeoutSeconds: 1.5 },
      /\(400\): json: cannot unmarshal number 1\.5 into Go struct field/,
    ],
    ["no runtime", { runtime: "" }, /\(500\): If image is passed, runtime must be specified/],
    [
      "a repository and nothing of it",
      { build: { path: "https://git.example/a.git", codeEntryType: "git", codeEntryAttributes: {} } },
      /\(400\): No git reference was specified\. \(must specify branch\/tag\/reference\)/,
    ],
  ])("%s", async (_what, spec, expected) => {
    const nuclio = dashboard(dashboardInMemory().send, { namespace: "cvat" });
    const wanted = { ...plain, spec: { ...plain.spec, ...spec } };
    await expect(nuclio.create(wanted)).rejects.toThrow(expected);
  });

  it("and takes what there is to take", async () => {
    const { send, objects } = dashboardInMemory();
    const sound = object({
      image: "registry.example:5000/vision/hel-mets:1.0_A",
      nodeSelector: { "nvidia.com/gpu.present": "true", empty: "" },
      resources: { limits: { memory: "1.5Gi", cpu: "0.5" }, requests: { cpu: "0" } },
    });
    expect(await dashboard(send, { namespace: "cvat" }).create(sound)).toBe("accepted");
    expect((await objects.get<NuclioFunctionObject>("NuclioFunction", "helmets"))?.spec.resources?.requests).toEqual({
      cpu: "25m",
      memory: "1Mi",
    });
  });
});
