import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { certificateOnLoopback } from "../../certificate.ts";

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
  const { ca, certificate, key } = await certificateOnLoopback({
    authority: "Authority of a rehearsal",
    subject: [{ name: "commonName", value: "Object store of a rehearsal" }],
  });
  await writeFile(path.join(server, "public.crt"), certificate);
  await writeFile(path.join(server, "private.key"), key, { mode: 0o600 });
  await writeFile(authority, ca);
  return { folder: server, ca };
}
