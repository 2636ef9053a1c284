import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { certificateOnLoopback } from "../../automation/rehearsal/certificate.ts";
import { copyPod } from "../../components/cvat/certificate/copy-pod.ts";

const POD = copyPod({
  source: { namespace: "certificates", name: "wildcard" },
  copy: { namespace: "cvat", name: "cvat-tls" },
});
const SOURCE = "/api/v1/namespaces/certificates/secrets/wildcard";
const COPY = "/api/v1/namespaces/cvat/secrets/cvat-tls";

type Data = Record<string, string>;
interface Pair {
  certificate: string;
  key: string;
}

const base64 = (content: string) => Buffer.from(content).toString("base64");
const dataOf = ({ certificate, key }: Pair): Data => ({ "tls.crt": base64(certificate), "tls.key": base64(key) });

let folder: string;
let server: Server;
let pairs: [Pair, Pair];
/** Of each Secret, by its path. */
let secrets: Record<string, Data>;

/** The API server, as far as the script asks it. */
beforeAll(async () => {
  const made = () => certificateOnLoopback({ authority: "the cluster's", subject: [] });
  const own = await made();
  pairs = [await made(), await made()];
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-copy-"));
  await writeFile(path.join(folder, "ca.crt"), own.ca);
  await writeFile(path.join(folder, "token"), "of the account");
  server = createServer({ cert: own.certificate, key: own.key }, (request, response) => {
    const place = (request.url ?? "").split("?")[0] ?? "";
    const data = secrets[place];
    void text(request).then((body) => {
      if (request.method === "PATCH") secrets[place] = { ...data, ...(JSON.parse(body) as { data: Data }).data };
      response.writeHead(data ? 200 : 404).end(JSON.stringify({ data }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const copied = () =>
  execa("python3", ["-c", POD.script], {
    env: {
      ...(POD.environment as Record<string, string>),
      ...{ ACCOUNT: folder, PATIENCE: "5", KUBERNETES_SERVICE_HOST: "127.0.0.1" },
      KUBERNETES_SERVICE_PORT: String((server.address() as AddressInfo).port),
    },
    ...{ reject: false, all: true, timeout: 20_000 },
  });

describe("the copy of a certificate", () => {
  beforeEach(() => {
    secrets = { [SOURCE]: dataOf(pairs[1]), [COPY]: dataOf(pairs[0]) };
  });

  it("becomes what its source is", async () => {
    const { exitCode, all } = await copied();
    expect([exitCode, all]).toEqual([
      0,
      "Secret cvat/cvat-tls has the certificate of Secret certificates/wildcard now",
    ]);
    expect(secrets[COPY]).toEqual(dataOf(pairs[1]));
    expect((await copied()).all).toBe("Secret cvat/cvat-tls is as Secret certificates/wildcard is");
  });

  it.each<[string, () => Data, string]>([
    ["a certificate without its key", () => ({ ...dataOf(pairs[1]), "tls.key": "" }), "has no tls.key"],
    ["a key without its certificate", () => ({ "tls.key": base64(pairs[1].key) }), "has no tls.crt"],
    [
      "one that is renewed and the key that is not yet",
      () => dataOf({ ...pairs[1], key: pairs[0].key }),
      "has a key that is not its certificate's",
    ],
  ])("stays whole while its source is half: %s", async (_, half, why) => {
    secrets[SOURCE] = half();
    const { exitCode, all } = await copied();
    expect([exitCode, all]).toEqual([1, `Secret certificates/wildcard ${why}; Secret cvat/cvat-tls stays as it is`]);
    expect(secrets[COPY]).toEqual(dataOf(pairs[0]));
  });

  it("is not judged beyond that: what no OpenSSL reads is the edge's to tell", async () => {
    secrets[SOURCE] = dataOf({ certificate: "none", key: "none" });
    expect((await copied()).exitCode).toBe(0);
    expect(secrets[COPY]).toEqual(secrets[SOURCE]);
  });
});
