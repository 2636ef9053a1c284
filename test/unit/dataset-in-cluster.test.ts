import { ApiException, type V1Job, type V1Pod } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { refusal } from "../../automation/data/in-cluster/cluster.ts";
import { progressText } from "../../automation/data/in-cluster/followed.ts";
import { filesOf, jobOf } from "../../automation/data/in-cluster/job.ts";
import { podProgram } from "../../automation/data/in-cluster/program.ts";
import { failureOf, troubleOf } from "../../automation/data/in-cluster/troubles.ts";
import type { Work } from "../../automation/data/in-cluster/work.ts";
import { podProcesses } from "../../automation/rehearsal/cluster/pods/process.ts";
import { parseLab } from "../../components/lab/parse.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
/** What the API server takes of a ConfigMap, all keys together. (kubernetes: pkg/apis/core/validation, MaxSecretSize) */
const CONFIG_MAP_BYTES = 1024 * 1024;

const work: Work = {
  verb: "check",
  bucket: "datasets",
  prefix: "street",
  parts: [{ until: "m" }, { after: "m" }],
  objects: 10,
  deep: false,
  parallel: 16,
  temporary: { bucket: "cvat", folder: "temporary/in-cluster/x/" },
  hasPackages: true,
};
const jobFor = (deep = false) =>
  jobOf({
    ...{ name: "dataset-check-1", namespace: "cvat", digest: "d", image: `node:22@${DIGEST}` },
    work: { ...work, deep },
    processors: deep ? ["amd64"] : undefined,
  });
const place = { server: "192.0.2.30:9000", tls: true, region: "x", user: "anna", password: "canary-5e1", ca: "PEM" };

describe("the Job", () => {
  it("has a pod for each part, tried again each by itself, and goes after an hour where nobody takes it", () => {
    expect(jobFor().spec).toMatchObject({
      ...{ suspend: true, completionMode: "Indexed", completions: 2, parallelism: 2 },
      ...{ backoffLimitPerIndex: 2, maxFailedIndexes: 0, ttlSecondsAfterFinished: 3600 },
    });
  });

  it("runs as nobody in particular, with no way to the cluster's API, on nodes that its packages are made for", () => {
    const { spec } = jobFor(true).spec.template;
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      restartPolicy: "Never",
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          securityContext: {
            ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
          },
        },
      ],
    });
    expect(JSON.stringify(spec.affinity)).toContain('"kubernetes.io/arch","operator":"In","values":["amd64"]');
    expect(jobFor().spec.template.spec.affinity).toEqual({});
  });

  it("has its key in a Secret, which goes with it, and nowhere else", () => {
    const job = jobFor();
    const { configMap, secret } = filesOf(job, "7", { program: "program", work, place });
    for (const { metadata } of [configMap, secret])
      expect(metadata.ownerReferences).toEqual([
        { apiVersion: "batch/v1", kind: "Job", name: "dataset-check-1", uid: "7" },
      ]);
    expect(JSON.stringify(secret)).toContain(place.password);
    expect(JSON.stringify([job, configMap])).not.toContain(place.password);
  });

  it("has its program in a ConfigMap, with room for the names of a hundred parts", async () => {
    const names = 100 * 2 * 1024;
    expect(Buffer.byteLength(await podProgram()) + names).toBeLessThan(CONFIG_MAP_BYTES * 0.75);
  });

  it("is run from its own spec in a rehearsal: mounts are folders, and its index is in its environment", async () => {
    const { spec } = jobFor().spec.template;
    const key = "batch.kubernetes.io/job-completion-index";
    // As the Job's controller makes it. (kubernetes: pkg/controller/job, addCompletionIndexEnvVariable)
    const fieldRef = { fieldPath: `metadata.annotations['${key}']` };
    const env = [{ name: "JOB_COMPLETION_INDEX", valueFrom: { fieldRef } }];
    const pod = {
      metadata: { annotations: { [key]: "1" } },
      spec: {
        containers: spec.containers.map((one) => ({ ...one, env })),
        volumes: spec.volumes.map(({ name }) => ({ name, persistentVolumeClaim: { claimName: name } })),
      },
    } as unknown as V1Pod;
    const none = () => Promise.reject(new Error());
    const sources = { configMap: none, secret: none, token: none };
    const [run] = await podProcesses(pod, "/nowhere", { ...sources, claim: (name) => `/claims/${name}` });
    expect(run?.env).toEqual({ JOB_COMPLETION_INDEX: "1" });
    expect(run?.words.slice(2)).toEqual([
      "/claims/program/program.mjs",
      "/claims/program/work.json",
      "/claims/key/place.json",
      "/claims/scratch",
    ]);
  });
});

describe("what is told of pods", () => {
  const pod = (status: object) => ({ metadata: { name: "p-0" }, status }) as unknown as V1Pod;
  const container = (state: object) => ({
    containerStatuses: [{ name: "work", image: "", imageID: "", ready: false, restartCount: 0, state }],
  });

  it("that cannot begin: an image, a spec, no node; and nothing of those that work", () => {
    const waiting = (reason: string, message: string) =>
      pod({ phase: "Pending", ...container({ waiting: { reason, message } }) });
    expect(troubleOf([waiting("ErrImagePull", "not found")])?.text).toMatch(
      /^Pod p-0 cannot pull its image \(ErrImagePull\): not found\. It is what vision-platform:images\.node names/,
    );
    expect(troubleOf([waiting("CreateContainerConfigError", "no uid")])?.text).toBe(
      "Pod p-0 does not start (CreateContainerConfigError): no uid.",
    );
    const conditions = [
      { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes: Insufficient memory" },
    ];
    expect(troubleOf([pod({ phase: "Pending", conditions })])?.text).toBe(
      "Pod p-0 has no node: 0/3 nodes: Insufficient memory. Fewer pods (--parallel) need less room.",
    );
    expect(troubleOf([waiting("ContainerCreating", ""), pod({ phase: "Running" })])).toBeUndefined();
    const own = { image: "Name another.", room: "", memory: "" };
    const [status] = container({ waiting: { reason: "ErrImagePull", message: "not found" } }).containerStatuses;
    const second = pod({ phase: "Pending", containerStatuses: [{ name: "backup", state: { running: {} } }, status] });
    expect(troubleOf([second], own)?.text).toBe(
      "Pod p-0 cannot pull its image (ErrImagePull): not found. Name another.",
    );
    expect(troubleOf([pod({ phase: "Pending", conditions })], own)?.text).toBe(
      "Pod p-0 has no node: 0/3 nodes: Insufficient memory.",
    );
  });

  it("whose Job has failed: what the last of them said, or that it took too much memory", () => {
    const job = (type: string) =>
      ({
        metadata: { name: "dataset-check-1" },
        status: { conditions: [{ type, status: "True", reason: "FailedIndexes", message: "it has failed" }] },
      }) as unknown as V1Job;
    const ended = (terminated: object) => pod({ phase: "Failed", ...container({ terminated }) });
    const first = ended({ exitCode: 1, message: "first" });
    expect(failureOf(job("Complete"), [first])).toBeUndefined();
    expect(failureOf(job("Failed"), [first, ended({ exitCode: 42, message: "There is no bucket.\n" })])).toBe(
      "dataset-check-1 has failed (FailedIndexes): pod p-0 says: There is no bucket.",
    );
    expect(failureOf(job("Failed"), [ended({ exitCode: 137, reason: "OOMKilled" })])).toContain("more memory");
    expect(failureOf(job("Failed"), [])).toBe("dataset-check-1 has failed (FailedIndexes): it has failed.");
  });

  it("how far they are, at which rate, and for how long still", () => {
    const pods = "1 of 4 pods done, 3 at work";
    const counted = { all: 5000, pods, passedMs: 10_000 };
    expect(progressText({ ...counted, done: 1200, before: 200 })).toBe(
      `1200 of 5000 objects, 100 a second, 38.0 s left; ${pods}`,
    );
    expect(progressText({ ...counted, done: 0, before: 0 })).toBe(`0 of 5000 objects; ${pods}`);
  });
});

describe("what the API server refuses", () => {
  const answer = (code: number, message: string) => new ApiException(code, "", JSON.stringify({ message }), {});

  it("is told with its cure", () => {
    expect(
      refusal("make a Job", "cvat", answer(403, 'jobs.batch is forbidden: User "x" cannot create resource "jobs"')),
    ).toMatch(/^The kubeconfig's user may not make a Job in namespace cvat \(jobs\.batch.+leave --in-cluster out\.$/);
    expect(refusal("make a Secret", "cvat", answer(403, "exceeded quota: secrets=10"))).toBe(
      "The API server does not make a Secret in namespace cvat: exceeded quota: secrets=10.",
    );
    expect(refusal("make a Job", "cvat", answer(404, 'namespaces "cvat" not found'))).toContain("up makes it");
    expect(refusal("list Jobs", "cvat", new Error("ECONNREFUSED"))).toContain("does not answer (ECONNREFUSED)");
  });
});

describe("images.node", () => {
  const problems = (node: string) =>
    parseLab({ images: { node } }).problems.map(({ path, message }) => [path, message]);

  it("is an image by its digest, with a tag or without", () => {
    expect(problems(`registry.example:5000/library/node:22-bookworm-slim@${DIGEST}`)).toEqual([]);
    expect(problems(`node@${DIGEST}`)).toEqual([]);
    expect(problems("node:22")).toEqual([
      ["vision-platform:images.node", expect.stringContaining("Must end with its digest")],
    ]);
    expect(problems("Node:22")).toEqual([["vision-platform:images.node", expect.stringContaining("Must be an image")]]);
  });
});
