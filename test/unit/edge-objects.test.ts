import { describe, expect, it } from "vitest";
import { cvatEdgeStages, hasAnalyticsPage, passedOnBySignIn } from "../../components/cvat/edge.ts";
import { cvatValues } from "../../components/cvat/values.ts";
import { spellingsOf } from "../../components/edge/spellings.ts";
import { parseLab } from "../../components/lab/parse.ts";
import { alphaConfiguration } from "../../components/sso/proxy/configuration.ts";
import { signInEdge, signInLab, TOKEN_HOST, type SignInLab } from "../fixtures/edge/lab.ts";
import { plannedCvat } from "../fixtures/inputs/planned.ts";

const GATEWAY = { edge: "gateway", gateway: { name: "lab", namespace: "gateways", section: "https" } };
const named = (lab: SignInLab, name: string) => signInEdge(lab).objects.find((object) => object.name === name);
const refs = (...names: string[]) => names.map((name) => ({ name }));

const FORMS = String.raw`(?i)^(token [0-9a-f]{40}|bearer [a-z0-9]{8}\.[a-z0-9]{32})$`;
const SERVER = [{ name: "cvat-backend-service", port: 8080 }];
const SESSION = refs("sso-clean", "sso-slashes", "sso-session");
const OPEN = refs("sso-clean", "sso-slashes");

describe("Traefik's objects of a homelab at which people sign in", () => {
  it("are Middlewares, and routes that ask for them", () => {
    const { stages } = signInEdge();
    expect(stages.map((stage) => stage.map(({ kind, name }) => `${kind} ${name}`))).toEqual([
      [
        "Middleware sso-clean",
        "Middleware sso-slashes",
        "Middleware sso-session",
        "Middleware signed-in",
        "Middleware sso-https",
      ],
      ["IngressRoute sso-routes"],
      ["IngressRoute sso-routes-http"],
    ]);
    expect(stages[0]?.map(({ spec }) => spec)).toEqual([
      {
        headers: {
          customRequestHeaders: Object.fromEntries(
            ["-", "_", "."].flatMap((one) => ["-", "_", "."].map((other) => [`X${one}Sso${other}Token`, ""])),
          ),
        },
      },
      { encodedCharacters: { allowEncodedSlash: false } },
      {
        forwardAuth: {
          address: "http://cvat-sso-proxy.cvat.svc:4180/",
          authResponseHeaders: ["X-Sso-Token"],
          addAuthCookiesToResponse: ["__Host-cvat-sso"],
          maxResponseBodySize: 1048576,
        },
      },
      {
        forwardAuth: {
          address: "http://cvat-backend-service.cvat.svc:8080/analytics",
          authRequestHeaders: ["Cookie", "Authorization", "X-Sso-Token"],
          maxResponseBodySize: 1048576,
        },
      },
      { redirectScheme: { scheme: "https", permanent: true } },
    ]);
  });

  it("has the most general rule ask for a session, and wins over rules of others by its length", () => {
    const rule = (match: string, priority: number, middlewares: unknown, services: unknown) => ({
      kind: "Rule",
      match: `Host(\`cvat.example.com\`)${match}`,
      priority,
      middlewares,
      services,
    });
    const exact = (path: string) => rule(` && Path(\`${path}\`)`, 40_000, OPEN, SERVER);
    const below = (path: string) => `(Path(\`${path}\`) || PathPrefix(\`${path}/\`))`;
    expect(named({}, "sso-routes")?.spec).toEqual({
      entryPoints: ["websecure"],
      tls: { secretName: "cvat-example-com" },
      routes: [
        rule("", 10_000, SESSION, [{ name: "cvat-frontend-service", port: 8000 }]),
        rule(` && ${below("/api")}`, 20_000, SESSION, SERVER),
        rule(` && ${below("/static")}`, 20_000, SESSION, SERVER),
        rule(
          " && (Path(`/admin`) || PathPrefix(`/admin/`) || Path(`/django-rq`) || PathPrefix(`/django-rq/`))",
          20_000,
          SESSION,
          SERVER,
        ),
        rule(
          ` && ${below("/analytics")}`,
          20_000,
          [...SESSION, { name: "signed-in" }],
          [{ name: "cvat-grafana", port: 80 }],
        ),
        rule(` && ${below("/oauth2")}`, 20_000, OPEN, [{ name: "cvat-sso-proxy", port: 4180 }]),
        exact("/api/sso/signed-out"),
        exact("/api/server/about"),
        exact("/api/server/health/"),
        exact("/api/auth/login"),
        rule(` && ${below("/api")} && HeaderRegexp(\`Authorization\`, \`${FORMS}\`)`, 30_000, OPEN, SERVER),
      ],
    });
    expect(named({}, "sso-routes-http")?.spec).toEqual({
      entryPoints: ["web"],
      routes: [rule("", 10_000, refs("sso-https"), [{ name: "cvat-sso-proxy", port: 4180 }])],
    });
  });

  it("hold a request back for its size when its session is there, and give long calls their time", () => {
    const lab = { ingress: { bodySize: "10Gi", responseTimeout: "10m" }, cvat: { analytics: { enabled: false } } };
    expect(named(lab, "body-size")?.spec).toEqual({ buffering: { maxRequestBodyBytes: 10 * 2 ** 30 } });
    expect(named(lab, "server")).toMatchObject({
      kind: "ServersTransport",
      spec: { forwardingTimeouts: { responseHeaderTimeout: "10m" } },
    });
    const { routes } = named(lab, "sso-routes")?.spec as { routes: Record<string, unknown>[] };
    const long = routes.filter(({ match }) => /`\/api`/.test(String(match)));
    expect(long.map(({ middlewares }) => middlewares)).toEqual([
      [...SESSION, { name: "body-size" }],
      [...OPEN, { name: "body-size" }],
    ]);
    expect(long.map(({ services }) => services)).toEqual(Array(2).fill([{ ...SERVER[0], serversTransport: "server" }]));
    expect(JSON.stringify(routes.filter((route) => !long.includes(route)))).not.toMatch(/body-size|serversTransport/);
  });

  it("let passwords in by the form of their header only where CVAT takes everybody's", () => {
    const rules = (lab: SignInLab) => JSON.stringify(named(lab, "sso-routes")?.spec);
    expect(rules({})).not.toContain("basic");
    expect(rules({ sso: { passwordLogin: true } })).toContain("|basic [a-z0-9+/=]+)$");
  });

  it("let programs in by their own host where there is one, and by no form of a header then", () => {
    const { routes } = named({ sso: { tokenHost: TOKEN_HOST } }, "sso-routes")?.spec as {
      routes: { match: string; middlewares: unknown }[];
    };
    expect(routes.filter(({ match }) => match.includes(TOKEN_HOST))).toMatchObject([
      { match: "Host(`api.example.com`) && (Path(`/api`) || PathPrefix(`/api/`))", middlewares: OPEN },
    ]);
    expect(JSON.stringify(routes)).not.toMatch(/HeaderRegexp|auth\/login/);
  });

  it("take the issuer's word that a session ended where the stack says so", () => {
    const { routes } = named({ sso: { backchannelLogout: true } }, "sso-routes")?.spec as {
      routes: { match: string }[];
    };
    expect(routes.at(-1)).toMatchObject({
      match: "Host(`cvat.example.com`) && Path(`/api/sso/backchannel-logout`)",
      middlewares: OPEN,
      services: SERVER,
    });
  });
});

it("the Ingresses of ingress-nginx: the one that asks for a session of everything comes first", () => {
  const lab = { ingress: { edge: "ingress-nginx", className: "nginx" }, sso: { tokenHost: TOKEN_HOST } };
  const { stages, objects } = signInEdge(lab);
  expect(stages.map((stage) => stage.map(({ name }) => name))).toEqual([
    ["sso-pages"],
    ["sso-calls", "sso-open", "sso-token"],
  ]);
  const annotations = Object.fromEntries(
    objects.map((object) => [
      object.name,
      Object.fromEntries(
        Object.entries(object.annotations ?? {}).map(([key, value]) => [key.replace(/^nginx.*\.io\//, ""), value]),
      ),
    ]),
  );
  const proxy = "http://cvat-sso-proxy.cvat.svc:4180";
  const https = { "force-ssl-redirect": "true" };
  const session = {
    "auth-url": `${proxy}/oauth2/auth`,
    "auth-response-headers": "X-Sso-Token",
    "proxy-buffer-size": "16k",
  };
  const cleaned = { "auth-url": `${proxy}/ping`, "auth-response-headers": "X-Sso-Token" };
  const long = {
    "proxy-body-size": "0",
    "proxy-request-buffering": "off",
    "proxy-read-timeout": "1200",
    "proxy-send-timeout": "1200",
  };
  expect(annotations).toEqual({
    "sso-pages": {
      ...session,
      ...https,
      "auth-signin": "https://$host/oauth2/start?rd=$escaped_request_uri",
    },
    "sso-calls": { ...session, ...https, ...long },
    "sso-open": { ...cleaned, ...https },
    "sso-token": { ...cleaned, ...https, ...long },
  });
  const paths = objects.flatMap(({ spec }) =>
    (spec["rules"] as { host: string; http: { paths: { path: string; pathType: string }[] } }[]).flatMap(
      ({ host, http }) => http.paths.map(({ path, pathType }) => `${pathType} ${host}${path}`),
    ),
  );
  expect(paths).toEqual([
    "Prefix cvat.example.com/",
    "Prefix cvat.example.com/static",
    "Prefix cvat.example.com/admin",
    "Prefix cvat.example.com/django-rq",
    "Prefix cvat.example.com/api",
    "Prefix cvat.example.com/oauth2",
    "Exact cvat.example.com/api/sso/signed-out",
    "Prefix api.example.com/api",
  ]);
});

it("a Gateway's HTTPRoute names the Middlewares in their order", () => {
  const { stages } = signInEdge({ ingress: GATEWAY, cvat: { analytics: { enabled: false } } });
  expect(stages.at(-1)).toMatchObject([
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      name: "sso-routes",
      spec: {
        parentRefs: [{ name: "lab", namespace: "gateways", sectionName: "https" }],
        hostnames: ["cvat.example.com"],
      },
    },
  ]);
  const extension = (name: string) => ({
    type: "ExtensionRef",
    extensionRef: { group: "traefik.io", kind: "Middleware", name },
  });
  const { rules } = stages.at(-1)?.[0]?.spec as { rules: unknown[] };
  expect(rules[0]).toEqual({
    matches: [{ path: { type: "PathPrefix", value: "/" } }],
    filters: ["sso-clean", "sso-slashes", "sso-session"].map(extension),
    backendRefs: [{ name: "cvat-frontend-service", port: 8000 }],
  });
  expect(rules.at(-1)).toEqual({
    matches: [
      {
        path: { type: "PathPrefix", value: "/api" },
        headers: [{ type: "RegularExpression", name: "Authorization", value: FORMS }],
      },
    ],
    filters: ["sso-clean", "sso-slashes"].map(extension),
    backendRefs: SERVER,
  });
});

it("another Gateway's HTTPRoutes lead to the proxy what asks for a session, and to CVAT what does not, by filters that all have", () => {
  const gateway = { ...GATEWAY.gateway, implementation: "other" };
  const lab = { ingress: { ...GATEWAY, gateway, responseTimeout: "30m" }, sso: { tokenHost: TOKEN_HOST } };
  const { objects, sso, plan } = signInEdge(lab);
  const proxy = [{ name: "cvat-sso-proxy", port: 4180 }];
  const remove = [...spellingsOf("X-Sso-Token"), "X-Forwarded-Uri"];
  const filters = [{ type: "RequestHeaderModifier", requestHeaderModifier: { remove } }];
  const rule = (type: string, value: string, backendRefs: unknown, more = {}) => ({
    matches: [{ path: { type, value } }],
    backendRefs,
    filters,
    ...more,
  });
  const long = { timeouts: { request: "30m" } };
  expect(objects.map(({ kind, name, spec }) => ({ kind, name, ...spec }))).toEqual([
    {
      kind: "HTTPRoute",
      name: "sso-routes",
      parentRefs: [{ name: "lab", namespace: "gateways", sectionName: "https" }],
      hostnames: ["cvat.example.com"],
      rules: [
        rule("PathPrefix", "/", proxy),
        rule("PathPrefix", "/api", proxy, long),
        rule("PathPrefix", "/static", proxy),
        {
          ...rule("", "", proxy),
          matches: ["/admin", "/django-rq"].map((value) => ({ path: { type: "PathPrefix", value } })),
        },
        rule("PathPrefix", "/oauth2", proxy),
        rule("Exact", "/api/sso/signed-out", SERVER),
      ],
    },
    {
      kind: "HTTPRoute",
      name: "sso-routes-2",
      parentRefs: [{ name: "lab", namespace: "gateways", sectionName: "https" }],
      hostnames: [TOKEN_HOST],
      rules: [rule("PathPrefix", "/api", SERVER, long)],
    },
  ]);
  const [server, pages] = ["cvat-backend-service.cvat.svc:8080", "cvat-frontend-service.cvat.svc:8000"];
  const upstream = (path: string, to = server) => ({ id: path, path, uri: `http://${to}`, timeout: "30m" });
  expect(JSON.parse(alphaConfiguration(sso, passedOnBySignIn(plan)))).toMatchObject({
    upstreamConfig: {
      upstreams: [
        upstream("/", pages),
        ...["/api", "/api/", "/static", "/static/", "/admin", "/admin/", "/django-rq", "/django-rq/"].map((path) =>
          upstream(path),
        ),
      ],
    },
  });
  // Who asks beside a call asks it for nothing else.
  expect(passedOnBySignIn(signInEdge({ ingress: GATEWAY }).plan)).toBeUndefined();
  expect([hasAnalyticsPage(plan), hasAnalyticsPage(signInEdge({ ingress: GATEWAY }).plan)]).toEqual([false, true]);
});

it("a header has nine spellings that servers may take for it", () => {
  expect(spellingsOf("X-Sso-Token")).toHaveLength(9);
  expect(spellingsOf("X-Sso-Token")).toEqual(expect.arrayContaining(["X_Sso_Token", "X-Sso_Token", "X.Sso.Token"]));
});

describe("the chart", () => {
  const smokescreen = "";
  it("makes no Ingress and no annotation where people sign in, and its server answers to both hosts", () => {
    const lab = {
      ingress: { responseTimeout: "10m" },
      sso: { tokenHost: TOKEN_HOST },
      cvat: { server: { allowedHosts: ["cvat.example.com"] } },
    };
    const { plan } = signInEdge(lab);
    expect(cvatValues({ plan, clickhousePassword: "", smokescreen })).toMatchObject({
      ingress: { enabled: false },
      cvat: {
        backend: {
          service: { annotations: {} },
          server: {
            envs: {
              ALLOWED_HOSTS: "cvat.example.com,api.example.com,cvat-backend-service,cvat-backend-service.cvat.svc",
            },
          },
        },
      },
    });
    expect(plan.endpoint).toBe("https://api.example.com");
  });

  it("has its own where they do not, with nothing of an edge", () => {
    const plan = plannedCvat({ ingress: { host: "cvat.example.com" } });
    expect(cvatValues({ plan, clickhousePassword: "", smokescreen })).toMatchObject({ ingress: { enabled: true } });
    expect(cvatEdgeStages(plan)).toEqual([]);
    expect(plan.endpoint).toBeUndefined();
  });
});

describe("an edge that a stack file asks for", () => {
  const problems = (lab: Record<string, unknown>) =>
    parseLab(lab).problems.map(({ path, message }) => `${path}: ${message}`);

  it.each<[string, Record<string, unknown>, RegExp[]]>([
    ["is Traefik by default", signInLab(), []],
    [
      "counts with sign-in alone",
      { traefik: { address: "192.0.2.20" }, cvat: { ingress: { edge: "ingress-nginx" } } },
      [/^vision-platform:cvat\.ingress\.edge: Is ingress-nginx, which counts where people sign in alone/],
    ],
    [
      "is not told of twice where the section of sign-in has a fault itself",
      { traefik: { address: "192.0.2.20" }, cvat: { ingress: { edge: "ingress-nginx" } }, sso: { issuer: "ftp://x" } },
      [/sso\.issuer/, /sso\.allowedGroups/, /sso\.groups/],
    ],
    [
      "needs a second host at ingress-nginx",
      signInLab({ ingress: { edge: "ingress-nginx" } }),
      [/^vision-platform:sso\.tokenHost: Is missing: ingress-nginx does not tell/],
    ],
    [
      "needs its Gateway",
      signInLab({ ingress: { edge: "gateway" } }),
      [/^vision-platform:cvat\.ingress\.gateway: is missing: set the name/i],
    ],
    [
      "is no other beside a Gateway",
      signInLab({ ingress: { ...GATEWAY, edge: "traefik" } }),
      [
        /^vision-platform:cvat\.ingress\.gateway: is read with cvat\.ingress\.edge: gateway alone, and that is traefik/i,
      ],
    ],
    [
      "has no copied certificate at a Gateway",
      signInLab({
        ingress: {
          ...GATEWAY,
          tls: { secretName: "cvat-tls", copyOf: { namespace: "certificates", name: "wildcard" } },
        },
      }),
      [/^vision-platform:cvat\.ingress\.tls\.copyOf: Is read by nobody: a Gateway has its certificate itself/],
    ],
    [
      "has no time limit at a Gateway",
      signInLab({ ingress: { ...GATEWAY, responseTimeout: "10m" } }),
      [/^vision-platform:cvat\.ingress\.responseTimeout: Traefik's Gateway provider has no such limit/],
    ],
    [
      "needs a second host at another Gateway, which bounds no request",
      signInLab({
        ingress: { ...GATEWAY, gateway: { ...GATEWAY.gateway, implementation: "other" }, bodySize: "1Gi" },
      }),
      [
        /^vision-platform:sso\.tokenHost: Is missing: not every Gateway tells/,
        /^vision-platform:cvat\.ingress\.bodySize: A Gateway's routes know no such limit/,
      ],
    ],
    [
      "is not gone around by an Ingress of the chart",
      signInLab({ cvat: { values: { ingress: { enabled: true } } } }),
      [/^vision-platform:cvat\.values: Has ingress\.enabled, an Ingress of the chart's that lets everybody past/],
    ],
  ])("%s", (_, lab, expected) => {
    const told = problems(lab);
    expect(told).toHaveLength(expected.length);
    expect(told).toEqual(expected.map((text) => expect.stringMatching(text) as string));
  });
});
