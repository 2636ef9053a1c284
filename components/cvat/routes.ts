import semver from "semver";
import { credentialForms } from "../edge/authorization.ts";
import type { Backend, Gatekeeper, Route } from "../edge/route.ts";
import { signedInAtCvat } from "./ingress.ts";
import { CHART_OBJECTS } from "./names.ts";

/** What stands before CVAT where people sign in. */
export interface SignIn {
  gatekeeper: Gatekeeper;
  /** Host for programs that come with a credential of CVAT's. Undefined: they come to CVAT's own, and are told by their header. */
  tokenHost: string | undefined;
  /** Whether CVAT's own passwords are good for everybody. */
  passwords: boolean;
  /** Path at CVAT's server where signing out ends. */
  signedOut: string;
  /** Path at which CVAT takes the issuer's word that a session ended. Undefined: it takes none. */
  endOfSession: string | undefined;
}

export interface CvatRoutesInput {
  namespace: string;
  host: string;
  /** Version of the chart. */
  chart: string;
  analytics: boolean;
  signIn: SignIn;
}

/** Since this chart the Service of the web pages has the port that their image has. (charts 0.15.0, 0.15.1: values.yaml, cvat.frontend.service) */
const FRONTEND_PORT_SINCE = "0.15.1";

/** What is open because programs ask it before they have a credential, or have one by it. */
export const BEFORE_A_TOKEN = {
  about: {
    exact: "/api/server/about",
    why: "the version, which SDK and CLI ask for before they sign in, and `up` to see whether CVAT answers",
  },
  health: {
    exact: "/api/server/health/",
    why: "which parts of CVAT work, without any data: `up` and monitoring ask it",
  },
  login: {
    exact: "/api/auth/login",
    why: "the superuser's way in, by which `up` signs in and which works while the issuer is down; CVAT refuses everybody else there, unless `sso.passwordLogin`, and takes 100 guesses a minute from an address",
  },
} as const;

/**
 * CVAT's paths, each with who may come in and why. The first is the most general: what has no row, such as a path that a later CVAT brings,
 * asks for a session. `/profiler` has none: only a CVAT that is run to be measured has something there.
 */
export function cvatRoutes({ namespace, host, chart, analytics, signIn }: CvatRoutesInput): Route[] {
  const { gatekeeper, tokenHost, passwords, signedOut, endOfSession } = signIn;
  const server: Backend = { service: CHART_OBJECTS.server, port: CHART_OBJECTS.serverPort };
  const pages: Backend = {
    service: CHART_OBJECTS.frontend,
    port: semver.gte(chart, FRONTEND_PORT_SINCE) ? CHART_OBJECTS.frontendPort : 80,
  };
  const open = (name: string, path: { exact: string; why: string }): Route => {
    const { why, ...exact } = path;
    return { name, host, paths: [exact], entry: "open", to: server, forPrograms: true, why };
  };
  return [
    {
      name: "pages",
      host,
      paths: [{ below: "/" }],
      entry: "session",
      to: pages,
      why: "CVAT's web pages, and everything that has no row of its own",
    },
    {
      name: "api",
      host,
      paths: [{ below: "/api" }],
      entry: "session",
      to: server,
      forPrograms: true,
      takesLong: true,
      why: "what the web pages call, uploads and calls that take long among it; without a session 401, so that the pages can say so",
    },
    {
      name: "static",
      host,
      paths: [{ below: "/static" }],
      entry: "session",
      to: server,
      why: "style and script of Django's pages: no data, and nobody needs them who does not see those pages",
    },
    {
      name: "django",
      host,
      paths: [{ below: "/admin" }, { below: "/django-rq" }],
      entry: "session",
      to: server,
      why: "Django's own pages, which know CVAT's login alone: behind the session, the superuser signs in there once more, by his password",
    },
    ...(analytics ? [analyticsRoute(namespace, host)] : []),
    {
      name: "sign-in",
      host,
      paths: [{ below: gatekeeper.prefix }],
      entry: "open",
      to: { service: gatekeeper.service, port: gatekeeper.port },
      why: "where signing in begins and ends",
    },
    open("signed-out", { exact: signedOut, why: "the answer to a sign-out: its caller has no session any more" }),
    ...(tokenHost === undefined
      ? [
          open("about", BEFORE_A_TOKEN.about),
          open("health", BEFORE_A_TOKEN.health),
          open("login", BEFORE_A_TOKEN.login),
          {
            name: "api-token",
            host,
            paths: [{ below: "/api" }],
            entry: "token" as const,
            authorization: credentialForms({ passwords }),
            to: server,
            forPrograms: true as const,
            takesLong: true as const,
            why: "programs, told by the form of their Authorization header: CVAT judges the credential",
          },
        ]
      : [
          {
            name: "api-token",
            host: tokenHost,
            paths: [{ below: "/api" }],
            entry: "token" as const,
            to: server,
            forPrograms: true as const,
            takesLong: true as const,
            why: "programs, by a host of their own: CVAT judges what they bring, and answers 401 to who brings nothing",
          },
        ]),
    ...(endOfSession === undefined
      ? []
      : [
          open("end-of-session", {
            exact: endOfSession,
            why: "the issuer says here that a session ended; CVAT takes only what the issuer has signed",
          }),
        ]),
  ];
}

/** Grafana, which lets in whom CVAT lets see it: CVAT is asked as before, and by the session. */
function analyticsRoute(namespace: string, host: string): Route {
  return {
    name: "analytics",
    host,
    paths: [{ below: "/analytics" }],
    entry: "session",
    to: { service: CHART_OBJECTS.grafana, port: CHART_OBJECTS.grafanaPort },
    besides: signedInAtCvat(namespace),
    why: "Grafana: behind the session CVAT is asked whether this person may see it",
  };
}
