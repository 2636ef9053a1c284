import https from "node:https";
import { isIP } from "node:net";
import { checkServerIdentity, rootCertificates, type PeerCertificate } from "node:tls";

/**
 * What speaks TLS with a server of a private authority, or of another name than it is asked by; undefined where that of Node itself does.
 * @param ca its certificates, PEM, trusted besides the public ones
 * @param servername whose certificate it is. Default: the host's that is asked
 */
export function agentFor(ca: string | undefined, servername?: string): https.Agent | undefined {
  if (ca === undefined && servername === undefined) return undefined;
  return new https.Agent({
    // As that of Node itself: else each object would be a handshake.
    keepAlive: true,
    ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
    ...(servername !== undefined && namedFor(servername)),
  });
}

/** An address is never asked for by name, and stands in certificates all the same. (RFC 6066, 3) */
function namedFor(host: string): https.AgentOptions {
  return {
    servername: isIP(host) > 0 ? "" : host,
    checkServerIdentity: (_asked: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
  };
}
