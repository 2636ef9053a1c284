import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { kind } from "../../components/storage/records/derived-keys.ts";
import { newRun, within } from "./run.ts";

const record = within(newRun(), kind);

/** Calls of MinIO's admin API as they came, and how one of them is refused. */
const calls: string[] = [];
let refusal: { call: string; status: number; body: object } | undefined;

const minio = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://minio");
  const call = pathname.replace("/minio/admin/v3/", "");
  calls.push(`${call} ${searchParams.get("accessKey") ?? searchParams.get("user") ?? searchParams.get("userOrGroup")}`);
  request.resume();
  const refused = refusal?.call === call ? refusal : undefined;
  response.writeHead(refused?.status ?? 200);
  response.end(JSON.stringify(refused?.body ?? { status: "enabled", policyName: "cvat" }));
});
beforeAll(() => new Promise<void>((resolve) => minio.listen(0, "127.0.0.1", resolve)));
afterAll(() => minio.close());
beforeEach(() => {
  calls.length = 0;
  refusal = undefined;
});

const inputs = (keys: Record<string, string>) => {
  const server = `127.0.0.1:${(minio.address() as AddressInfo).port}`;
  return { place: { server, tls: false, region: "us-east-1", user: "root", password: "root-secret" }, keys };
};
const changed = (news: Record<string, string>) =>
  record.update("derived-keys", inputs({ cvat: "one", anna: "two", eva: "three" }), inputs(news));

it("a user whose key changed is made anew, and temporary keys end of who goes and who comes; no other is touched", async () => {
  await changed({ cvat: "another", eva: "three", bob: "four" });
  expect(calls).toEqual([
    "user-info cvat",
    "remove-user cvat",
    "revoke-tokens/builtin cvat",
    "add-user cvat",
    "set-user-or-group-policy cvat",
    "revoke-tokens/builtin anna",
    "revoke-tokens/builtin bob",
  ]);
});

it("nothing is done for a stack that has no such record yet, nor where no key changes", async () => {
  await record.create(inputs({ cvat: "one" }));
  expect(calls).toEqual([]);
  expect(await record.diff(inputs({ cvat: "one" }), inputs({ cvat: "one" }))).toEqual({ changed: [] });
});

it("a MinIO that cannot end temporary keys is no error", async () => {
  refusal = { call: "revoke-tokens/builtin", status: 426, body: { Code: "XMinioAdminVersionMismatch" } };
  await changed({ cvat: "another", anna: "two", eva: "three" });
  expect(calls.slice(-1)).toEqual(["set-user-or-group-policy cvat"]);
});

it("an administrator who may not is told, with user and key, and no secret", async () => {
  refusal = { call: "remove-user", status: 403, body: { Code: "AccessDenied", Message: "Access Denied." } };
  await expect(changed({ cvat: "another", anna: "two", eva: "three" })).rejects.toThrow(
    /^What was made with a key of the object store's user `cvat` may still open it: Access Denied\. .*objectStore\.credentials/,
  );
});
