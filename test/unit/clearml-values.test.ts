import { expect, test } from "vitest";
import { APISERVER_ENV, CREDENTIALS, FILESERVER_ENV } from "../../components/clearml/credentials.ts";
import { OWNED_VALUES } from "../../components/clearml/owned-values.ts";
import { clearmlValues } from "../../components/clearml/values.ts";
import { plannedClearml } from "../fixtures/inputs/planned.ts";

const CANARY = "canary-password-7f3a";

function valuesOf(stack: object) {
  return clearmlValues({
    plan: plannedClearml(stack),
    digests: { apiserver: "digest-a", fileserver: "digest-f" },
  });
}

const LAB = {
  addresses: { web: "192.0.2.40", api: "192.0.2.41", files: "192.0.2.42" },
  users: [{ username: "anna", name: "Anna", password: CANARY }],
};

const env = (path: string, key: string) => ({
  name: `CLEARML__SECURE__${path}`,
  valueFrom: { secretKeyRef: { name: "clearml-credentials", key } },
});

const PREFIXES = {
  name: "CLEARML__services__async_urls_delete__fileserver__url_prefixes",
  value: '["http://192.0.2.42","http://clearml-fileserver.clearml.svc"]',
};

const service = (address: string) => ({
  type: "LoadBalancer",
  port: 80,
  annotations: { "metallb.io/loadBalancerIPs": address, "metallb.universe.tf/loadBalancerIPs": address },
});

test("a homelab's values", () => {
  expect(valuesOf(LAB)).toEqual({
    clearml: {
      existingSecret: "clearml-credentials",
      cookieName: "clearml_token_basic",
      clientConfigurationApiUrl: "http://192.0.2.41",
      clientConfigurationFilesUrl: "http://192.0.2.42",
      apiserverKey: "unused",
      apiserverSecret: "unused",
      fileserverKey: "unused",
      fileserverSecret: "unused",
      readinessprobeKey: "unused",
      readinessprobeSecret: "unused",
      secureAuthTokenSecret: "unused",
      testUserKey: "unused",
      testUserSecret: "unused",
    },
    apiserver: {
      image: { repository: "allegroai/clearml", tag: "2.0.0-613" },
      service: service("192.0.2.41"),
      existingAdditionalConfigsSecret: "clearml-server-configuration",
      podAnnotations: { "vision-platform/configuration": "digest-a" },
      extraEnvs: [
        env("CREDENTIALS__FILESERVER__USER_KEY", "fileserver_key"),
        env("CREDENTIALS__FILESERVER__USER_SECRET", "fileserver_secret"),
        env("CREDENTIALS__WEBSERVER__USER_KEY", "webserver_key"),
        env("CREDENTIALS__WEBSERVER__USER_SECRET", "webserver_secret"),
        env("CREDENTIALS__SERVICES_AGENT__USER_KEY", "services_agent_key"),
        env("CREDENTIALS__SERVICES_AGENT__USER_SECRET", "services_agent_secret"),
        env("HTTP__SESSION_SECRET__APISERVER", "session_secret"),
        PREFIXES,
      ],
    },
    fileserver: {
      image: { repository: "allegroai/clearml", tag: "2.0.0-613" },
      service: service("192.0.2.42"),
      podAnnotations: { "vision-platform/configuration": "digest-f" },
      extraEnvs: [
        env("CREDENTIALS__FILESERVER__USER_KEY", "fileserver_key"),
        env("CREDENTIALS__FILESERVER__USER_SECRET", "fileserver_secret"),
        { name: "CLEARML__FILESERVER__AUTH__TOKENS_CACHE_THRESHOLD_SEC", value: "60" },
      ],
      storage: { enabled: true, data: { class: "longhorn", size: "50Gi" } },
    },
    webserver: {
      image: { repository: "allegroai/clearml", tag: "2.0.0-613" },
      service: service("192.0.2.40"),
      extraEnvs: [
        { name: "WEBSERVER__fileBaseUrl", value: "http://192.0.2.42" },
        { name: "WEBSERVER__useFilesProxy", value: "true" },
      ],
    },
    mongodb: { persistence: { storageClass: "longhorn", size: "10Gi" } },
    redis: { master: { persistence: { storageClass: "longhorn", size: "5Gi" } } },
    elasticsearch: {
      esJavaOpts: "-Xmx2g -Xms2g",
      resources: { requests: { cpu: "100m", memory: "2Gi" }, limits: { cpu: "2", memory: "4Gi" } },
      volumeClaimTemplate: { storageClassName: "longhorn", resources: { requests: { storage: "10Gi" } } },
      sysctlInitContainer: { enabled: true },
      tests: { enabled: false },
    },
  });
});

test("without addresses MetalLB chooses, and nothing is said of URLs nobody knows", () => {
  const values = valuesOf({});
  expect(values["webserver"]).toMatchObject({ service: { type: "LoadBalancer", port: 80 }, extraEnvs: [] });
  expect(JSON.stringify(values)).not.toMatch(/loadBalancerIPs|http:\/\/\d|undefined/);
});

test.each([
  [
    "storage class and sizes",
    { storage: { class: "fast", mongodb: "20Gi" } },
    { mongodb: { persistence: { storageClass: "fast", size: "20Gi" } } },
  ],
  [
    "another port",
    { ...LAB, port: 8080 },
    { clearml: { clientConfigurationApiUrl: "http://192.0.2.41:8080" }, webserver: { service: { port: 8080 } } },
  ],
  [
    "the heap",
    { elasticsearch: { heap: "1536m" } },
    {
      elasticsearch: {
        esJavaOpts: "-Xmx1536m -Xms1536m",
        resources: { requests: { memory: "1536Mi" }, limits: { memory: "3Gi" } },
      },
    },
  ],
  [
    "more memory than the heap needs",
    { resources: { elasticsearch: { limits: { memory: "8Gi" } } } },
    { elasticsearch: { resources: { limits: { cpu: "2", memory: "8Gi" } } } },
  ],
  [
    "a node tuned by hand",
    { elasticsearch: { sysctlInit: false } },
    { elasticsearch: { sysctlInitContainer: { enabled: false } } },
  ],
  ["no IPv6", { disableIpv6: true }, { webserver: { extraEnvs: [{ name: "DISABLE_NGINX_IPV6", value: "true" }] } }],
  ["files fetched directly", { ...LAB, filesThroughWeb: false }, { webserver: { extraEnvs: [] } }],
  [
    "an image of one's own",
    { image: { registry: "registry.example", repository: "m/clearml" } },
    { fileserver: { image: { registry: "registry.example", repository: "m/clearml", tag: "2.0.0-613" } } },
  ],
  [
    "another server on purpose",
    { image: { tag: "2.3.0" }, allowUnknownVersions: true },
    { apiserver: { image: { tag: "2.3.0" } } },
  ],
  [
    "resources",
    { resources: { apiserver: { limits: { memory: "2Gi" } }, redis: { requests: { cpu: "50m" } } } },
    {
      apiserver: { resources: { limits: { memory: "2Gi" } } },
      redis: { master: { resources: { requests: { cpu: "50m" } } } },
    },
  ],
  [
    "the escape hatch, beside ours",
    { values: { mongodb: { podLabels: { a: "b" } } } },
    { mongodb: { podLabels: { a: "b" }, persistence: { size: "10Gi" } } },
  ],
  [
    "the escape hatch, over ours",
    { values: { mongodb: { persistence: { size: "1Gi" } } } },
    { mongodb: { persistence: { storageClass: "longhorn", size: "1Gi" } } },
  ],
])("%s", (_title, stack, values) => {
  expect(valuesOf(stack)).toMatchObject(values);
});

test("environment variables come after ours, so that ours stay", () => {
  const { apiserver } = valuesOf({ ...LAB, environment: { apiserver: { CLEARML__LOGGING__LEVEL: "DEBUG" } } });
  expect(apiserver).toMatchObject({
    extraEnvs: [...APISERVER_ENV, PREFIXES, { name: "CLEARML__LOGGING__LEVEL", value: '"DEBUG"' }],
  });
});

test.each([
  ["*", '"*"'],
  ["$lab", '"$lab"'],
  ['say "hi" \\o/', '"say \\"hi\\" \\\\o/"'],
  ["a=b", '"a=b"'],
  ["[a", '"[a"'],
  ["x,y", '"x,y"'],
  ["a b#c", '"a b#c"'],
  ["12h", '"12h"'],
  ["yes", '"yes"'],
  ["", '""'],
  ["12", "12"],
  ["true", "true"],
  ["null", "null"],
  ['"as it is"', '"as it is"'],
  ['["http://192.0.2.40"]', '["http://192.0.2.40"]'],
  ['{"a": 1}', '{"a": 1}'],
  // Its parser knows fewer escapes than JSON, and reads a number with a blank behind it as text.
  ['["http:\\/\\/x", "\\u00e9", "\\\\u00e9"]', '["http://x", "é", "\\\\u00e9"]'],
  ["12 ", "12"],
])("the value %s of the server's own configuration is written %s", (value, written) => {
  const names = ["CLEARML__CORS__ORIGINS", "TRAINS__a__b"];
  const environment = Object.fromEntries([...names, "PLAIN", "CLEARML_ENV_X"].map((name) => [name, value]));
  const { apiserver } = valuesOf({ environment: { apiserver: environment } });
  expect((apiserver as { extraEnvs: unknown[] }).extraEnvs.slice(-4)).toEqual([
    ...names.map((name) => ({ name, value: written })),
    ...["PLAIN", "CLEARML_ENV_X"].map((name) => ({ name, value })),
  ]);
});

test("no password or key is among the values", () => {
  expect(JSON.stringify(valuesOf(LAB))).not.toContain(CANARY);
});

test("the job that deletes files alone is given the Secret with its key, where there is a store", () => {
  const digests = { apiserver: "a", fileserver: "f" };
  const values = clearmlValues({ plan: plannedClearml(LAB), digests, store: true });
  const { asyncdelete, ...apiserver } = values["apiserver"] as Record<string, unknown>;
  expect(asyncdelete).toEqual({
    extraEnvs: [
      {
        name: "CLEARML__services__storage_credentials__aws__s3__credentials",
        valueFrom: { secretKeyRef: { name: "clearml-delete-job", key: "s3_credentials" } },
      },
    ],
  });
  expect(JSON.stringify({ ...values, apiserver })).not.toMatch(/clearml-delete-job|storage_credentials/);
});

test("every credential that a container takes is in the Secret", () => {
  const taken = [...APISERVER_ENV, ...FILESERVER_ENV].map(({ valueFrom }) => valueFrom?.secretKeyRef.key);
  const kept = CREDENTIALS.map(({ key }) => key);
  expect(kept).toEqual(expect.arrayContaining(taken));
  expect(new Set(kept).size).toBe(kept.length);
});

test("what the escape hatch may not set is what we set", () => {
  const values = valuesOf(LAB);
  const set = ({ path }: (typeof OWNED_VALUES)[number]) =>
    path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], values) !== undefined;
  const onlyForbidden = OWNED_VALUES.filter((row) => !set(row)).map(({ path }) => path.join("."));
  expect(onlyForbidden).toEqual(["apiserver.existingAdditionalConfigsConfigMap", "apiserver.additionalConfigs"]);
});
