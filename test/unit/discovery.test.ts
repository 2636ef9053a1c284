import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { dependenciesOf, ownServicesOf, type Surroundings } from "../../components/discovery/dependencies.ts";
import { Discovery } from "../../components/discovery/discovery.ts";
import { discoveryConfig } from "../../components/discovery/discovery-section.ts";
import { cliFile } from "../../components/discovery/environment.ts";
import { serviceMap, type ServiceInput } from "../../components/discovery/service.ts";
import { parseLab } from "../../components/lab/parse.ts";
import { namespacesIn, notebooksAreThere } from "../../components/preflight/notebooks.ts";
import { planned, plannedCvat } from "../fixtures/inputs/planned.ts";
import { NOTHING } from "./cluster-facts.ts";
import { recordRegistrations, settled } from "./registrations.ts";

const TOKEN = "Ab3dEf6h.0123456789abcdef0123456789abcdef";
const registered = recordRegistrations(() => TOKEN);

const CONFIG = { token: { user: "notebooks" }, notebooks: [{ namespace: "jupyter" }] };
const config = discoveryConfig.parse(CONFIG);
const ALL_EXTERNAL = {
  postgresql: { external: { host: "db.example.com", existingSecret: "database" } },
  redis: { external: { host: "queues.example.com", existingSecret: "queues" } },
  kvrocks: { external: { host: "cache.example.com", existingSecret: "cache" } },
  analytics: { clickhouse: { external: { host: "events.example.com", existingSecret: "events" } } },
  nuclio: { enabled: false, external: { host: "nuclio.example.com", namespace: "nuclio" } },
};
const around = (section: object = {}, changes: Partial<Surroundings> = {}): Surroundings => ({
  cvat: plannedCvat(section).config,
  ...{ issuer: false, objectStore: false, registry: false },
  ...changes,
});

describe("what CVAT depends on", () => {
  it.each<[string, Surroundings, string[], string[]]>([
    ["nothing of others", around(), [], ["postgresql", "redis", "kvrocks", "clickhouse", "nuclio"]],
    [
      "all of others, one store named once",
      around(ALL_EXTERNAL, { issuer: true, objectStore: true, registry: true }),
      ["postgresql", "valkey", "clickhouse", "nuclio", "keycloak", "minio", "harbor"],
      [],
    ],
    [
      "no analytics and no Nuclio",
      around({ analytics: { enabled: false }, nuclio: { enabled: false } }),
      [],
      ["postgresql", "redis", "kvrocks"],
    ],
    [
      "a mixture",
      around({ redis: ALL_EXTERNAL.redis }, { objectStore: true }),
      ["valkey", "minio"],
      ["postgresql", "kvrocks", "clickhouse", "nuclio"],
    ],
  ])("%s", (_, surroundings, dependencies, own) => {
    expect(dependenciesOf(config.names, surroundings)).toEqual(dependencies);
    expect(ownServicesOf(surroundings)).toEqual(own);
  });
});

const input = (changes: Partial<ServiceInput> = {}): ServiceInput => ({
  config,
  surroundings: around(ALL_EXTERNAL, { issuer: true }),
  addresses: {
    ...{ people: "https://cvat.example.com", programs: "https://cvat-api.example.com" },
    analytics: "https://cvat.example.com/analytics",
  },
  ...{ namespace: "annotation", version: "2.64.0", oidcClient: "cvat" },
  ...changes,
});
const written = (changes: Partial<ServiceInput> = {}) =>
  (parse(serviceMap(input(changes)).data["service.yaml"]) as { service: Record<string, unknown> }).service;

/** The fields that the platform's own 30 ConfigMaps have; `own_services` is ours. (thinkube.md 6) */
const SCHEMA = {
  service: [
    ...["name", "display_name", "description", "type", "category", "icon", "component_version", "endpoints"],
    ...["dependencies", "scaling", "metadata", "environment_variables"],
  ],
  endpoint: ["name", "type", "url", "health_url", "description", "primary"],
  scaling: ["resource_type", "resource_name", "namespace", "min_replicas", "can_disable"],
  metadata: ["authentication", "supports_oidc", "oidc_client_id", "features", "own_services"],
};
const keysOf = (value: unknown) => Object.keys(value as object);

describe("the ConfigMap", () => {
  it("is found by its labels, and has the platform's fields and no other", () => {
    const { metadata } = serviceMap(input());
    expect(metadata).toEqual({
      ...{ name: "thinkube-service-config", namespace: "annotation" },
      labels: {
        "thinkube.io/managed": "true",
        "thinkube.io/service-type": "optional",
        "thinkube.io/service-name": "cvat",
        "thinkube.io/component-version": "2.64.0",
      },
    });
    const service = written();
    expect(keysOf(service)).toEqual(SCHEMA.service);
    for (const endpoint of service["endpoints"] as object[])
      expect(keysOf(endpoint).filter((key) => !SCHEMA.endpoint.includes(key))).toEqual([]);
    expect(keysOf(service["scaling"])).toEqual(SCHEMA.scaling);
    expect(keysOf(service["metadata"])).toEqual(SCHEMA.metadata);
  });

  it("leads people to CVAT and programs to where their token is taken", () => {
    const service = written();
    expect(service["endpoints"]).toMatchObject([
      {
        ...{ name: "dashboard", url: "https://cvat.example.com", primary: true },
        health_url: "https://cvat-api.example.com/api/server/health/?format=json",
      },
      { name: "api", url: "https://cvat-api.example.com/api" },
      { name: "analytics", url: "https://cvat.example.com/analytics" },
    ]);
    expect(service["environment_variables"]).toEqual([
      { name: "CVAT_HOST", value: "https://cvat-api.example.com" },
      {
        name: "CVAT_ACCESS_TOKEN",
        valueFrom: { secretKeyRef: { namespace: "annotation", name: "cvat-discovery", key: "CVAT_ACCESS_TOKEN" } },
      },
    ]);
  });

  it("says what is so: without sign-in, analytics, a token", () => {
    const { addresses } = input();
    const service = written({
      config: discoveryConfig.parse({}),
      addresses: { ...addresses, analytics: undefined },
      oidcClient: undefined,
    });
    expect(service["metadata"]).toMatchObject({ authentication: "token", supports_oidc: false });
    expect(service["endpoints"]).toHaveLength(2);
    expect(service["environment_variables"]).toEqual([{ name: "CVAT_HOST", value: addresses.programs }]);
  });
});

describe("Discovery", () => {
  /** Registers it on a cluster with these namespaces. */
  async function up(namespaces: string[] | undefined, changes: object = {}) {
    registered.length = 0;
    const connection = { endpoint: "https://cvat-api.example.com", patienceMs: 1 };
    const made = new Discovery(
      "discovery",
      {
        config: discoveryConfig.parse({ ...CONFIG, ...changes }),
        cvat: {
          namespace: pulumi.output("annotation"),
          url: pulumi.output("https://cvat.example.com"),
          addressForPrograms: pulumi.output("https://cvat-api.example.com"),
          analyticsUrl: undefined,
          ...{ version: "2.64.0", superuser: "boss" },
          connectionAs: (username) => pulumi.output({ ...connection, username, password: `of ${username}` }),
        },
        surroundings: around(),
        oidcClient: undefined,
        cluster: {
          provider: new k8s.Provider("cluster", { kubeconfig: "{}" }),
          ...{ access: {}, readyTimeoutMs: 1000 },
          prepared: {
            ...{ inPlaceOfOld: new Set<string>(), madeAgain: new Set<string>() },
            ...(namespaces && { namespaces: new Set(namespaces) }),
          },
        },
      },
      {},
    );
    await settled(registered);
    return made;
  }
  const inputsOf = (name: string) => registered.find((one) => one.name === name)?.inputs;
  const names = () => registered.map(({ name }) => name).filter((name) => name.startsWith("discovery-"));

  it("keeps a token of its user that only reads, and hands it on in Secrets alone", async () => {
    await up(["jupyter"]);
    expect(names().sort()).toEqual([
      "discovery-access",
      "discovery-jupyter-cvat-access",
      "discovery-jupyter-cvat-access-cli",
      "discovery-service",
      "discovery-token",
    ]);
    const token = JSON.stringify(inputsOf("discovery-token"));
    expect(token).toContain('"readOnly":true');
    expect(token).toMatch(/"administrator".*"boss".*"connection".*"notebooks"/s);
    const environment = { CVAT_HOST: "https://cvat-api.example.com", CVAT_ACCESS_TOKEN: TOKEN };
    for (const name of ["discovery-access", "discovery-jupyter-cvat-access"])
      expect(inputsOf(name)?.["stringData"]).toMatchObject({ value: environment });
    expect(inputsOf("discovery-jupyter-cvat-access-cli")).toMatchObject({
      metadata: { name: "cvat-access-cli", namespace: "jupyter" },
    });
    expect(JSON.stringify(inputsOf("discovery-service"))).not.toContain(TOKEN);
  });

  it("makes nothing where there is no namespace, and all where that is not known", async () => {
    expect((await up(["kube-system"])).notebooks).toEqual([]);
    expect(names().filter((name) => name.includes("jupyter"))).toEqual([]);
    expect(names()).toContain("discovery-access");
    expect((await up(undefined)).notebooks).toEqual(["jupyter"]);
  });

  it("is a ConfigMap alone without a token", async () => {
    await up([], { token: undefined, notebooks: [] });
    expect(names()).toEqual(["discovery-service"]);
  });
});

it("a namespace of notebooks that is not there, or goes, is told", () => {
  const PLAN = planned({
    ...{ traefik: { address: "192.0.2.20" }, clearml: { enabled: false } },
    cvat: { users: [{ username: "notebooks" }] },
    discovery: CONFIG,
  });
  const namespace = (name: string, more: object = {}) => ({ metadata: { name, ...more } });
  const told = (namespaces: object[] | undefined) =>
    notebooksAreThere({ ...NOTHING, namespaces }, PLAN).map(({ severity, path }) => `${severity} ${path}`);
  const warned = ["warning vision-platform:discovery.notebooks[0].namespace"];
  expect(told([namespace("jupyter")])).toEqual([]);
  expect(told(undefined)).toEqual([]);
  expect(told([namespace("default")])).toEqual(warned);
  const going = [namespace("jupyter", { deletionTimestamp: "2026-12-01T10:00:00Z" })];
  expect(told(going)).toEqual(warned);
  expect(namespacesIn({ namespaces: going })).toEqual(new Set());
});

it("the file for a shell has what the environment has", () => {
  const [text = ""] = Object.values(
    cliFile({ host: "https://cvat.example.com", token: TOKEN }, { username: "eva", readOnly: true, version: "2.64.0" }),
  );
  expect(text.split("\n").filter((line) => !line.startsWith("#"))).toEqual([
    "CVAT_HOST=https://cvat.example.com",
    `CVAT_ACCESS_TOKEN=${TOKEN}`,
    "",
  ]);
});

describe("a stack file is refused", () => {
  const SSO = {
    issuer: "https://auth.example.com/realms/lab",
    allowedGroups: ["/a"],
    groups: { "/a": {} },
  };
  const INGRESS = { host: "cvat.example.com", tls: { secretName: "tls" } };
  const problems = (discovery: object, cvat: object = {}, more: object = {}) =>
    parseLab({
      ...{ traefik: { address: "192.0.2.20" }, clearml: { enabled: false } },
      cvat: { users: [{ username: "notebooks" }], ingress: INGRESS, ...cvat },
      discovery,
      ...more,
    }).problems.map(({ path, message }) => `${path}: ${message}`);
  const user = (changes: object) => ({ users: [{ username: "notebooks", ...changes }] });

  it.each<[string, object, object, object, RegExp | undefined]>([
    ["not for what is sound", CONFIG, {}, {}, undefined],
    ["for notebooks without a token", { notebooks: CONFIG.notebooks }, {}, {}, /discovery\.token: Is missing/i],
    [
      "for one Secret twice",
      { ...CONFIG, notebooks: [...CONFIG.notebooks, ...CONFIG.notebooks] },
      {},
      {},
      /notebooks\[1\]: .*jupyter\/cvat-access/i,
    ],
    [
      "for a renewal each day",
      { token: { user: "notebooks", days: 30 } },
      {},
      {},
      /renewBefore: .*less than the 30 days/i,
    ],
    ["for a token of nobody", { token: { user: "ghost" } }, {}, {}, /token\.user: Is nobody of .*has notebooks:/],
    ["for one of the superuser", { token: { user: "admin" } }, {}, {}, /token\.user: Is the superuser/],
    ["for one of an administrator", CONFIG, user({ role: "admin" }), {}, /token\.user: Has the role `admin`/],
    [
      "for a CVAT without tokens",
      CONFIG,
      { version: "2.39.0" },
      {},
      /discovery\.token: Is of no use with CVAT 2\.39\.0/,
    ],
    ["without CVAT", CONFIG, { enabled: false }, {}, /discovery: Tells where CVAT is, which is off/],
    ["for a user who cannot sign in", CONFIG, {}, { sso: SSO }, /token\.user: Cannot sign in by a password/],
    ["not for a program's user", CONFIG, user({ program: true }), { sso: SSO }, undefined],
    ["not where passwords are good", CONFIG, {}, { sso: { ...SSO, passwordLogin: true } }, undefined],
    [
      "for a program's user whose password somebody chose",
      CONFIG,
      user({ program: true, password: "a-chosen-one" }),
      {},
      /users\[0\]\.password: .*beside `program`/i,
    ],
    ["where nobody says how CVAT is reached", CONFIG, { ingress: {} }, { traefik: {} }, /cvat\.endpoint: Is missing/],
  ])("%s", (_, discovery, cvat, more, expected) => {
    const found = problems(discovery, cvat, more);
    if (expected === undefined) expect(found).toEqual([]);
    else expect(found).toEqual([expect.stringMatching(expected)]);
  });
});
