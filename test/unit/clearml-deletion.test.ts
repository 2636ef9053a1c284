import { expect, test } from "vitest";
import type { RenderedObject } from "../../components/kubernetes/rendered-object.ts";
import { Ledger } from "../../components/charts/ledger.ts";
import { clearmlConfig } from "../../components/clearml/clearml-section.ts";
import { deletionFixes, filesPrefixes, STORE_ENV, storeCredentials } from "../../components/clearml/deletion.ts";
import type { S3Access } from "../../components/clearml/conf.ts";

const S3: S3Access = {
  endpoint: "192.0.2.30:9000",
  secure: false,
  region: "eu-lab-1",
  accessKey: "vision-platform-delete-clearml",
  secretKey: "secret",
  bucket: "clearml",
};

test("what is the file server's begins with its address outside, or inside", () => {
  const prefixes = (stack: object) => JSON.parse(filesPrefixes(clearmlConfig.parse(stack))) as string[];
  expect(prefixes({ addresses: { files: "192.0.2.42" } })).toEqual([
    "http://192.0.2.42",
    "http://clearml-fileserver.clearml.svc",
  ]);
  expect(prefixes({ namespace: "ml", port: 8080, addresses: { files: "192.0.2.42" } })).toEqual([
    "http://192.0.2.42:8080",
    "http://clearml-fileserver.ml.svc:8080",
  ]);
  expect(prefixes({})).toEqual(["http://clearml-fileserver.clearml.svc"]);
});

test("the store as the job is told it: the bucket named, each way to it, the authority where it is reached by HTTPS", () => {
  const entry = {
    host: "192.0.2.30:9000",
    bucket: "clearml",
    key: "vision-platform-delete-clearml",
    secret: "secret",
    secure: false,
    multipart: false,
    region: "eu-lab-1",
  };
  expect(JSON.parse(storeCredentials(S3))).toEqual([entry]);
  const verify = "/etc/vision-platform/object-store/ca.crt";
  expect(JSON.parse(storeCredentials({ ...S3, secure: true, ca: "PEM" }))).toEqual([
    { ...entry, secure: true, verify },
  ]);
  const outside = { endpoint: "minio.example.com:443", secure: true };
  expect(JSON.parse(storeCredentials({ ...S3, outside, ca: "PEM" }))).toEqual([
    entry,
    { ...entry, host: "minio.example.com:443", secure: true },
  ]);
});

const PREFIXES = '["http://192.0.2.42"]';
const OF_THE_CHART = {
  name: "CLEARML__services__async_urls_delete__fileserver__url_prefixes",
  value: '["http://clearml-fileserver:80"]',
};

const job = (env: object[]): RenderedObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "clearml-apiserver-asyncdelete" },
  spec: { template: { spec: { containers: [{ name: "clearml-apiserver", env }] } } },
});

function fixed(object: RenderedObject, args: Parameters<typeof deletionFixes>[0]) {
  const ledger = new Ledger("clearml", deletionFixes(args));
  ledger.fix(object);
  return Object.fromEntries(ledger.rows().map(({ id, outcome }) => [id, outcome]));
}

test("before chart 7.14.6 the job gets prefixes, key and authority by fixes", () => {
  const object = job([{ name: "A", value: "b" }, OF_THE_CHART]);
  expect(fixed(object, { prefixes: PREFIXES, store: true, authority: "object-store-ca-1" })).toEqual({
    "clearml-delete-prefixes": "applied",
    "clearml-delete-store": "applied",
    "clearml-delete-authority": "applied",
  });
  expect(object.spec).toEqual({
    template: {
      spec: {
        containers: [
          {
            name: "clearml-apiserver",
            env: [{ name: "A", value: "b" }, { ...OF_THE_CHART, value: PREFIXES }, STORE_ENV],
            volumeMounts: [{ name: "object-store-ca", mountPath: "/etc/vision-platform/object-store", readOnly: true }],
          },
        ],
        volumes: [{ name: "object-store-ca", configMap: { name: "object-store-ca-1" } }],
      },
    },
  });
});

test("from 7.14.6 on the chart gives it the key itself; without a store there is none to give", () => {
  const right = { ...OF_THE_CHART, value: PREFIXES };
  expect(fixed(job([right, STORE_ENV]), { prefixes: PREFIXES, store: true })).toEqual({
    "clearml-delete-prefixes": "already right",
    "clearml-delete-store": "already right",
  });
  const object = job([OF_THE_CHART]);
  expect(fixed(object, { prefixes: PREFIXES, store: false })).toEqual({ "clearml-delete-prefixes": "applied" });
  expect(JSON.stringify(object)).not.toContain("clearml-delete-job");
});

test("the API server's own pod is left alone", () => {
  const apiserver = { ...job([]), metadata: { name: "clearml-apiserver" } };
  expect(fixed(apiserver, { prefixes: PREFIXES, store: true })).toEqual({
    "clearml-delete-prefixes": "not matched",
    "clearml-delete-store": "not matched",
  });
});
