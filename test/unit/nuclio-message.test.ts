import { expect, it } from "vitest";
import { build } from "../../automation/rehearsal/services/nuclio/build.ts";
import { errorStack, reported, stackOf, Wrapped } from "../../automation/rehearsal/services/nuclio/error-stack.ts";
import { causeLine, causeLines } from "../../components/nuclio/message.ts";

const INVALID =
  'Deployment.apps "nuclio-lowcpu" is invalid: spec.template.spec.containers[0].resources.requests: Invalid value: "25m": must be less than or equal to cpu limit of 10m';
const CONTROLLER = errorStack(
  new Wrapped(INVALID, ".../kube/functionres/lazy.go:919", [
    { text: "Failed to create/update deployment", at: ".../kube/functionres/lazy.go:222" },
    { text: "Failed to create/update function", at: ".../kube/controller/nucliofunction.go:290" },
  ]),
);

/** What a build that fails says: the whole log of its builder. */
function buildMessage(): string {
  try {
    build({ build: { path: "https://x.example/a.py", commands: ["pip install nothing", "false"] } }, "hats", {
      registry: "registry.example",
      version: "1.14.1",
      builder: "kaniko",
    });
  } catch (error) {
    return stackOf(error);
  }
  throw new Error("it was built");
}

it.each<[string, string, string[]]>([
  ["the controller's stack", CONTROLLER, [INVALID]],
  ["what the dashboard makes of it", reported("error", CONTROLLER), [INVALID]],
  [
    "a stack with a stack in it",
    errorStack(new Wrapped(reported("error", CONTROLLER), ".../deployer.go:400")),
    [INVALID],
  ],
  [
    "what pods say",
    "NuclioFunction in unhealthy state:\n0/1 nodes are available: 1 Insufficient nvidia.com/gpu.\n",
    ["0/1 nodes are available: 1 Insufficient nvidia.com/gpu."],
  ],
  ["plain words", "Function is not healthy", ["Function is not healthy"]],
  ["nothing", "", []],
])("the cause is read from %s", (_what, message, expected) => expect(causeLines(message)).toEqual(expected));

it("of a build's long log, the end is shown, which has the reason", () => {
  const lines = causeLines(buildMessage());
  expect(lines).toHaveLength(10);
  expect(lines.at(-1)).toBe(
    "error building image: error building stage: failed to execute command: waiting for process to exit: exit status 1",
  );
  expect(lines.join("\n")).toContain("RUN pip install nothing");
});

it("one line for a list is the cause too", () => {
  expect(causeLine(reported("error", CONTROLLER))).toBe(INVALID);
  expect(causeLine(buildMessage())).toMatch(/^error building image: .*exit status 1$/);
});

it("a line without an end is cut at its beginning", () =>
  expect(causeLine(`Error - ${"x".repeat(100_000)} at last`)).toMatch(/^\.\.\. x{400,}.* at last$/));
