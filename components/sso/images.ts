/**
 * The release that the configuration here is written for and tried with: its alpha configuration may change its form with any other.
 * (oauth2-proxy: docs/configuration/alpha-config.md)
 */
export const PROXY_RELEASE = "7.15.6";

/** Its image as its project publishes it. */
export const PROXY_IMAGE = `quay.io/oauth2-proxy/oauth2-proxy:v${PROXY_RELEASE}`;

/** Redis as CVAT's own compose file runs it. */
export const SESSIONS_IMAGE = "docker.io/library/redis:7.2.11-alpine";

/** Images of sign-in that a stack file names itself. */
export function namedImages({ proxy, sessions }: Record<"proxy" | "sessions", { image: string }>): string[] {
  return [proxy.image, sessions.image].filter((image) => image !== PROXY_IMAGE && image !== SESSIONS_IMAGE);
}
