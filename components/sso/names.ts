/** Names of what sign-in is made of, in CVAT's namespace. */
export const SSO_OBJECTS = {
  /** Deployment, Service and ConfigMap of the proxy. */
  proxy: "cvat-sso-proxy",
  /** Deployment, Service and ConfigMap of the Redis that has its sessions. */
  sessions: "cvat-sso-sessions",
  /** Secret with all that is secret of both. */
  secret: "cvat-sso",
} as const;

export const PROXY_PORT = 4180;
export const SESSIONS_PORT = 6379;

/** The ID token of who signed in, from the proxy to CVAT. Not `Authorization`: CVAT takes every Bearer there for an access token of its own. */
export const TOKEN_HEADER = "X-Sso-Token";

/** A browser takes a cookie of this name for this host alone, and only by https. (RFC 6265bis, 4.1.3.2) */
export const COOKIE = "__Host-cvat-sso";

/** Path below which the proxy's own pages are. */
export const PROXY_PREFIX = "/oauth2";

/** Where CVAT's server has its own pages of sign-in, below its API. (components/sso/django/urls.py) */
export const OWN_PAGES = "/api/sso";

/** Path by which the issuer tells CVAT that a session ended. */
export const BACKCHANNEL_PATH = `${OWN_PAGES}/backchannel-logout`;
