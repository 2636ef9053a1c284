import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificatesIn } from "../../automation/rehearsal/services/minio/certificates.ts";
import { readAuthority } from "../../automation/stackfile/authority-file.ts";
import type { RenderedObject } from "../../components/kubernetes/rendered-object.ts";
import { podTemplate } from "../../components/charts/pods.ts";
import { agentPlan } from "../../components/clearml/agent/plan.ts";
import { clearmlConfig } from "../../components/clearml/clearml-section.ts";
import { agentValues } from "../../components/clearml/agent/values.ts";
import { urlsOfTasks } from "../../components/clearml/agent/agent.ts";
import { cvatFixes } from "../../components/cvat/fixes.ts";
import { functionsConfig } from "../../components/nuclio/functions-section.ts";
import { functionPlan } from "../../components/nuclio/plan.ts";
import { functionObject } from "../../components/nuclio/spec.ts";
import { authorityName } from "../../components/storage/authority.ts";

let folder: string;
let ca: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "authority-"));
  ({ ca } = await certificatesIn(path.join(folder, "made")));
});
afterAll(() => rm(folder, { recursive: true }));

describe("the file of objectStore.ca", () => {
  const read = async (text: string | undefined, file = "store-ca.crt") => {
    if (text !== undefined) await writeFile(path.join(folder, file), text);
    return readAuthority({ ca: file }, folder);
  };

  it("gives its certificates, without what else stands there", async () => {
    expect(await read(`# Our authority\n${ca}\n${ca}`)).toEqual({
      certificates: `${ca.trim()}\n${ca.trim()}\n`,
      problems: [],
    });
    expect(await readAuthority({}, folder)).toEqual({ problems: [] });
    expect(await readAuthority(undefined, folder)).toEqual({ problems: [] });
    // What the key itself is refused for is said of the key.
    expect(await readAuthority({ ca: "/etc/passwd" }, folder)).toEqual({ problems: [] });
  });

  it.each([
    ["that is not there", undefined, "none.crt", /none\.crt cannot be read \(ENOENT\)\. It is relative to /],
    ["without a certificate", "hello", "text.crt", /text\.crt is no certificate in PEM/],
    [
      "with a broken one",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      "broken.crt",
      /broken\.crt is no certificate in PEM/,
    ],
  ])("is refused %s, with the key", async (_, text, file, words) => {
    const { certificates, problems } = await read(text, file);
    expect([certificates, problems.map(({ path: key }) => key)]).toEqual([
      undefined,
      ["vision-platform:objectStore.ca"],
    ]);
    expect(problems[0]?.message).toMatch(words);
  });

  it("is refused with a private key in it, which is not repeated", async () => {
    const key = await readFile(path.join(folder, "made", "server", "private.key"), "utf8");
    const { certificates, problems } = await read(ca + key, "both.crt");
    expect(certificates).toBeUndefined();
    expect(problems.map(({ path: at, message }) => `${at}: ${message}`).join()).toMatch(
      /^vision-platform:objectStore\.ca: both\.crt holds a private key/,
    );
  });
});

describe("the certificates reach", () => {
  it("what mounts them under another name when they are others, so that it starts anew", () => {
    expect(authorityName(ca)).toMatch(/^object-store-ca-[0-9a-f]{8}$/);
    expect(authorityName(`${ca}\n`)).not.toBe(authorityName(ca));
  });

  const backend = (kind: string): RenderedObject => ({
    apiVersion: kind === "Job" ? "batch/v1" : "apps/v1",
    kind,
    metadata: { name: "cvat-backend-server", labels: { app: "cvat-app", tier: "backend" } },
    spec: {
      template: {
        spec: {
          containers: [
            { name: "cvat-backend", image: "cvat/server:v2.64.0", securityContext: { runAsNonRoot: true }, env: [] },
          ],
        },
      },
    },
  });
  const fixes = (authority?: string) =>
    cvatFixes({ cvat: "2.64.0", chart: "2.64.0", ingressAnnotations: {}, authority });

  it("CVAT's server and workers, together with the public ones, before they start", () => {
    const fix = fixes("object-store-ca-1").find(({ id }) => id === "object-store-ca");
    const object = backend("Deployment");
    expect([fix?.matches(object), fix?.stillNeeded(object)]).toEqual([true, true]);
    fix?.apply(object);
    expect(fix?.stillNeeded(object)).toBe(false);
    const pod = podTemplate(object)?.spec;
    expect(pod?.volumes).toEqual([
      { name: "object-store-ca", configMap: { name: "object-store-ca-1" } },
      { name: "authorities", emptyDir: {} },
    ]);
    const [first] = pod?.initContainers ?? [];
    expect(first).toMatchObject({ image: "cvat/server:v2.64.0", securityContext: { runAsNonRoot: true } });
    const [container] = pod?.containers ?? [];
    const bundle = container?.env?.find(({ name }) => name === "AWS_CA_BUNDLE")?.value ?? "";
    expect(first?.args?.join()).toMatch(
      new RegExp(`cat .*where.* /etc/vision-platform/object-store/ca\\.crt > ${bundle}$`),
    );
    expect(container?.volumeMounts).toContainEqual({
      name: "authorities",
      mountPath: path.posix.dirname(bundle),
      readOnly: true,
    });
  });

  it("not CVAT's Job, which never changes, and nobody where there is no authority", () => {
    const fix = fixes("object-store-ca-1").find(({ id }) => id === "object-store-ca");
    expect(fix?.matches(backend("Job"))).toBe(false);
    expect(fixes().map(({ id }) => id)).not.toContain("object-store-ca");
  });

  it("a function that reads a model, and no other", () => {
    const functions = functionsConfig.parse({
      yolo: {
        kind: "detector",
        description: "Detects.",
        image: "r.example.com/y:1",
        labels: ["car"],
        model: { bucket: "models", key: "y.onnx" },
      },
      sam: { kind: "interactor", description: "Segments.", image: "r.example.com/s:1", interactor: {} },
    });
    const store = {
      endpoint: "https://192.0.2.30:9000",
      region: "eu-lab-1",
      secret: "s",
      authority: "object-store-ca-1",
    };
    const [yolo, sam] = (["yolo", "sam"] as const).map((name) => {
      const config = functions[name];
      if (!config) throw new Error(name);
      return functionObject(name, functionPlan(config), { namespace: "cvat", store, hasField: true }).spec;
    });
    expect(yolo?.env).toContainEqual({ name: "AWS_CA_BUNDLE", value: "/etc/vision-platform/object-store/ca.crt" });
    expect(yolo?.volumes).toEqual([
      {
        volume: { name: "object-store-ca", configMap: { name: "object-store-ca-1" } },
        volumeMount: { name: "object-store-ca", mountPath: "/etc/vision-platform/object-store", readOnly: true },
      },
    ]);
    expect(sam).not.toHaveProperty("volumes");
  });

  it("ClearML's agent and the pods of its tasks", () => {
    const config = clearmlConfig.parse({ addresses: { api: "192.0.2.41" }, agent: { enabled: true } });
    const values = agentValues({
      plan: agentPlan(config.agent, "5.3.3"),
      urls: urlsOfTasks(config),
      s3: true,
      authority: "object-store-ca-1",
      digest: "digest",
    }) as { agentk8sglue: Record<string, unknown> & { basePodTemplate: Record<string, unknown> } };
    const { volumes, volumeMounts, basePodTemplate } = values.agentk8sglue;
    expect(volumes).toEqual([{ name: "object-store-ca", configMap: { name: "object-store-ca-1" } }]);
    expect(volumeMounts).toEqual([
      { name: "object-store-ca", mountPath: "/etc/vision-platform/object-store", readOnly: true },
    ]);
    expect(basePodTemplate["volumes"]).toEqual(expect.arrayContaining(volumes as object[]));
    expect(basePodTemplate["volumeMounts"]).toEqual(expect.arrayContaining(volumeMounts as object[]));
  });
});
