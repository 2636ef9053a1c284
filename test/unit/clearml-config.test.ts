import { expect, test } from "vitest";
import { clearmlConfig } from "../../components/clearml/clearml-section.ts";
import { problemsOf } from "../../components/schema/problems.ts";

/** Problems of a configuration, as a person reads them. */
function problemsIn(config: unknown): string[] {
  const result = clearmlConfig.safeParse(config);
  if (result.success) return [];
  return problemsOf("clearml", clearmlConfig, result.error.issues).map(({ path, message }) => `${path}: ${message}`);
}

test("nothing needs to be said", () => {
  expect(clearmlConfig.parse({})).toEqual({
    enabled: true,
    namespace: "clearml",
    version: "7.14.7",
    image: { repository: "allegroai/clearml" },
    allowUnknownVersions: false,
    stepsTaken: [],
    addresses: {},
    port: 80,
    storage: { files: "50Gi", mongodb: "10Gi", redis: "5Gi", elasticsearch: "10Gi" },
    elasticsearch: { heap: "2g", sysctlInit: true },
    resources: {},
    users: [{ username: "admin", name: "Administrator" }],
    keyRotations: { agent: 0, servers: 0, signing: 0 },
    filesThroughWeb: true,
    disableIpv6: false,
    environment: { apiserver: {}, fileserver: {}, webserver: {} },
    agent: expect.objectContaining({ enabled: false }) as unknown,
    values: {},
  });
});

test.each([
  ["each Service its address", { addresses: { web: "192.0.2.40", api: "192.0.2.41", files: "192.0.2.42" } }],
  ["one address and two that are free", { addresses: { api: "192.0.2.41" } }],
  ["a heap in megabytes", { elasticsearch: { heap: "1024m" } }],
  [
    "memory that just fits",
    { elasticsearch: { heap: "1536m" }, resources: { elasticsearch: { limits: { memory: "3Gi" } } } },
  ],
  ["chart 7.14.4", { version: "7.14.4" }],
  ["a version on purpose", { version: "7.15.0", allowUnknownVersions: true }],
  [
    "users of one name",
    {
      users: [
        { username: "a", name: "Anna" },
        { username: "b", name: "Anna" },
      ],
    },
  ],
  ["values this program does not set", { values: { mongodb: { podLabels: { team: "vision" } } } }],
  ["a registry of one's own", { image: { registry: "registry.example:5000", repository: "mirror/clearml" } }],
])("%s is accepted", (_title, config) => {
  expect(problemsIn(config)).toEqual([]);
});

test.each([
  [
    { addresses: { web: "192.0.2.40", api: "192.0.2.40", files: "192.0.2.40" } },
    [
      "clearml.addresses.api: Is the address of addresses.web already; the three Services share a port, so each needs an address of its own.",
      "clearml.addresses.files: Is the address of addresses.web already; the three Services share a port, so each needs an address of its own.",
    ],
  ],
  [
    {
      users: [
        { username: "anna", name: "Anna" },
        { username: "bob", name: "Bob" },
        { username: "anna", name: "Other" },
      ],
    },
    [
      "clearml.users[2].username: Is the user name of users[0] already; the server would not start its sign-in with both, so rename or remove one.",
    ],
  ],
  [
    { users: [] },
    [/^clearml\.users: Must name one user at least: without any, everyone who reaches the address is let in\./],
  ],
  [{ users: [{ username: "an:na", name: "Anna" }] }, [/^clearml\.users\[0\]\.username: Must be letters, digits/]],
  [
    { image: { tag: "latest" } },
    ["clearml.image.tag: Is `latest`, which changes by itself and is pulled anew at each start; name a version."],
  ],
  [
    { image: { repository: "docker.io/allegroai/clearml" } },
    ["clearml.image.repository: Names a registry, and the chart puts one before it; set image.registry instead."],
  ],
  [
    { version: "7.15.0" },
    [
      /^clearml\.version: ClearML 7\.15\.0 .*Dragonfly.*nearest good ones: 7\.14\.7.*allowUnknownVersions: true to try it as it is\.$/,
    ],
  ],
  [{ image: { tag: "2.3.0" } }, [/^clearml\.image\.tag: ClearML 7\.14\.7 \(chart 7\.14\.7, server 2\.3\.0/]],
  [{ chartVersion: "7.13.0" }, [/^clearml\.chartVersion: ClearML 7\.14\.7 \(chart 7\.13\.0/]],
  [
    { elasticsearch: { heap: "512m" } },
    [
      "clearml.elasticsearch.heap: Is under 1 GB: Elasticsearch runs out of it while it opens ClearML's indices, never gets ready, " +
        "and the API server waits for it without end; set 1g or more, 2g being the chart's own.",
    ],
  ],
  [{ elasticsearch: { heap: "2Gi" } }, [/^clearml\.elasticsearch\.heap: Must be a size as Java writes it/]],
  [
    { resources: { elasticsearch: { limits: { memory: "3Gi" } } } },
    [
      "clearml.resources.elasticsearch.limits.memory: Is too little for a heap of 2g: Elasticsearch needs as much again outside it; " +
        "set 4Gi or more, or a smaller elasticsearch.heap.",
    ],
  ],
  [
    { resources: { elasticsearch: { limits: { memory: "4 GB" } } } },
    ["clearml.resources.elasticsearch.limits.memory: Must be an amount such as 500m, 2 or 1Gi."],
  ],
  [
    { values: { apiserver: { extraEnvs: [] }, clearml: { existingSecret: "mine" } } },
    [
      "clearml.values.apiserver.extraEnvs: Is set by this program; set environment.apiserver.",
      "clearml.values.clearml.existingSecret: Is set by this program; its Secret holds every credential of the server.",
    ],
  ],
  [
    {
      environment: {
        apiserver: {
          CLEARML__services__storage_credentials__aws__s3__key: "k",
          TRAINS__SERVICES__STORAGE_CREDENTIALS: "{}",
        },
      },
    },
    [
      /CLEARML__services__storage_credentials__aws__s3__key: Would give these keys to everybody who signs in/,
      /TRAINS__SERVICES__STORAGE_CREDENTIALS: Would give these keys/,
    ],
  ],
  [
    {
      environment: {
        apiserver: {
          AWS_SECRET_ACCESS_KEY: "s",
          CLEARML_CONFIG_DIR: "/elsewhere",
          CLEARML__APISERVER: '{"auth": {"fixed_users": {"enabled": false}}}',
          CLEARML__APISERVER__AUTH__DELETE_MISSING_AUTOCREATED_USERS: "false",
          CLEARML__BELL: "\u0007",
          TRAINS__apiserver__auth__fixed_users__users: "[]",
        },
        fileserver: { AWS_SECRET_ACCESS_KEY: "s" },
      },
    },
    [
      /AWS_SECRET_ACCESS_KEY: Would give these keys to everybody who signs in/,
      /CLEARML_CONFIG_DIR: Would have the server look elsewhere for the file that says who may sign in; leave it out\./,
      /CLEARML__APISERVER: Says who may sign in, or that everybody may; set users\./,
      /CLEARML__APISERVER__AUTH__DELETE_MISSING_AUTOCREATED_USERS: Would leave their API keys to those/,
      /CLEARML__BELL: Has control characters, which the server does not read; take them out\./,
      /TRAINS__apiserver__auth__fixed_users__users: Says who may sign in/,
    ],
  ],
  [
    {
      environment: {
        apiserver: {
          CLEARML__SERVICES: '{"-storage_credentials": {"aws": {"s3": {"key": "k"}}}}',
          CLEARML__SECURE__AUTH: '{"token_secret": "t"}',
          CLEARML__: "a",
          CLEARML__A____B: "c",
          CLEARML__D: '{"": 1}',
          CLEARML__E: '[{"f.g": "\\u0001"}]',
        },
      },
    },
    [
      /CLEARML__: Names nothing between two `__`, or behind them; write CLEARML__A__B for a\.b\./,
      /CLEARML__A____B: Names nothing/,
      /CLEARML__D: Has a key without a name, at which the server cannot read it\./,
      /CLEARML__E: Has control characters, which the server does not read; take them out\./,
      /CLEARML__E: Has the key `f\.g`, which the server would never look for; write it `f: { g: … }`\./,
      /CLEARML__SECURE__AUTH: Is set already/,
      /CLEARML__SERVICES: Would give these keys to everybody who signs in/,
    ],
  ],
  [
    { values: { redis: { image: { repository: "bitnami/redis", tag: "latest" } } } },
    [
      "clearml.values.redis.image.repository: Names an image that was withdrawn; take bitnamilegacy/redis.",
      "clearml.values.redis.image.tag: Is `latest`, which changes by itself and is pulled anew at each start; name a version.",
    ],
  ],
  [{ storge: {} }, [/^clearml\.storge: Unknown key\. Did you mean `storage`\?/]],
])("%j", (config, expected) => {
  const problems = problemsIn(config).sort();
  expect(problems).toHaveLength(expected.length);
  for (const [index, text] of expected.entries())
    expect(problems[index]).toMatch(typeof text === "string" ? exactly(text) : text);
});

test("everything wrong with a file comes at once", () => {
  const problems = problemsIn({
    port: "eighty",
    heap: "2g",
    addresses: { web: "192.0.2.40", api: "192.0.2.40" },
    elasticsearch: { heap: "256m" },
    users: [{ username: "anna" }],
    image: { tag: "latest" },
    storage: { files: "50" },
  });
  expect(problems.map((line) => line.split(":")[0]).sort()).toEqual([
    "clearml.addresses.api",
    "clearml.elasticsearch.heap",
    "clearml.heap",
    "clearml.image.tag",
    "clearml.port",
    "clearml.storage.files",
    "clearml.users[0].name",
  ]);
});

test("a password that is too short is not shown", () => {
  const problems = problemsIn({ users: [{ username: "anna", name: "Anna", password: "hunter2" }] });
  expect(problems).toHaveLength(1);
  expect(problems.join()).not.toContain("hunter2");
});

const exactly = (text: string) => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
