import { createHash } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";

const FOLDER = "/etc/vision-platform/object-store";
/** The key of the ConfigMap. */
export const AUTHORITY_KEY = "ca.crt";

/** Where pods that mount it have the certificates of the store's private authority. */
export const AUTHORITY_FILE = `${FOLDER}/${AUTHORITY_KEY}`;

/** Volume and mount of a pod that reads {@link AUTHORITY_FILE}. */
export function authorityVolume<Name extends pulumi.Input<string>>(configMap: Name) {
  const name = "object-store-ca";
  return {
    volume: { name, configMap: { name: configMap } },
    mount: { name, mountPath: FOLDER, readOnly: true },
  };
}

/** Name of the ConfigMap with these certificates: another one for others, so that what mounts it starts anew with them. */
export function authorityName(certificates: string): string {
  return `object-store-ca-${createHash("sha256").update(certificates).digest("hex").slice(0, 8)}`;
}
