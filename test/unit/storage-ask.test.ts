import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { UserError } from "../../components/program/errors.ts";
import { objectStoreConfig } from "../../components/storage/object-store-section.ts";
import { bucketsOf } from "../../components/storage/buckets.ts";
import { endpointOfMachine, hostAndPort } from "../../components/storage/endpoint.ts";
import { askStore } from "../../automation/storage/ask.ts";
import { curesOfFile } from "../../automation/storage/cures.ts";

/** Answers of stores that are not here. MinIO itself is asked by test/rehearsal/storage.test.ts. */

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function serving(handler: Handler): Promise<number> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const CREDENTIALS = { user: "administrator", password: "administrator-secret" };

/** What is said of a store at this port, one text for each problem. */
async function said(port: number, section: object = {}): Promise<readonly string[]> {
  const config = objectStoreConfig.parse({ address: "127.0.0.1", port, ...section });
  try {
    const endpoint = endpointOfMachine(config);
    const place = { server: hostAndPort(endpoint), tls: endpoint.tls, region: config.region, ...CREDENTIALS };
    await askStore({ place, cures: curesOfFile(config), buckets: bucketsOf(config), made: [] }, 2_000);
    return [];
  } catch (error) {
    if (error instanceof UserError) return error.problems;
    throw error;
  }
}

const LIST = "<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>";
const xml = (response: ServerResponse, status: number, text: string) =>
  response.writeHead(status, { "Content-Type": "application/xml" }).end(text);
const refusal = (code: string) => `<Error><Code>${code}</Code><Message>no</Message></Error>`;

/** A store with the S3 API alone: to it the admin API's path is an object of the bucket `minio`. */
const plainS3: Handler = (request, response) => {
  const { method, url = "" } = request;
  if (url === "/") xml(response, 200, LIST);
  else if (method === "HEAD") response.writeHead(404).end();
  else xml(response, 404, refusal("NoSuchBucket"));
};

describe("a store that is no MinIO", () => {
  it("is told before a bucket is made, with what works", async () => {
    const asked: string[] = [];
    const port = await serving((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      plainS3(request, response);
    });
    expect(await said(port)).toEqual([
      `vision-platform:objectStore.address or .port: what answers at http://127.0.0.1:${port} has no admin API of MinIO's (404 NoSuchBucket), by which each application gets a user of its own. It takes MinIO, or SILO, which goes on from it; SeaweedFS, Garage and Ceph have no such API. A proxy in front of MinIO must let /minio/admin/ through.`,
    ]);
    expect(asked.filter((line) => /^(PUT|POST|DELETE)/.test(line))).toEqual([]);
  });

  it.each([
    ["a proxy's page", 200, "text/html", "<html>"],
    ["a proxy that refuses", 403, "text/html", "<html>"],
    ["another S3's refusal", 403, "application/xml", refusal("AccessDenied")],
  ])("is known by %s on the path of the admin API too", async (_, status, type, text) => {
    const port = await serving((request, response) => {
      if (request.url?.startsWith("/minio/admin/")) response.writeHead(status, { "Content-Type": type }).end(text);
      else plainS3(request, response);
    });
    expect((await said(port)).join()).toMatch(/has no admin API of MinIO's/);
  });

  it("is not taken for one that is only starting", async () => {
    const port = await serving((request, response) => {
      if (request.url?.startsWith("/minio/admin/")) response.writeHead(503).end();
      else plainS3(request, response);
    });
    expect((await said(port)).join()).toMatch(/no object store answers at .* \(it answers 503\)/);
  });
});

it("credentials that may make buckets but no users are told", async () => {
  const port = await serving((request, response) => {
    if (!request.url?.startsWith("/minio/admin/")) plainS3(request, response);
    // admin-handlers-users.go: what is refused there is JSON.
    else response.writeHead(403).end('{"Code":"AccessDenied","Message":"Access Denied."}');
  });
  expect(await said(port)).toEqual([
    expect.stringMatching(/^vision-platform:objectStore\.credentials: .* lets them make no users and policies/),
  ]);
});

it("a store of another region is told once, with the key and the region", async () => {
  // Garage says it to the list already, in words; MinIO to what is asked of a bucket, in the head of the answer.
  const inWords = await serving((_, response) =>
    xml(response, 400, "<Error><Code>AuthorizationHeaderMalformed</Code><Region>garage</Region></Error>"),
  );
  expect(await said(inWords)).toEqual([
    `vision-platform:objectStore.region: the object store at http://127.0.0.1:${inWords} is in the region garage, not in us-east-1. Say so: pulumi config set --path 'vision-platform:objectStore.region' garage`,
  ]);
  const inHead = await serving((request, response) => {
    if (request.method !== "HEAD") {
      plainS3(request, response);
      return;
    }
    response.writeHead(400, {
      "x-amz-bucket-region": "EU_lab-1",
      "x-minio-error-code": "AuthorizationHeaderMalformed",
      "x-minio-error-desc": '"the region is wrong"',
    });
    response.end();
  });
  expect(await said(inHead)).toEqual([expect.stringMatching(/^vision-platform:objectStore\.region: .* EU_lab-1, not/)]);
});

describe("a scheme that is not the store's", () => {
  it("is told with the key that says it", async () => {
    const port = await serving(plainS3);
    expect((await said(port, { tls: true })).join()).toMatch(
      /^vision-platform:objectStore\.address or \.port: what answers at https:\S+ does not speak HTTPS \(\w+\)\. Write http/,
    );
    expect((await said(port, { endpoint: `https://127.0.0.1:${port}` })).join()).toMatch(
      /^vision-platform:objectStore\.endpoint: what answers/,
    );
  });
});
