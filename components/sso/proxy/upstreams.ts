import { LONG, type EdgePlan } from "../../edge/route.ts";

/** Answers who asks whether somebody may pass: the edge takes any 2xx for yes. (sign-in-parts.md 4) */
export const WHO_MAY_PASS = [{ id: "who-may-pass", path: "/", static: true, staticCode: 202 }];

/**
 * Where the proxy passes calls on to that have a session. Of two paths the longer wins, one without a slash at its end is itself alone, and the
 * Host stays as it was asked for. (oauth2-proxy 7.15.6: pkg/upstream/proxy.go)
 */
export function upstreamsOf({ routes, namespace, responseTimeout }: EdgePlan) {
  // It gives up after 30 s where nothing is said. (sign-in-parts.md 4)
  const timeout = responseTimeout ?? LONG;
  return routes.flatMap(({ paths, to }) =>
    paths.flatMap((path) => {
      const uri = `http://${to.service}.${namespace}.svc:${to.port}`;
      const at = "exact" in path ? [path.exact] : path.below === "/" ? ["/"] : [path.below, `${path.below}/`];
      return at.map((one) => ({ id: one, path: one, uri, timeout }));
    }),
  );
}
