import { describe, expect, it } from "vitest";
import { UNKNOWN } from "../../components/records/kind.ts";
import { TOKENS, type Token } from "../../components/records/tokens.ts";
import { kindNamed } from "../../provider/kinds.ts";
import type { Props } from "../../provider/protocol/values.ts";
import { object } from "./nuclio-fixtures.ts";
import { asked } from "./provider-fixtures.ts";

const CVAT = { endpoint: "http://192.0.2.20", username: "admin", password: "correct-horse" };
const CLUSTER = { namespace: "cvat", kubeconfig: "/nowhere", context: "lab" };
const PLACE = { server: "192.0.2.30:9000", tls: false, region: "us-east-1", user: "root", password: "root-secret" };

/** Of each kind one that a stack made, and is asked for again: its inputs, and what its outputs have beside them. */
const SAMPLES: Readonly<Record<Token, { inputs: Props; learned?: Props }>> = {
  "clearml:ApiKeys": { inputs: { endpoint: "http://192.0.2.41", people: { anna: "her-password" } } },
  "clearml:Queue": {
    inputs: { name: "gpu", connection: { endpoint: "http://192.0.2.41", accessKey: "key", secretKey: "secret" } },
    learned: { adopted: false },
  },
  // Nobody is there to be asked, and what cannot be told changes nothing.
  "cvat:AccessToken": {
    inputs: {
      connection: { ...CVAT, endpoint: "http://127.0.0.1:1", username: "notebooks", token: "0123" },
      ...{ administrator: CVAT, name: "discovery", readOnly: true, days: 90, renewBefore: 30, rotation: 0 },
    },
    learned: {
      ...{ tokenId: 3, created: "2026-12-01T00:00:00.000Z", value: "abc.def" },
      ...{ expires: "2999-01-01T00:00:00.000Z", drift: [] },
    },
  },
  "cvat:CloudStorage": {
    inputs: {
      ...{ connection: CVAT, name: "datasets", bucket: "datasets", endpoint: "http://192.0.2.30:9000" },
      ...{ region: "us-east-1", prefix: "", description: "", manifests: ["manifest.jsonl"], organization: "lab" },
      ...{ accessKey: "key", secretKey: "secret", force: false },
    },
    learned: { storageId: 3 },
  },
  "cvat:Membership": { inputs: { connection: CVAT, organization: "lab", username: "alice", role: "worker" } },
  "cvat:Organization": {
    inputs: { connection: CVAT, slug: "lab", name: "The lab", description: "", contact: { email: "lab@example.test" } },
    learned: { organizationId: 1 },
  },
  "cvat:Project": {
    inputs: {
      ...{ connection: CVAT, name: "street", organization: "lab", sourceStorage: "datasets", targetStorage: "cvat" },
      labels: [{ name: "car", type: "any", color: "#ff0000", attributes: [], points: [], edges: [] }],
      force: false,
    },
    learned: { projectId: 1 },
  },
  // Nobody is there to be asked: what was proved stays.
  "cvat:RegistrationProof": {
    inputs: { endpoint: "http://127.0.0.1:1", connection: CLUSTER },
    learned: { closed: true },
  },
  "cvat:UsersReady": { inputs: { connection: CLUSTER, job: "a-uid", timeoutMs: 1000 } },
  "cvat:Webhook": {
    inputs: {
      ...{ connection: CVAT, organization: "lab", name: "ci", url: "https://ci.example.com", events: ["update:job"] },
      ...{ secret: "hook-secret", verifyTls: true, active: true },
    },
  },
  // Nobody is there to be asked, which is a warning.
  "edge:Proof": {
    inputs: { url: "http://127.0.0.1:1", open: "http://127.0.0.1:1/open", header: "X-Who", refusesSlashes: true },
    learned: { asked: true },
  },
  "images:Presence": {
    inputs: {
      image: { reference: "registry.internal/agent:1", digest: "abc", method: "k3s", dataDir: "/var/lib/rancher/k3s" },
      connection: { node: "gpu-1", host: "192.0.2.10", privateKey: "key" },
      builder: { builder: "auto" },
    },
    learned: { generation: "one" },
  },
  "nuclio:Function": {
    inputs: {
      ...{ connection: CLUSTER, function: object(), runtimeClass: "nvidia", readyMs: 1000, buildMs: 0 },
      ...{ seen: { finding: "fine" }, after: "ready" },
    },
    learned: { image: "registry.example/vision/helmets:1.0.0", runtimeClassBy: "field", drift: [] },
  },
  "nuclio:Project": { inputs: { connection: CLUSTER, name: "cvat", after: "ready" } },
  "preflight:Cluster": { inputs: { uid: "8e4f" } },
  "readiness:Job": {
    inputs: { connection: CLUSTER, name: "cvat-database", failed: "It was not made", job: "a-uid", timeoutMs: 1000 },
  },
  "readiness:Gate": {
    inputs: {
      ...{ title: "CVAT", connection: CLUSTER, rendered: "digest", services: { web: "digest" } },
      ...{ expectations: [{ kind: "Service", name: "web", stage: "addresses" }], timeoutMs: 1000, timeoutKey: "key" },
    },
    learned: { addresses: { web: "192.0.2.40" } },
  },
  "secrets:Departures": { inputs: { holders: { anna: "hash" }, count: 7 } },
  "secrets:GeneratedText": {
    inputs: { length: 8, alphabet: "abc", first: "a", rotation: 0 },
    learned: { value: "abcabcab" },
  },
  "secrets:KeptPasswords": {
    inputs: { connection: CLUSTER, kept: [{ secret: "cvat-postgresql", field: "password", password: "it" }] },
  },
  "secrets:Restart": { inputs: { connection: CLUSTER, digests: { redis: "a" }, stores: ["redis"], timeoutMs: 1000 } },
  "sso:KeycloakClient": {
    inputs: {
      connection: {
        ...{ issuer: "https://auth.example.com/realms/lab", url: "https://auth.example.com", realm: "lab" },
        ...{ adminClient: "vision-platform", adminSecret: "secret" },
      },
      ...{ clientId: "cvat", secret: "client-secret", settings: { enabled: true }, redirectUris: [], webOrigins: [] },
      ...{ postLogoutUris: [], attributes: {}, flows: {}, mappers: {}, defaultScopes: ["basic"], optionalScopes: [] },
      roles: [],
    },
    learned: { drift: [] },
  },
  "storage:DerivedKeys": { inputs: { place: PLACE, keys: { cvat: "one" } } },
  "storage:Presence": { inputs: { deployment: "d-1", seen: true, missing: [], remedy: "" } },
};

async function sample(token: Token) {
  const { inputs, learned = {} } = SAMPLES[token];
  // As a state has them: what is undefined is not there.
  const written = JSON.parse(JSON.stringify({ inputs, outs: { ...inputs, ...learned } })) as Record<string, Props>;
  return { ...(written as { inputs: Props; outs: Props }), ask: await asked(await kindNamed(token)) };
}

describe.each(TOKENS)("%s", (token) => {
  it("does not change while its inputs are as they were", async () => {
    const { inputs, outs, ask } = await sample(token);
    expect(await ask.diff(outs, inputs)).toMatchObject({ changes: false, replaces: [] });
  });

  it("is not refused, changes, and is made anew for nothing while any one input is not known", async () => {
    const { inputs, outs, ask } = await sample(token);
    for (const key of Object.keys(inputs)) {
      const checked = await ask.check({ ...inputs, [key]: UNKNOWN }, inputs);
      expect(checked.problems, key).toEqual([]);
      const { changed, replaces } = await ask.diff(outs, { ...checked.inputs, [key]: UNKNOWN });
      expect(changed).toContain(key);
      expect(replaces, key).toEqual([]);
      const deep = await ask.diff(outs, { ...inputs, [key]: { deep: [UNKNOWN] } });
      expect(deep.replaces, key).toEqual([]);
    }
  });

  it("is compared where an older state lacks any one input", async () => {
    const { inputs, outs, ask } = await sample(token);
    for (const key of Object.keys(inputs)) {
      const older = Object.fromEntries(Object.entries(outs).filter(([one]) => one !== key));
      await ask.diff(older, inputs);
      // Neither does anything stand in for it while it is not known.
      const { changed, replaces } = await ask.diff(older, { ...inputs, [key]: UNKNOWN });
      expect([changed, replaces]).toEqual([[key], []]);
    }
  });
});
