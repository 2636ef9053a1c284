import type { Passing } from "./proxy.ts";

/** When a run is killed. */
export type Moment =
  /** The engine begins with a resource of this type, or whose name ends so; or it has been told that one is done. */
  | { event: "began" | "done"; type: string; name?: string }
  /** A request that changes something comes to a server, which never gets it; or is answered, and nobody gets the answer. */
  | { request: "asked" | "answered"; what: RegExp };

/** Who is killed: all of it, as when a container ends; our process; the engine; both of them, but not the plugins. */
export type Victims = "all" | "cli" | "engine" | "cli and engine";

export interface Kill {
  at: Moment;
  victims: Victims;
}

/** Where it says so, for the name of a test. */
export function killText({ at, victims }: Kill): string {
  const when =
    "event" in at
      ? `${at.event === "began" ? "as the engine begins with" : "as the engine is done with"} ${at.type}`
      : `${at.request === "asked" ? "before" : "after"} ${at.what.source}`;
  return `${victims} ${when}`;
}

/** Whether a request is the moment: one that changes something, and is no try. */
export const isAt = (what: RegExp, { method, path }: Passing): boolean =>
  !/[?&]dryRun=/.test(path) && what.test(`${method} ${path}`);
