import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { generate } from "selfsigned";

const DAYS = 3650;
const ADDRESS = 7;
const NAME = 2;

/**
 * The certificate of a server on loopback, signed by an authority made for the rehearsal, in the files that MinIO reads. Made once: a kept
 * rehearsal goes on with them.
 */
export async function certificatesIn(folder: string): Promise<{ folder: string; ca: string }> {
  const authority = path.join(folder, "authority.crt");
  const server = path.join(folder, "server");
  const kept = await readFile(authority, "utf8").catch(() => undefined);
  if (kept !== undefined) return { folder: server, ca: kept };
  await mkdir(server, { recursive: true });
  const common = {
    keyType: "ec",
    algorithm: "sha256",
    notAfterDate: new Date(Date.now() + DAYS * 86_400_000),
  } as const;
  const ca = await generate([{ name: "commonName", value: "Authority of a rehearsal" }], {
    ...common,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const signed = await generate([{ name: "commonName", value: "Object store of a rehearsal" }], {
    ...common,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      { name: "basicConstraints", cA: false },
      {
        name: "subjectAltName",
        altNames: [
          { type: ADDRESS, ip: "127.0.0.1" },
          { type: NAME, value: "localhost" },
        ],
      },
    ],
  });
  await writeFile(path.join(server, "public.crt"), signed.cert);
  await writeFile(path.join(server, "private.key"), signed.private, { mode: 0o600 });
  await writeFile(authority, ca.cert);
  return { folder: server, ca: ca.cert };
}
