/** Some of a host's paths. `below` goes by whole parts: below `/api` are `/api` and `/api/x`, not `/apix`. Below `/` is everything. */
export type PathMatch = { exact: string } | { below: string };

/** A Service in the namespace of the routes. */
export interface Backend {
  service: string;
  port: number;
}

/**
 * Who comes in.
 *
 * - `session`: who is signed in. Everybody else is sent to sign in, or refused.
 * - `token`: who brings a credential of the application's own, which judges it.
 * - `open`: everybody.
 *
 * What a person or program says of himself is taken away on all of them; after that a session has it put there by the gatekeeper alone.
 */
export type Entry = "session" | "token" | "open";

/** One way through the edge. */
export interface Route {
  /** Names its part of the objects: `api`. */
  name: string;
  host: string;
  paths: readonly PathMatch[];
  entry: Entry;
  /** What the header Authorization must be like, as a regular expression that RE2 takes. Default: nothing is asked of it. */
  authorization?: string;
  to: Backend;
  /** What programs call, also those in a browser: without a session they are told so, and not sent to a page. Default: pages for people. */
  forPrograms?: true;
  /** Whether it takes uploads, and calls that take long. Default: no. */
  takesLong?: true;
  /** Who is asked besides, when the session is there. Default: nobody. */
  besides?: Asked;
  /** Why this entry, for a person: a sentence without its full stop. */
  why: string;
}

/** Another server that is asked whether a request may go on. */
export interface Asked {
  /** Name of the Middleware. */
  name: string;
  address: string;
  /** Headers of the request that it is shown, besides the gatekeeper's. */
  requestHeaders: readonly string[];
}

/** Who knows who is signed in: it answers at its root for any page, and by itself below its prefix. */
export interface Gatekeeper extends Backend {
  /** Header by which it says who it is. Nobody else may send it. */
  header: string;
  cookie: string;
  /** Path below which its own pages are: `/oauth2`. */
  prefix: string;
}

/** The gatekeeper as pods of another namespace call it, without a slash at the end. */
export function addressOf({ service, port }: Gatekeeper, namespace: string): string {
  return `http://${service}.${namespace}.svc:${port}`;
}

/** Everything of an edge that its objects are made of. */
export interface EdgePlan {
  namespace: string;
  routes: readonly Route[];
  gatekeeper: Gatekeeper;
  /** Secret with the certificate of all hosts. */
  tlsSecret: string;
  /** Largest request, in bytes. Default: no limit. */
  bodyBytes?: number | undefined;
  /** How long an answer may take to begin, as Go writes it: `10m`. Default: what the edge has. */
  responseTimeout?: string | undefined;
}

/** An object of an edge, in the namespace of its routes. */
export interface EdgeObject {
  apiVersion: string;
  kind: string;
  name: string;
  annotations?: Readonly<Record<string, string>>;
  spec: Record<string, unknown>;
}

/** How long an answer may take to begin where something takes long, nothing is said, and the edge would give up after a minute or less. */
export const LONG = "20m";

/** What the names of the objects begin with. */
export const NAME = "sso";

/** Objects in the order they are applied, and taken away backwards: each stage when the one before is there. */
export type Stages = readonly (readonly EdgeObject[])[];

/** Hosts of the routes, each once. */
export function hostsOf(routes: readonly Route[]): string[] {
  return [...new Set(routes.map(({ host }) => host))];
}

/** Whether a path is everything of a host. */
export function isEverything(path: PathMatch): boolean {
  return "below" in path && path.below === "/";
}
