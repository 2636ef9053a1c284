import { millisecondsOf } from "../../schema/values.ts";
import {
  addressOf,
  hostsOf,
  isEverything,
  LONG,
  NAME,
  type EdgeObject,
  type EdgePlan,
  type PathMatch,
  type Route,
  type Stages,
} from "../route.ts";

const PREFIX = "nginx.ingress.kubernetes.io";

/** An ID token is one line of an answer's head, which is 4 KiB otherwise. (nginx: ngx_http_proxy_module, proxy_buffer_size) */
const HEAD = "16k";

/**
 * The routes as Ingresses for the ingress-nginx controller: one for each set of annotations. The most general one, which asks for a session,
 * comes first and goes last.
 *
 * It knows no match by a header, so a route by `authorization` is refused before (rules), and asks one server alone, so a route that asks
 * another `besides` is left out.
 */
export function nginxStages(plan: EdgePlan, className: string): Stages {
  const routes = plan.routes.filter(({ besides }) => besides === undefined);
  const kinds = [...new Set(routes.map(kindOf))].map((kind) => {
    const those = routes.filter((route) => kindOf(route) === kind);
    return { ingress: ingress(`${NAME}-${kind}`, className, those, plan), isGeneral: those.some(takesEverything) };
  });
  const [general, others] = [true, false].map((is) => kinds.filter(({ isGeneral }) => isGeneral === is));
  return [general, others].map((group = []) => group.map((one) => one.ingress));
}

const takesEverything = ({ paths }: Route) => paths.some(isEverything);

/** Routes of one kind have the same annotations, and so go into one Ingress. */
function kindOf({ entry, forPrograms }: Route): string {
  if (entry !== "session") return entry;
  return forPrograms ? "calls" : "pages";
}

function ingress(name: string, ingressClassName: string, routes: readonly Route[], plan: EdgePlan): EdgeObject {
  const hosts = hostsOf(routes);
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    name,
    annotations: Object.fromEntries(
      Object.entries({ ...asking(routes, plan), ...limits(routes, plan) }).map(([key, value]) => [
        `${PREFIX}/${key}`,
        value,
      ]),
    ),
    spec: {
      ingressClassName,
      tls: [{ hosts, secretName: plan.tlsSecret }],
      rules: hosts.map((host) => ({
        host,
        http: {
          paths: routes
            .filter((route) => route.host === host)
            .flatMap(({ paths, to }) =>
              paths.map((path) => ({
                ...pathOf(path),
                backend: { service: { name: to.service, port: { number: to.port } } },
              })),
            ),
        },
      })),
    },
  };
}

/** Who is asked, and what is taken from his answer. */
function asking([first]: readonly Route[], { gatekeeper, namespace }: EdgePlan): Record<string, string> {
  if (first === undefined) return {};
  const address = addressOf(gatekeeper, namespace);
  // Taken from the answer, or else taken away: an answer without it takes away the client's own. So no snippet is needed, which most
  // controllers refuse. (sign-in-parts.md 4)
  const header = { "auth-response-headers": gatekeeper.header };
  if (first.entry !== "session") return { "auth-url": `${address}/ping`, ...header };
  return {
    // Not its root: nginx takes 2xx, 401 and 403 of an answer, and makes an error of a way elsewhere.
    "auth-url": `${address}${gatekeeper.prefix}/auth`,
    ...(!first.forPrograms && {
      "auth-signin": `https://$host${gatekeeper.prefix}/start?rd=$escaped_request_uri`,
    }),
    ...header,
    "proxy-buffer-size": HEAD,
  };
}

function limits(routes: readonly Route[], { bodyBytes, responseTimeout }: EdgePlan): Record<string, string> {
  const https = { "force-ssl-redirect": "true" };
  if (!routes.some(({ takesLong }) => takesLong)) return https;
  // nginx itself gives up after a minute, which some calls of an application take. (sign-in-parts.md 6)
  const seconds = Math.ceil(millisecondsOf(responseTimeout ?? LONG) / 1000);
  return {
    ...https,
    // 1 MiB where nothing is said, and 0 is no limit.
    "proxy-body-size": String(bodyBytes ?? 0),
    // An upload goes on as it comes.
    "proxy-request-buffering": "off",
    "proxy-read-timeout": String(seconds),
    "proxy-send-timeout": String(seconds),
  };
}

function pathOf(path: PathMatch) {
  return "exact" in path ? { path: path.exact, pathType: "Exact" } : { path: path.below, pathType: "Prefix" };
}
