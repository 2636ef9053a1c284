import { describe, expect, it, test } from "vitest";
import { deliveryConfig, deliveryProblems, referenceProblem } from "../../components/images/delivery-config.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAM";
const node = (name: string, more: object = {}) => ({
  node: name,
  host: `${name}.example`,
  user: "deploy",
  hostKey: KEY,
  ...more,
});
const read = (delivery: object) =>
  deliveryConfig.parse({ by: "nodes", privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----\n", ...delivery });
const said = (delivery: object) =>
  deliveryProblems(read(delivery)).map(({ path, message }) => `${path.join(".")} ${message}`);

describe("a delivery", () => {
  it("by a registry asks for nothing", () => {
    expect(deliveryProblems(deliveryConfig.parse({}))).toEqual([]);
  });

  it("to two nodes is sound", () => {
    expect(said({ nodes: [node("one"), node("two")] })).toEqual([]);
  });

  test.each([
    ["no node", { nodes: [] }, /^nodes lists no node/],
    ["a node twice", { nodes: [node("one"), node("one", { host: "other.example" })] }, /^nodes\.1\.node .*nodes\[0\]/],
    ["a server twice", { nodes: [node("one"), node("two", { host: "one.example" })] }, /^nodes\.1\.host .*nodes\[0\]/],
    ["a path for any builder", { builderPath: "/opt/podman", nodes: [node("one")] }, /^builder must say/],
  ])("with %s is refused", (_what, delivery, problem) => {
    expect(said(delivery)).toEqual([expect.stringMatching(problem)]);
  });

  test.each([
    ["no host key", { hostKey: undefined }, /is missing: without it/],
    ["a fingerprint as host key", { hostKey: "SHA256:abc" }, /must be the host's public key/],
    ["a data folder with a quote", { dataDir: "/a'b" }, /absolute path/],
    ["a user that is an option", { user: "-oProxyCommand" }, /must be a user name/],
  ])("to a node with %s is refused", (_what, change, problem) => {
    const result = deliveryConfig.safeParse({ nodes: [node("one", change)] });
    expect(result.error?.issues.map(({ message }) => message)).toEqual([expect.stringMatching(problem)]);
  });
});

test.each([
  ["registry.internal/clearml-agent:2.0.7-2", undefined],
  ["localhost:5000/lab/agent:1", undefined],
  ["docker.io/library/agent:1", /docker\.io/],
  ["registry.internal/agent:latest", /tag latest/],
  ["registry.internal:5000/agent", /no tag/],
  ["registry.internal/agent", /no tag/],
  ["lab/agent:1", /no registry/],
  ["registry.internal/Agent:1", /must be an image/],
])("image %s", (reference, problem) => {
  if (problem) expect(referenceProblem(reference)).toMatch(problem);
  else expect(referenceProblem(reference)).toBeUndefined();
});
