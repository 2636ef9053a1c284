import { describe, expect, it } from "vitest";
import { passedOnBySignIn } from "../../components/cvat/edge.ts";
import { alphaConfiguration } from "../../components/sso/proxy/configuration.ts";
import type { EdgeObject, EdgePlan } from "../../components/edge/route.ts";
import {
  A_PATH_OF_EACH_PART,
  BACKEND_ROUTES,
  faultsOf,
  OPEN_AT_CVAT,
  OPEN_AT_EDGE,
  OPEN_FOR_SIGN_IN,
} from "../fixtures/edge/backend-routes.ts";
import { signInEdge, TOKEN_HOST, type SignInLab } from "../fixtures/edge/lab.ts";
import { inPath, type Upstream } from "../fixtures/edge/in-path.ts";
import { nginx } from "../fixtures/edge/nginx.ts";
import type { Edge } from "../fixtures/edge/request.ts";
import { gateway, traefik } from "../fixtures/edge/traefik.ts";

type Reader = (objects: readonly EdgeObject[], gatekeeper: EdgePlan["gatekeeper"]) => Edge;

const GATEWAY = { edge: "gateway", gateway: { name: "lab", namespace: "gateways", section: "https" } };
const IN_PATH = {
  ingress: { edge: "gateway", gateway: { ...GATEWAY.gateway, implementation: "other" } },
  sso: { tokenHost: TOKEN_HOST },
};

/** Where the proxy of such a lab passes calls on to, by the configuration that it reads. */
function upstreamsOfLab(lab: SignInLab): Upstream[] {
  const { sso, plan } = signInEdge(lab);
  const read = JSON.parse(alphaConfiguration(sso, passedOnBySignIn(plan))) as {
    upstreamConfig: { upstreams: Upstream[] };
  };
  return read.upstreamConfig.upstreams;
}

const EDGES: [name: string, lab: SignInLab, reader: Reader][] = [
  ["Traefik", {}, traefik],
  [
    "Traefik, with all that can be set",
    { ingress: { bodySize: "10Gi", responseTimeout: "10m" }, sso: { passwordLogin: true } },
    traefik,
  ],
  ["Traefik, with a host for tokens", { sso: { tokenHost: TOKEN_HOST } }, traefik],
  ["ingress-nginx", { ingress: { edge: "ingress-nginx" }, sso: { tokenHost: TOKEN_HOST } }, nginx],
  ["a Gateway", { ingress: GATEWAY }, gateway],
  ["a Gateway that is not Traefik's", IN_PATH, inPath(upstreamsOfLab(IN_PATH))],
  ["a Gateway, with a host for tokens", { ingress: GATEWAY, sso: { tokenHost: TOKEN_HOST } }, gateway],
];

const edgeOf = (lab: SignInLab, reader: Reader) => {
  const { edge, objects, plan } = signInEdge(lab);
  const passwords = plan.signIn?.passwords ?? false;
  return {
    edge,
    objects,
    faults: (of: readonly EdgeObject[]) => faultsOf(reader(of, edge.gatekeeper), edge, { passwords }),
    /** The same by a path of each part, of edges of which there are many. */
    hasFaults: (of: readonly EdgeObject[]) =>
      faultsOf(reader(of, edge.gatekeeper), edge, { passwords }, { paths: A_PATH_OF_EACH_PART }).length > 0,
  };
};

interface Mutation {
  what: string;
  objects: EdgeObject[];
  /** Where the changed rules lead. */
  services: (string | undefined)[];
}

interface Rule extends Record<string, unknown> {
  services?: { name: string }[];
  backendRefs?: { name: string }[];
}

/** The list of rules of an object that has one. */
function rulesOf({ kind, name, spec }: EdgeObject): { key: string; list: string; rules: Rule[] } | undefined {
  // By http there is nothing but the way to https.
  if (kind === "IngressRoute" && !name.endsWith("-http"))
    return { key: "routes", list: "middlewares", rules: spec["routes"] as Rule[] };
  return kind === "HTTPRoute" ? { key: "rules", list: "filters", rules: spec["rules"] as Rule[] } : undefined;
}

/** The objects with one Middleware less in one rule, or one annotation less that asks. */
function withOneLess(objects: readonly EdgeObject[]): Mutation[] {
  return objects.flatMap((object) => {
    const instead = (other: Partial<EdgeObject>) => objects.map((one) => (one === object ? { ...one, ...other } : one));
    const { key = "", list = "", rules = [] } = rulesOf(object) ?? {};
    const ofRules = rules.flatMap((rule, index) =>
      (rule[list] as unknown[]).map((gone): Mutation => {
        const fewer = { ...rule, [list]: (rule[list] as unknown[]).filter((one) => one !== gone) };
        return {
          what: `${JSON.stringify(rule["match"] ?? rule["matches"])} without ${JSON.stringify(gone)}`,
          objects: instead({ spec: { ...object.spec, [key]: rules.with(index, fewer) } }),
          services: [...(rule.services ?? []), ...(rule.backendRefs ?? [])].map(({ name }) => name),
        };
      }),
    );
    const ofAnnotations = ["auth-url", "auth-response-headers"].flatMap((annotation): Mutation[] => {
      const { [`nginx.ingress.kubernetes.io/${annotation}`]: gone, ...annotations } = object.annotations ?? {};
      const services = [...JSON.stringify(object.spec).matchAll(/"service":\{"name":"([^"]+)"/g)].map(
        ([, name]) => name,
      );
      return gone === undefined
        ? []
        : [{ what: `${object.name} without ${annotation}`, objects: instead({ annotations }), services }];
    });
    return [...ofRules, ...ofAnnotations];
  });
}

describe.each(EDGES)("the routes of CVAT 2.64 at %s", (_, lab, reader) => {
  const { edge, objects, faults, hasFaults } = edgeOf(lab, reader);

  it("ask for a session or a token, and take a forged identity away", () => {
    expect(faults(objects)).toEqual([]);
  });

  it("are reached by a session, by a token, and where they are open", () => {
    const reach = reader(objects, edge.gatekeeper);
    const [main = "", forTokens = main] = [...new Set(edge.routes.map(({ host }) => host))];
    const [server, pages, proxy] = ["cvat-backend-service", "cvat-frontend-service", "cvat-sso-proxy"];
    expect(reach({ host: main, path: "/api/tasks" })).toMatchObject({ service: server, session: true });
    expect(reach({ host: main, path: "/tasks/1" })).toMatchObject({ service: pages, session: true });
    expect(reach({ host: main, path: "/apix" })).toMatchObject({ service: pages, session: true });
    expect(reach({ host: main, path: "/oauth2/callback" })).toMatchObject({ service: proxy, session: false });
    const authorization = `Token ${"0".repeat(40)}`;
    const byToken = { host: forTokens, path: "/api/tasks", authorization };
    expect(reach(byToken)).toMatchObject({ service: server, session: false });
    expect(reach({ host: forTokens, path: "/api/server/about" })).toMatchObject({ service: server, session: false });
  });

  it("are found open where any Middleware or annotation is taken out of any rule", () => {
    const unseen = withOneLess(objects)
      // The limit of a request's size opens nothing, and what leads to the gatekeeper alone is asked by him.
      .filter(({ what }) => !what.endsWith('"body-size"}') && !what.includes('"name":"body-size"'))
      .filter(({ services }) => services.some((name) => name !== edge.gatekeeper.service))
      .filter((mutation) => !hasFaults(mutation.objects));
    expect(unseen.map(({ what }) => what)).toEqual([]);
  });

  it("are not opened by a Middleware that is missing", () => {
    const opened = objects
      .filter(({ kind }) => kind === "Middleware")
      .filter((gone) => hasFaults(objects.filter((object) => object !== gone)));
    expect(opened.map(({ name }) => name)).toEqual([]);
  });

  it("are not opened by a rule or an Ingress that is missing", () => {
    const fewer = objects.flatMap((object) => {
      const { key = "", rules = [] } = rulesOf(object) ?? {};
      return [
        objects.filter((one) => one !== object || one.kind === "Middleware"),
        ...rules.map((gone) => {
          const spec = { ...object.spec, [key]: rules.filter((rule) => rule !== gone) };
          return objects.map((one) => (one === object ? { ...one, spec } : one));
        }),
      ];
    });
    expect(fewer.filter(hasFaults)).toEqual([]);
  });
});

it("what is open is CVAT's: each path of the tables is a route of CVAT, which strangers get something of", () => {
  const paths = BACKEND_ROUTES.map((route) => route.path_tried);
  for (const open of Object.keys(OPEN_AT_CVAT)) expect([...paths, ...Object.keys(OPEN_FOR_SIGN_IN)]).toContain(open);
  const { edge } = edgeOf({ sso: { backchannelLogout: true } }, traefik);
  const open = edge.routes.filter(({ entry, to }) => entry === "open" && to.service === "cvat-backend-service");
  const exact = open.flatMap((route) => route.paths.map((path) => ("exact" in path ? path.exact : path.below)));
  expect(exact.sort()).toEqual(Object.keys({ ...OPEN_AT_EDGE, ...OPEN_FOR_SIGN_IN }).sort());
});
