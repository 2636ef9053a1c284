import https from "node:https";
import { rootCertificates } from "node:tls";

/**
 * What speaks TLS with a server of a private authority, or of another name than it is asked by; undefined where that of Node itself does.
 * @param ca its certificates, PEM, trusted besides the public ones
 * @param servername whose certificate it is. Default: the host's that is asked
 */
export function agentFor(ca: string | undefined, servername?: string): https.Agent | undefined {
  if (ca === undefined && servername === undefined) return undefined;
  return new https.Agent({
    ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
    ...(servername !== undefined && { servername }),
  });
}
