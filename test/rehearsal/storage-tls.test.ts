import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { Client } from "minio";
import { afterAll, beforeAll, expect, it } from "vitest";
import { agentFor } from "../../components/storage/client/agent.ts";
import { problemsOf } from "./failure.ts";
import { startStorageLab, textOf, type StorageLab } from "./storage-lab.ts";

/** An object store behind TLS with a certificate of a private authority, in a region of its own. */

const REGION = "eu-lab-1";
/** In a folder: the plugin reads it relative to the project. */
const CA_FILE = "certs/store-ca.crt";

let lab: StorageLab;

beforeAll(async () => {
  const where = ({ url }: { url: string }) => ({ address: url, region: REGION, ca: CA_FILE });
  lab = await startStorageLab({ tls: true, region: REGION, where });
  const file = path.join(lab.stack.workspace.workDir, CA_FILE);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, lab.minio().ca ?? "");
});
afterAll(() => lab.end());

it("says its region once, with the key, and how to say it", async () => {
  lab.section["region"] = "us-east-1";
  expect(await problemsOf(lab.run("up"))).toEqual([
    expect.stringMatching(
      /^vision-platform:objectStore\.region: the object store at \S+ is in the region eu-lab-1, not in us-east-1\. Say so: pulumi config set --path 'vision-platform:objectStore\.region' eu-lab-1$/,
    ),
  ]);
  expect((await lab.run("preview")).warnings.join()).toMatch(/objectStore\.region: .* eu-lab-1, not in us-east-1/);
  delete lab.section["region"];
});

it("is known by its authority: without it the key is named, and in clear the scheme", async () => {
  lab.section["ca"] = undefined;
  expect((await problemsOf(lab.run("up"))).join()).toMatch(
    /objectStore\.ca: nobody vouches for the certificate of the object store at \S+ \([A-Z_]+\)\. Put the certificate/,
  );
  lab.section["address"] = lab.minio().url.replace("https", "http");
  expect((await problemsOf(lab.run("up"))).join()).toMatch(/objectStore\.address or \.port: .* https:\/\//);
  delete lab.section["address"];
  delete lab.section["ca"];
});

it("is made, settles, and is read again, with its buckets and users", async () => {
  await lab.run("up");
  const { accessKey, secretKey, ca } = await lab.keysOf("cvat");
  const { port } = lab.minio();
  const place = { endPoint: "127.0.0.1", port, useSSL: true, transportAgent: agentFor(ca), region: REGION };
  await new Client({ ...place, ...lab.minio().credentials }).putObject("datasets", "one.txt", "one");
  expect(await textOf(new Client({ ...place, accessKey, secretKey }), "datasets", "one.txt")).toBe("one");
  expect((await lab.run("up")).changes).toEqual([]);
  expect((await lab.run("refresh")).changes).toEqual([]);
});

it("has the way to its authority in state as the stack file has it, and no way of this machine", async () => {
  const state = await lab.stateFiles();
  expect(state).toContain(CA_FILE);
  expect(state).not.toContain(lab.stack.workspace.workDir);
});

it("is taken down by what the state says of it", async () => {
  await lab.run("destroy");
  expect((await lab.resources()).filter(({ type }) => type.startsWith("minio:"))).toEqual([]);
});
