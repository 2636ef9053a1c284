import { createPrivateKey } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { certificateOnLoopback } from "../certificate.ts";

/** Names of a cluster's API server from within, which its certificate has beside those of loopback. */
const INSIDE = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"];

/** Files of the one key of a cluster: of its API server, its administrator and its service accounts. */
export function keyFiles(folder: string): { ca: string; certificate: string; key: string } {
  const file = (name: string) => path.join(folder, "pki", name);
  return { ca: file("ca.crt"), certificate: file("admin.crt"), key: file("admin.key") };
}

/** Makes the key of a cluster, and an authority that signs it and nothing else. */
export async function makeKeys(folder: string): Promise<void> {
  const made = await certificateOnLoopback({
    authority: "kwok-ca",
    subject: [
      // What the API server lets do everything.
      { name: "organizationName", value: "system:masters" },
      { name: "commonName", value: "kwok-admin" },
    ],
    names: INSIDE,
    uses: [
      { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
      { name: "extKeyUsage", serverAuth: true, clientAuth: true },
    ],
  });
  const { ca, certificate, key } = keyFiles(folder);
  await mkdir(path.dirname(key), { recursive: true, mode: 0o700 });
  // In the form from which Kubernetes reads a public key, too. (k8s.io/client-go v0.36: util/keyutil/key.go, `parseECPrivateKey`)
  const text = createPrivateKey(made.key).export({ type: "sec1", format: "pem" });
  await writeFile(key, text, { mode: 0o600 });
  await writeFile(certificate, made.certificate);
  await writeFile(ca, made.ca);
}
