import https from "node:https";
import { rootCertificates } from "node:tls";

/**
 * What speaks TLS with a server of a private authority; undefined where the public ones are enough.
 * @param ca its certificates, PEM, trusted besides the public ones
 */
export function agentFor(ca: string | undefined): https.Agent | undefined {
  return ca === undefined ? undefined : new https.Agent({ ca: [...rootCertificates, ca] });
}
