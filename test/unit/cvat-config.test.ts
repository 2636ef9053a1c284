import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { cvatConfig } from "../../components/cvat/cvat-section.ts";
import { WORKERS } from "../../components/cvat/settings.ts";

/** Every problem of a stack's `cvat` key, as `path: message`. */
function problemsOf(config: unknown): string[] {
  const result = cvatConfig.safeParse(config);
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const COPIED = { secretName: "cvat-tls", copyOf: { namespace: "certificates", name: "wildcard" } };
const WEBHOOK = { name: "ci", url: "https://ci.example.com/cvat", events: ["update:job"] };
const AT_WEBHOOK = "organizations.0.webhooks.0.";
const webhook = (changes: unknown) => ({
  organizations: [{ slug: "lab", webhooks: [Object.assign({}, WEBHOOK, changes)] }],
});

describe("cvat configuration", () => {
  it.each<[string, object]>([
    ["with Nuclio's own image", { values: { nuclio: { dashboard: { image: { tag: "1.17.4-amd64" } } } } }],
    ["with a release that nobody knows", { version: "2.99.0", chart: "2.99.0", allowUnknownVersions: true }],
  ])("takes Buildah %s", (_, changes) => {
    expect(problemsOf({ nuclio: { containerBuilderKind: "buildah" }, ...changes })).toEqual([]);
  });

  it("needs nothing at a homelab", () => {
    const config = cvatConfig.parse({});
    expect(config).toMatchObject({
      enabled: true,
      namespace: "cvat",
      version: "2.64.0",
      imagePullPolicy: "IfNotPresent",
      data: { size: "50Gi", accessMode: "ReadWriteMany" },
      redis: { size: "8Gi", resources: { limits: { memory: "1Gi" } } },
      analytics: { enabled: true, clickhouse: { size: "10Gi" }, grafana: { size: "5Gi", role: "Viewer" } },
      ingress: { host: "" },
      nuclio: { enabled: true, containerBuilderKind: "kaniko" },
      smokescreen: { allowAddresses: [], allowRanges: [] },
      values: {},
    });
    expect(Object.keys(config.workers)).toEqual(Object.keys(WORKERS));
    expect(Object.values(config.workers).map(({ replicas }) => replicas)).toEqual(Array(8).fill(1));
  });

  it("documents every key in its JSON Schema", () => {
    const schema = z.toJSONSchema(cvatConfig, { io: "input", unrepresentable: "any" });
    const bare: string[] = [];
    const walk = (node: z.core.JSONSchema.BaseSchema, path: string) => {
      for (const [key, child] of Object.entries(node.properties ?? {})) {
        if (typeof child === "boolean") continue;
        if (!child.description) bare.push(`${path}${key}`);
        walk(child, `${path}${key}.`);
      }
    };
    walk(schema, "");
    expect(bare).toEqual([]);
  });

  it.each<[string, unknown]>([
    ["the runbook's pair, named", { version: "2.39.0", chart: "0.17.1" }],
    ["images of the same release from elsewhere", { images: { server: "registry.example:5000/cvat/server:v2.64.0" } }],
    ["ReadWriteOnce on one node", { data: { accessMode: "ReadWriteOnce", node: "gpu-node" } }],
    ["https with a host", { ingress: { host: "cvat.example.org", tls: { secretName: "cvat-tls" } } }],
    [
      "a registry with credentials",
      { nuclio: { registry: { url: "registry.example:5000", username: "u", password: "p" } } },
    ],
    ["a registry with a Secret", { nuclio: { registry: { url: "registry.example", existingSecret: "pull" } } }],
    ["another Nuclio", { nuclio: { enabled: false, external: { host: "nuclio.example", namespace: "nuclio" } } }],
    ["no analytics", { analytics: { enabled: false } }],
    ["unknown versions on purpose", { version: "2.60.0", allowUnknownVersions: true }],
  ])("takes %s", (_, config) => expect(problemsOf(config)).toEqual([]));

  it.each<[string, unknown, string]>([
    ["a node whose name is no label", { data: { node: "n".repeat(64) } }, "data.node: must be at most 63 characters"],
    ["unknown key", { worker: {} }, ': Unrecognized key: "worker"'],
    ["unknown worker", { workers: { exports: {} } }, 'workers: Unrecognized key: "exports"'],
    ["latest", { images: { server: "cvat/server:latest" } }, "images.server: `cvat/server:latest` is latest"],
    [
      "no tag",
      { images: { ui: "registry.example:5000/cvat/ui" } },
      "images.ui: `registry.example:5000/cvat/ui` has no tag",
    ],
    [
      "an image of another release",
      { images: { server: "cvat/server:v2.39.0" } },
      "images.server: CVAT 2.64.0 (chart 2.64.0, server 2.39.0, ui 2.64.0, opa 1.12.2, kvrocks 2.15.0, nuclio 1.15) is not a set",
    ],
    [
      "an unknown release",
      { version: "2.47.0" },
      "version: CVAT 2.47.0 (server 2.47.0, ui 2.47.0) is not a set known to work together. The nearest good ones: 2.48.1 (chart 0.17.1",
    ],
    [
      "an unknown pair",
      { version: "2.64.0", chart: "0.17.1" },
      "chart: CVAT 2.64.0 (chart 0.17.1, server 2.64.0, ui 2.64.0) is not a set known to work together",
    ],
    [
      "no chart for an old release",
      { version: "2.41.0", allowUnknownVersions: true },
      "chart: no chart is known for CVAT 2.41.0; name one",
    ],
    ["half a version", { version: "2.64" }, "version: must be a whole version such as 2.64.0"],
    [
      "ReadWriteOnce across nodes",
      { data: { accessMode: "ReadWriteOnce" }, workers: { chunks: { replicas: 3 } } },
      "data.accessMode: ReadWriteOnce, but 8 pods on any node",
    ],
    [
      "a copied certificate that is made by another program too",
      { ingress: { host: "x.example", tls: { ...COPIED, madeInCluster: true } } },
      "ingress.tls.copyOf: is set beside `madeInCluster`",
    ],
    [
      "a certificate that is copied within CVAT's namespace",
      { namespace: "certificates", ingress: { host: "x.example", tls: COPIED } },
      "ingress.tls.copyOf: is in CVAT's own namespace",
    ],
    ["TLS without host", { ingress: { tls: { secretName: "cvat-tls" } } }, "ingress.tls: needs a host name"],
    [
      "user without password",
      { nuclio: { registry: { url: "r.example", username: "u" } } },
      "nuclio.registry.password: is missing beside cvat.nuclio.registry.username",
    ],
    [
      "password without user",
      { nuclio: { registry: { url: "r.example", password: "p" } } },
      "nuclio.registry.username: is missing beside",
    ],
    [
      "both kinds of credentials",
      { nuclio: { registry: { url: "r.example", existingSecret: "s", username: "u", password: "p" } } },
      "nuclio.registry.existingSecret: is set together with",
    ],
    [
      "a registry with a scheme",
      { nuclio: { registry: { url: "https://r.example" } } },
      "nuclio.registry.url: must be HOST[:PORT][/PATH] without http://",
    ],
    [
      "Buildah before Nuclio has it",
      { nuclio: { containerBuilderKind: "buildah" } },
      "nuclio.containerBuilderKind: is buildah, which Nuclio has from 1.17.4 on, and this is 1.15; set kaniko",
    ],
    [
      "Buildah with an image of Nuclio just before it",
      {
        nuclio: { containerBuilderKind: "buildah" },
        values: { nuclio: { dashboard: { image: { tag: "1.17.3-amd64" } } } },
      },
      "nuclio.containerBuilderKind: is buildah, which Nuclio has from 1.17.4 on, and this is 1.17.3-amd64",
    ],
    [
      "two Nuclios",
      { nuclio: { external: { host: "n.example", namespace: "nuclio" } } },
      "nuclio.external: is set while cvat.nuclio.enabled is true",
    ],
    [
      "a range that is none",
      { smokescreen: { allowRanges: ["10.43.0.0"] } },
      "smokescreen.allowRanges.0: must be a range",
    ],
    [
      "an address that is none",
      { smokescreen: { allowAddresses: ["minio:9000"] } },
      "smokescreen.allowAddresses.0: must be an address",
    ],
    ["a webhook to a short name", webhook({ url: "http://receiver/cvat" }), `${AT_WEBHOOK}url: must be http(s)://`],
    ["a webhook to no address", webhook({ url: "receiver" }), `${AT_WEBHOOK}url: must be http(s)://HOST/PATH`],
    ["an event that is none", webhook({ events: ["update:cat"] }), `${AT_WEBHOOK}events.0: `],
    ["a webhook without events", webhook({ events: [] }), `${AT_WEBHOOK}events: Too small`],
    ["a webhook's long secret", webhook({ secret: "s".repeat(65) }), `${AT_WEBHOOK}secret: `],
    ["a size without unit", { kvrocks: { size: "50" } }, "kvrocks.size: must be a size such as 50Gi"],
    ["no replicas", { workers: { export: { replicas: 0 } } }, "workers.export.replicas: Too small"],
    ["a variable that is none", { env: { "cvat-x": "1" } }, "env.cvat-x: "],
  ])("refuses %s", (_, config, problem) => {
    const problems = problemsOf(config);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it("refuses two webhooks of one name or address in an organization, and takes them in two", () => {
    const other = { ...WEBHOOK, name: "chat" };
    expect(problemsOf({ organizations: [{ slug: "lab", webhooks: [WEBHOOK, other] }] })).toEqual([
      "organizations.0.webhooks.1.url: is that of webhooks[0] in the same organization; give each its own",
    ]);
    const webhooks = [WEBHOOK];
    expect(
      problemsOf({
        organizations: [
          { slug: "lab", webhooks },
          { slug: "guests", webhooks },
        ],
      }),
    ).toEqual([]);
  });

  it("tells all problems of a file at once, shapes and rules alike", () => {
    expect(
      problemsOf({
        version: "2.63.0",
        data: { accessMode: "ReadWriteOnce" },
        ingress: { tls: { secretName: "cvat-tls" } },
        analytics: { enabled: false, grafana: { size: "5Gi" } },
        kvrocks: { size: "big" },
        nuclio: { registry: { url: "r.example", username: "u" } },
        sever: {},
      }).map((problem) => problem.split(":")[0]),
    ).toEqual(["kvrocks.size", "", "version", "data.accessMode", "ingress.tls", "nuclio.registry.password"]);
  });

  it("keeps passwords as secret outputs", async () => {
    const { secrets, nuclio } = cvatConfig.parse({
      secrets: { postgresql: "given-password" },
      nuclio: { registry: { url: "r.example", username: "u", password: "registry-password" } },
    });
    const given = [secrets.postgresql, nuclio.registry?.password];
    expect(given.map((text) => pulumi.Output.isInstance(text))).toEqual([true, true]);
    expect(await Promise.all(given.map((text) => pulumi.isSecret(text as pulumi.Output<string>)))).toEqual([
      true,
      true,
    ]);
  });
});
