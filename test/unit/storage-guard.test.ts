import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { lookBeforeDestroy, missingText } from "../../automation/storage/guard.ts";

/** What a destroy is told by stores that are not here. A MinIO itself is asked by test/rehearsal/storage.test.ts. */

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A MinIO with bucket `cvat`, policy `vp-cvat`, and these users. */
async function minio(deployment: string, users: readonly string[]): Promise<number> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://minio");
    const json = (status: number, answer: object) => response.writeHead(status).end(JSON.stringify(answer));
    if (url.pathname.endsWith("/info")) json(200, { deploymentID: deployment });
    else if (url.pathname.endsWith("/user-info"))
      if (users.includes(url.searchParams.get("accessKey") ?? "")) json(200, { policyName: "vp-cvat" });
      else json(404, { Code: "XMinioAdminNoSuchUser" });
    else if (url.pathname.endsWith("/info-canned-policy"))
      if (url.searchParams.get("name") === "vp-cvat") json(200, {});
      else json(404, { Code: "XMinioAdminNoSuchPolicy" });
    else if (request.method === "HEAD") response.writeHead(url.pathname === "/cvat" ? 200 : 404).end();
    else response.writeHead(200).end("<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const stateAt = (port: number) => [
  {
    urn: "u:provider",
    type: "pulumi:providers:minio",
    outputs: { minioServer: `127.0.0.1:${port}`, minioUser: "root-of-state", minioPassword: "password-of-state" },
  },
  { urn: "u:bucket", type: "minio:index/s3Bucket:S3Bucket", outputs: { bucket: "cvat" } },
  { urn: "u:user", type: "minio:index/iamUser:IamUser", outputs: { name: "vp-cvat", secret: "secret-of-state" } },
  { urn: "u:policy", type: "minio:index/iamPolicy:IamPolicy", outputs: { name: "vp-cvat", policy: "{}" } },
  { urn: "u:presence", type: "pulumi-nodejs:dynamic/storage:Presence", outputs: { deployment: "d-1" } },
];

describe("before a destroy, the store of the state", () => {
  it("passes with all that is to be removed", async () => {
    const looks = await lookBeforeDestroy(stateAt(await minio("d-1", ["vp-cvat"])));
    expect(looks.map(({ missing }) => missing)).toEqual([[]]);
    expect(missingText(looks)).toEqual([]);
  });

  it("is told of what it lacks", async () => {
    const port = await minio("d-1", []);
    const looks = await lookBeforeDestroy(stateAt(port));
    expect(looks[0]?.missing.map(({ urn }) => urn)).toEqual(["u:user"]);
    expect(missingText(looks)).toEqual([
      `The object store at http://127.0.0.1:${port} has no user \`vp-cvat\` any more.`,
    ]);
  });

  it("is refused where it is another one: it may have users of the same names", async () => {
    const look = lookBeforeDestroy(stateAt(await minio("d-2", ["vp-cvat"])));
    await expect(look).rejects.toThrow(/is another one \(deployment d-2\) .* \(deployment d-1\): destroy would remove/);
  });

  it("is refused where it is down, without the credentials", async () => {
    const port = await minio("d-1", []);
    ends.pop()?.();
    const error: unknown = await lookBeforeDestroy(stateAt(port)).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/no object store answers at \S+ \(ECONNREFUSED\)\. Start it, .*--leave-object-store/);
    expect(String(error)).not.toMatch(/(root|password|secret)-of-state/);
  });

  it("is not asked where nothing is removed from it", async () => {
    expect(await lookBeforeDestroy(stateAt(1), ["u:user", "u:policy"])).toEqual([]);
    expect(await lookBeforeDestroy([])).toEqual([]);
  });
});
