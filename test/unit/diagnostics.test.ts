import type { DiagnosticEvent, EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { describe, expect, it } from "vitest";
import { cureFor, type Speaker } from "../../automation/engine/cures.ts";
import { plain, problemsIn } from "../../automation/engine/diagnostics.ts";

const PLATFORM = "urn:pulumi:homelab::vision-platform::vision-platform:index:VisionPlatform";
const CHART = "$vision-platform:clearml:ClearMl$vision-platform:charts:ChartInstall$kubernetes:helm.sh/v4:Chart";
const clearml = (type: string, name: string) => `${PLATFORM}${CHART}$kubernetes:${type}::clearml:clearml/${name}`;
const DEPLOYMENT = clearml("apps/v1:Deployment", "clearml-apiserver");
const STATEFUL_SET = clearml("apps/v1:StatefulSet", "clearml-elastic-master");
const CLAIM = clearml("core/v1:PersistentVolumeClaim", "clearml-mongodb");
const STACK = "urn:pulumi:homelab::vision-platform::pulumi:pulumi:Stack::vision-platform-homelab";
const LINK =
  "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources";

const error = (message: string, urn?: string, more: Partial<DiagnosticEvent> = {}): EngineEvent => ({
  sequence: 1,
  timestamp: 1,
  diagnosticEvent: { message, urn, color: "never", severity: "error", ...more },
});

describe("what a readiness gate says", () => {
  it("is told once, whoever waits for the gate", () => {
    const gate = "CVAT was not ready within 20 s. Still waited for:\n  Service web: no address yet";
    const component = `${PLATFORM}$vision-platform:cvat:Cvat$vision-platform:charts:ChartInstall::cvat`;
    const framed = `error serializing property "metadata": error serializing property "metadata": ${gate}`;
    expect(
      problemsIn([
        error(framed, component),
        error(`error serializing property "ready": ${gate}`, component),
        error(`One or more errors occurred: ${framed}`, STACK),
        error(`One or more errors occurred: ${gate}`),
      ]),
    ).toEqual([gate]);
  });
});

describe("what a wait of the provider says", () => {
  const gate = `${PLATFORM}$vision-platform:cvat:Cvat$vision-platform:charts:ChartInstall$vision-platform:readiness:Gate::cvat-ready`;
  const text = "CVAT was not ready within 20 s. Still waited for:\n  Service web: no address yet";

  it("stays as it is, line by line, and is of nobody but what it names", () => {
    expect(problemsIn([error(`error: ${text}`, gate), error("error: update failed", STACK)])).toEqual([text]);
  });

  it("is told once of a resource and of the program that ends with it", () => {
    const record = `${PLATFORM}$vision-platform:cvat:Cvat$vision-platform:cvat:Webhook::cvat-webhook-ci`;
    const words = "CVAT answers 500";
    expect(problemsIn([error(words, record), error(`Unhandled exception: ${words}`)])).toEqual([
      `CVAT, Webhook cvat-webhook-ci (vision-platform:cvat.organizations[].webhooks): ${words}`,
    ]);
  });
});

describe("what the API server refuses", () => {
  // Messages as provider/provider.go and await/await.go of pulumi-kubernetes 4.25 frame them, with the API server's text inside.
  it.each<[string, string, string, string, RegExp | undefined]>([
    [
      "conflict at create",
      STATEFUL_SET,
      `error: resource "${STATEFUL_SET}" was not successfully created by the Kubernetes API server: Server-Side Apply field conflict detected. See ${LINK} for troubleshooting help.\nThe resource managed by field manager "pulumi-kubernetes-e9d71af4" had an apply conflict: Apply failed with 2 conflicts: conflicts with "helm" using apps/v1:\n- .spec.volumeClaimTemplates\n- .spec.replicas`,
      'ClearML, StatefulSet clearml-elastic-master: Apply failed with 2 conflicts: conflicts with "helm" using apps/v1: - .spec.volumeClaimTemplates - .spec.replicas',
      /--force once/,
    ],
    [
      "conflict at preview of an update",
      DEPLOYMENT,
      `error: Preview failed: 1 error occurred:\n\t* the Kubernetes API server reported that "clearml/clearml-apiserver" failed to fully initialize or become live: Server-Side Apply field conflict detected. See ${LINK} for troubleshooting help.\nThe resource managed by field manager "pulumi-kubernetes-51b738f0" had an apply conflict: Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.template.spec.containers[name="clearml-apiserver"].image\n\n`,
      'ClearML, Deployment clearml-apiserver: Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.template.spec.containers[name="clearml-apiserver"].image',
      /--force once/,
    ],
    [
      "claim that shrinks",
      CLAIM,
      `error: 1 error occurred:\n\t* the Kubernetes API server reported that "clearml/clearml-mongodb" failed to fully initialize or become live: PersistentVolumeClaim "clearml-mongodb" is invalid: spec.resources.requests.storage: Forbidden: field can not be less than status.capacity`,
      'ClearML, PersistentVolumeClaim clearml-mongodb: PersistentVolumeClaim "clearml-mongodb" is invalid: spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
      /cannot shrink/,
    ],
    [
      "field that is wrong",
      DEPLOYMENT,
      `error: resource "${DEPLOYMENT}" was not successfully created by the Kubernetes API server: Deployment.apps "clearml-apiserver" is invalid: spec.template.spec.containers[0].volumeMounts[3].name: Not found: "sharex"`,
      'ClearML, Deployment clearml-apiserver: Deployment.apps "clearml-apiserver" is invalid: spec.template.spec.containers[0].volumeMounts[3].name: Not found: "sharex"',
      /another version of the chart/,
    ],
    [
      "kind that is not known",
      clearml("traefik.io/v1alpha1:Middleware", "sign-in"),
      `error: creation of resource "${clearml("traefik.io/v1alpha1:Middleware", "sign-in")}" with kind traefik.io/v1alpha1/Middleware failed because the Kubernetes API server reported that the apiVersion for this resource does not exist. Verify that any required CRDs have been created: no matches for kind "Middleware" in version "traefik.io/v1alpha1"`,
      'ClearML, Middleware sign-in: no matches for kind "Middleware" in version "traefik.io/v1alpha1"',
      /does not know this kind/,
    ],
    [
      "field that never changes, without the object in it",
      clearml("batch/v1:Job", "init"),
      `error: update of resource "${clearml("batch/v1:Job", "init")}" failed: Job.batch "init" is invalid: spec.template: Invalid value: core.PodTemplateSpec{ObjectMeta:v1.ObjectMeta{Name:""}, Spec:core.PodSpec{Containers:[]core.Container{core.Container{Env:[]core.EnvVar{core.EnvVar{Name:"P", Value:"canary"}}}}}}: field is immutable`,
      'ClearML, Job init: Job.batch "init" is invalid: spec.template: field is immutable',
      /never changes once it is there/,
    ],
    [
      "rights",
      DEPLOYMENT,
      `error: resource "${DEPLOYMENT}" was not successfully created by the Kubernetes API server: deployments.apps "clearml-apiserver" is forbidden: User "anna" cannot patch resource "deployments" in API group "apps" in the namespace "clearml"`,
      'ClearML, Deployment clearml-apiserver: deployments.apps "clearml-apiserver" is forbidden: User "anna" cannot patch resource "deployments" in API group "apps" in the namespace "clearml"',
      /cluster-admin/,
    ],
    [
      "made, but not live",
      DEPLOYMENT,
      `error: resource "${DEPLOYMENT}" was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live: something new`,
      "ClearML, Deployment clearml-apiserver: something new",
      undefined,
    ],
  ])("%s", (_, urn, message, line, cure) => {
    const [problem = "", ...more] = problemsIn([error(message, urn)]);
    expect(more).toEqual([]);
    const [first, second, ...rest] = problem.split("\n    ");
    expect(first).toBe(line);
    if (cure) expect(second).toMatch(cure);
    else expect(second).toBeUndefined();
    expect(rest).toEqual([]);
  });
});

describe("what the plugin for MinIO prints", () => {
  const minio = (type: string, name: string) =>
    `${PLATFORM}$vision-platform:storage:ObjectStore$minio:index/${type}::${name}`;
  const DATASETS = minio("s3Bucket:S3Bucket", "store-datasets");

  /** Each error as the real plugin 0.17.1 gives it: twice, in two frames. (plugins.md, section 3) */
  const twice = (words: string, urn: string) => [
    error(`error:   sdk-v2/provider2.go:571: sdk.helper_schema: [FATAL] ${words}: provider=minio@0.17.1`, urn),
    error(`error: 1 error occurred:\n\t* [FATAL] ${words}\n\n`, urn),
  ];

  it.each<[string, string, RegExp, RegExp | undefined]>([
    ["bucket already exists! (datasets): <nil>", DATASETS, /: bucket already exists! \(datasets\)$/, /run up again/],
    [
      'unable to check bucket (datasets): Get "http://127.0.0.1:1/datasets/?location=": dial tcp 127.0.0.1:1: connect: connection refused',
      DATASETS,
      /: unable to check bucket: dial tcp 127\.0\.0\.1:1: connect: connection refused$/,
      /stopped answering in the middle of the run.*vision-platform:objectStore\.endpoint/,
    ],
    [
      "unable to check bucket (datasets): 503 Service Unavailable",
      DATASETS,
      /: unable to check bucket \(datasets\): 503 Service Unavailable$/,
      /stopped answering/,
    ],
    [
      "error reading IAM User (cvat): The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      minio("iamUser:IamUser", "store-cvat"),
      /signing method\.$/,
      /objectStore\.credentials/,
    ],
    [
      'unable to check bucket (datasets): Get "https://127.0.0.1:1/": http: server gave HTTP response to HTTPS client',
      DATASETS,
      /HTTPS client$/,
      /objectStore\.tls/,
    ],
    [
      "error to disable IAM User %s: %s (cvat): The specified user does not exist.",
      minio("iamUser:IamUser", "store-cvat"),
      /: error to disable IAM User \(cvat\): The specified user does not exist\.$/,
      undefined,
    ],
  ])("is told once, plainly, with the key and the store's own cure: %s", (words, urn, line, cure) => {
    const problems = problemsIn(twice(words, urn));
    expect(problems).toHaveLength(1);
    const [first = "", second, ...rest] = (problems[0] ?? "").split("\n    ");
    expect(first).toMatch(/^MinIO, \w+ store-\w+ \(vision-platform:objectStore[^)]*\): /);
    expect(first).toMatch(line);
    if (cure) expect(second).toMatch(cure);
    else expect(second).toBeUndefined();
    expect(rest).toEqual([]);
    expect(problems[0]).not.toMatch(/provider2|sdk|FATAL|kubeconfig|%s/);
  });

  it("is one trouble for all buckets where the store is down, and the place is a key", () => {
    const down = (name: string, urn: string) =>
      twice(`unable to check bucket (${name}): Get "http://x:1/${name}/": dial tcp x:1: connection refused`, urn);
    const all = [...down("datasets", DATASETS), ...down("scans", minio("s3Bucket:S3Bucket", "store-scans"))];
    expect(problemsIn(all)).toEqual([
      expect.stringMatching(
        /^MinIO, S3Bucket store-datasets \(vision-platform:objectStore\.buckets\.datasets\) \(and 1 more\): /,
      ),
    ]);
    expect(problemsIn(down("scans", minio("s3Bucket:S3Bucket", "store-scans")))[0]).toContain(
      "(vision-platform:objectStore.moreBuckets.scans)",
    );
  });

  it("leaves what our records say as it is: no cure of the cluster's", () => {
    const record = `${PLATFORM}$vision-platform:cvat:Cvat$vision-platform:cvat:CloudStorage::cvat-storage-datasets`;
    expect(problemsIn([error("error: CVAT at http://x is not ready: dial: connection refused", record)])).toEqual([
      "CVAT, CloudStorage cvat-storage-datasets (vision-platform:cvat.cloudStorages): CVAT at http://x is not ready: dial: connection refused",
    ]);
  });
});

describe("the errors of a run", () => {
  it("tell one trouble of many objects once", () => {
    const message =
      'error: configured Kubernetes cluster is unreachable: unable to load schema information from the API server: Get "https://127.0.0.1:1/openapi/v2?timeout=32s": dial tcp 127.0.0.1:1: connect: connection refused';
    const problems = problemsIn([
      error(message, DEPLOYMENT),
      error(message, CLAIM),
      error(message, STATEFUL_SET),
      error(message, CLAIM),
    ]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(
      /^ClearML, Deployment clearml-apiserver \(and 2 more\): configured Kubernetes cluster is unreachable: /,
    );
    expect(problems[0]).toMatch(/\n {4}Check that vision-platform:cluster\.kubeconfig/);
  });

  it("leave out what only repeats that something failed, and what is no error", () => {
    expect(
      problemsIn([
        error("error: update failed", STACK),
        error("error: preview failed", STACK),
        error(`error: rpc error: code = Canceled desc = grpc: the client connection is closing`, DEPLOYMENT),
        error("error: resource monitor shut down while waiting on step's done channel"),
        error("", DEPLOYMENT),
        error("error: flashes by", DEPLOYMENT, { ephemeral: true }),
        error("warning: old", DEPLOYMENT, { severity: "warning" }),
        { sequence: 1, timestamp: 1, cancelEvent: {} },
      ]),
    ).toEqual([]);
  });

  it("keep the program's own words line by line", () => {
    const lines =
      "CVAT was not ready within 60 s. Still waited for:\n  Deployment x: 0 of 1 pods ready\n    Read its log.";
    const gate = `${PLATFORM}$vision-platform:cvat:Cvat$vision-platform:charts:ChartInstall::cvat`;
    expect(problemsIn([error(`error: ${lines}`, gate)])).toEqual([lines]);
    expect(problemsIn([error("error: the chart renders no Service named x", gate)])).toEqual([
      "CVAT: the chart renders no Service named x",
    ]);
    expect(problemsIn([error(`error: a\n  b`, STACK), error("error: c")])).toEqual(["a\n  b", "c"]);
  });

  it.each<[string, RegExp, Speaker?]>([
    ["the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end", /pulumi cancel/],
    ["incorrect passphrase", /PULUMI_CONFIG_PASSPHRASE/],
    [
      "error listing stacks: could not list bucket: blob (code=NotFound): operation error S3: ListObjectsV2, https response error StatusCode: 404, RequestID: 1, HostID: 2, NoSuchBucket: The specified bucket does not exist",
      /makes no bucket .*mc mb/,
    ],
    [
      'read ".pulumi/meta.yaml": blob (key ".pulumi/meta.yaml") (code=Unknown): operation error S3: GetObject, https response error StatusCode: 403, RequestID: 1, HostID: 2, api error SignatureDoesNotMatch: The request signature we calculated does not match',
      /set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/,
    ],
    [
      'operation error S3: GetObject, request send failed, Get "http://states.127.0.0.1:9000/.pulumi/meta.yaml?x-id=GetObject": dial tcp: lookup states.127.0.0.1 on 192.0.2.53:53: no such host',
      /add &s3ForcePathStyle=true/,
    ],
    [
      "operation error S3: GetObject, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found",
      /found no keys .*AWS_ACCESS_KEY_ID/,
    ],
    [
      'operation error S3: GetObject, Get "https://127.0.0.1:9000/states/.pulumi/meta.yaml": http: server gave HTTP response to HTTPS client',
      /endpoint=http:/,
    ],
    [
      "operation error S3: GetObject, dial tcp 127.0.0.1:9000: connect: connection refused",
      /endpoint in PULUMI_BACKEND_URL/,
    ],
    [
      "operation error S3: PutObject, https response error StatusCode: 403, api error AccessDenied: Access Denied.",
      /s3:PutObject/,
    ],
    [
      'unable to open bucket s3://states?foo=1: open bucket s3://states?foo=1: unknown query parameter "foo"',
      /takes endpoint, region/,
    ],
    ["PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions", /PULUMI_BACKEND_URL=file:/],
    ["Get https://x: x509: certificate signed by unknown authority", /kubeconfig/, "kubernetes"],
    ["configured Kubernetes cluster is unreachable: dial tcp: connection refused", /kubeconfig/],
    ['no matches for kind "VolumeAttributesClass" in version "storage.k8s.io/v1beta1"', /does not know this kind/],
    [
      "StatefulSet.apps \"x\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden",
      /never changes/,
    ],
    ["write /state/lab.json.18ecf478.tmp: no space left on device", /^Make room where the state is kept/],
    ["failed to load checkpoint: EOF", /Any up removes them, .* recover$/],
    [
      "parsing plugin options for 'vision-platform': no folder at path '/home/a/lab/provider'",
      /write the path of the checkout's `provider` folder/,
    ],
  ])("cure for: %s", (message, cure, speaker = "engine") => expect(cureFor(message, speaker)).toMatch(cure));
  it("has no cure for what it does not know", () => expect(cureFor("something new", "kubernetes")).toBeUndefined());
  it("has none for what tells its own, by a key of the stack file", () => {
    const own = "vision-platform:cvat.endpoint: dial tcp: connection refused";
    for (const speaker of ["engine", "kubernetes", "minio", "record"] as const)
      expect(cureFor(own, speaker)).toBeUndefined();
  });
  it("has none of the cluster's for a state backend that does not answer", () => {
    expect(cureFor("Get https://state.example: dial tcp: connection refused", "engine")).toBeUndefined();
  });

  it.each([
    ["<{%reset%}>error: x<{%reset%}>\n", "x"],
    ["\u001b[31merror: \u001b[0mx", "x"],
    ["warning: w", "w"],
    ["an error: inside", "an error: inside"],
  ])("plain text of %j", (text, expected) => expect(plain(text)).toBe(expected));
});
