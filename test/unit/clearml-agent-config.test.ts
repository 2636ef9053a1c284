import { expect, test } from "vitest";
import { clearmlConfig } from "../../components/clearml/clearml-section.ts";
import { problemsOf } from "../../components/schema/problems.ts";

const LAB = { addresses: { api: "192.0.2.41" }, agent: { enabled: true } };

function problemsIn(config: unknown): string[] {
  const result = clearmlConfig.safeParse(config);
  if (result.success) return [];
  return problemsOf("clearml", clearmlConfig, result.error.issues).map(({ path, message }) => `${path}: ${message}`);
}

const withAgent = (agent: object) => ({ ...LAB, agent: { ...LAB.agent, ...agent } });

test("what an agent takes when nothing more is said", () => {
  expect(clearmlConfig.parse(LAB).agent).toEqual({
    enabled: true,
    namespace: "clearml-agent",
    queue: "default",
    image: expect.objectContaining({
      registry: "registry.internal",
      repository: "clearml-agent",
      tag: "2.0.7-2",
    }) as unknown,
    nodeSelector: {},
    tolerations: [],
    resources: {},
    tasks: {
      image: "nvidia/cuda:12.1.0-runtime-ubuntu22.04",
      gpus: 1,
      gpuResource: "nvidia.com/gpu",
      runtimeClass: "nvidia",
      nodeSelector: {},
      tolerations: [],
      resources: {},
      sharedMemory: "8Gi",
      environment: {},
    },
    conf: {},
    values: {},
  });
});

test.each([
  ["another address of the API for this machine", { agent: { enabled: true }, endpoint: "http://127.0.0.1:8008" }],
  ["a queue with blanks and signs", withAgent({ queue: "GPU (large) 24.GB" })],
  ["an image by digest for tasks", withAgent({ tasks: { image: `pytorch/pytorch@sha256:${"a".repeat(64)}` } })],
  ["an image of a registry with a port", withAgent({ tasks: { image: "registry.example:5000/torch:2.5" } })],
  ["a queue as long as a label", withAgent({ queue: "a".repeat(63) })],
  ["tasks without a GPU", withAgent({ tasks: { gpus: 0 } })],
  ["the default runtime", withAgent({ tasks: { runtimeClass: "" } })],
  ["settings of its own", withAgent({ conf: { agent: { git_user: "robot", extra: [1, true, "x"] } } })],
  ["what would be wrong, were it installed", { agent: { namespace: "clearml", image: { tag: "latest" } } }],
])("%s is accepted", (_title, config) => {
  expect(problemsIn(config)).toEqual([]);
});

test.each([
  [{ agent: { enabled: true } }, ["clearml.addresses.api: Is missing: the agent's queue is made through the API"]],
  [{ ...LAB, enabled: false }, ["clearml.agent.enabled: Needs the server, which is switched off"]],
  [withAgent({ namespace: "clearml" }), ["clearml.agent.namespace: Is the server's too: tasks of the agent may read"]],
  [withAgent({ image: { tag: "latest" } }), ["clearml.agent.image.tag: Is `latest`: Kubernetes then pulls"]],
  [
    withAgent({ image: { repository: "docker.io/library/clearml-agent" } }),
    ["clearml.agent.image.repository: Names a registry, and the chart puts one before it; set agent.image.registry"],
  ],
  [
    withAgent({ image: { registry: "https://registry.example" } }),
    ["clearml.agent.image.registry: Must be a host such"],
  ],
  [
    withAgent({ image: { delivery: { by: "nodes" } } }),
    ["clearml.agent.image.delivery.nodes: Lists no node, so the image would get nowhere"],
  ],
  [
    withAgent({
      image: {
        registry: "docker.io",
        delivery: {
          by: "nodes",
          privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----\n",
          nodes: [{ node: "gpu-1", host: "192.0.2.11", user: "deploy", hostKey: "ssh-ed25519 AAAA" }],
        },
      },
    }),
    ["clearml.agent.image.registry: Begins with docker.io, from where anybody could publish"],
  ],
  [
    withAgent({ tasks: { image: "nvidia/cuda" } }),
    ["clearml.agent.tasks.image: Must be an image with a tag or a digest"],
  ],
  [withAgent({ queue: "ab" }), ["clearml.agent.queue: Too small"]],
  [withAgent({ queue: `${"A".repeat(62)} b` }), ["clearml.agent.queue: Must be at most 63 characters, as a label"]],
  [
    withAgent({
      tasks: { gpuResource: "nvidia.com/gpu.shared", resources: { requests: { "nvidia.com/gpu.shared": "2" } } },
    }),
    ['clearml.agent.tasks.resources.requests["nvidia.com/gpu.shared"]: Must be the same as the limit'],
  ],
  [withAgent({ queue: "gpu,cpu" }), ["clearml.agent.queue: Must be letters, digits, blanks"]],
  [withAgent({ queue: "gpu: large" }), ["clearml.agent.queue: Must be letters, digits, blanks"]],
  [withAgent({ queue: "100" }), ["clearml.agent.queue: Must be letters, digits, blanks"]],
  [withAgent({ queue: "Off" }), ["clearml.agent.queue: Must not be a word of YAML"]],
  [
    withAgent({ conf: { agent: { git_user: "робот", list: ["ok", "é"], half: 0.5 } } }),
    [
      "clearml.agent.conf.agent.git_user: Has characters beyond printable ASCII, at which every task would fail",
      "clearml.agent.conf.agent.list[1]: Has characters beyond printable ASCII",
      "clearml.agent.conf.agent.half: Must be text, a whole number, true or false",
    ],
  ],
  [
    withAgent({
      conf: {
        "agent.git_user": "r",
        agent: { "": 1, 'a"b': 1, "c\\d": 1, list: [{ "e.f": 1 }], "g..h": 1, "i=j": 1 },
        " ": 1,
      },
    }),
    [
      "clearml.agent.conf: Has the key `agent.git_user`, which the agent would never look for; write it `agent: { git_user: … }`.",
      "clearml.agent.conf.agent: Has a key without a name, at which the agent cannot read it.",
      'clearml.agent.conf.agent: Has the key "a\\"b", which the agent reads as another; take its signs out.',
      'clearml.agent.conf.agent: Has the key "c\\\\d", which the agent reads as another; take its signs out.',
      "clearml.agent.conf.agent.list[0]: Has the key `e.f`, which the agent would never look for; write it `e: { f: … }`.",
      "clearml.agent.conf.agent: Has the key `g..h`, which the agent would never look for; write it in maps.",
      'clearml.agent.conf.agent: Has the key "i=j", which the agent reads as another; take its signs out.',
      "clearml.agent.conf: Has a key without a name, at which the agent cannot read it.",
    ],
  ],
  [
    withAgent({
      tasks: {
        environment: { CLEARML_API_ACCESS_KEY: "mine", TRAINS_API_HOST: "h", CLEARML_CONFIG_FILE: "/x", A: "b" },
      },
    }),
    [
      "clearml.agent.tasks.environment.CLEARML_API_ACCESS_KEY: Is set already",
      "clearml.agent.tasks.environment.TRAINS_API_HOST: Is set already",
      "clearml.agent.tasks.environment.CLEARML_CONFIG_FILE: Is set already",
    ],
  ],
  [
    withAgent({ values: { clearml: { agentk8sglueKey: "x" }, agentk8sglue: { queue: "x", replicaCount: 2 } } }),
    [
      "clearml.agent.values.clearml: Is set by this program; its Secrets hold",
      "clearml.agent.values.agentk8sglue.queue: Is set by this program; set agent.queue",
      "clearml.agent.values.agentk8sglue.replicaCount: Is set by this program; two agents",
    ],
  ],
  [
    withAgent({ conf: { "agent.a": 1 }, tasks: { environment: { CLEARML_API_HOST: "h" } } }),
    ["clearml.agent.tasks.environment.CLEARML_API_HOST: Is set already", "clearml.agent.conf: Has the key `agent.a`"],
  ],
  [{ ...LAB, endpoint: "127.0.0.1:8008" }, ["clearml.endpoint: Must be an address such as http://192.0.2.41"]],
])("%j is refused, with the cure", (config, expected) => {
  const problems = problemsIn(config);
  expect(problems).toHaveLength(expected.length);
  expected.forEach((text, index) => expect(problems[index]).toContain(text));
});
