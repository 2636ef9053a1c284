import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { certificateOnLoopback } from "../../automation/rehearsal/certificate.ts";
import { PROXY_RELEASE } from "../../components/sso/images.ts";
import { parseLab } from "../../components/lab/parse.ts";
import { missingSecrets } from "../../components/lab/required-secrets.ts";
import { endOfSession, issuerForPods, providerOf } from "../../components/sso/issuer.ts";
import { alphaConfiguration, coreConfiguration } from "../../components/sso/proxy/configuration.ts";
import { errorPage } from "../../components/sso/proxy/pages.ts";
import { signOutPath } from "../../components/sso/sign-out.ts";
import type { SsoConfig } from "../../components/sso/sso-config.ts";

type Section = Record<string, unknown>;

const HOST = "cvat.example.com";
const CVAT = { ingress: { host: HOST, tls: { secretName: "t" } }, organizations: [{ slug: "lab" }] };
const SSO = {
  issuer: "https://auth.example.com/realms/lab",
  allowedGroups: ["/annotators"],
  groups: { "/annotators": { role: "worker", organizations: { lab: "worker" } }, "/admins": { superuser: true } },
};
const { ca: CERTIFICATE, key: KEY } = await certificateOnLoopback({ authority: "a lab's own", subject: [] });
const AUTHENTIK = "https://auth.example.com/application/o/cvat/";

const parsed = (sso: Section, cvat: Section = CVAT) =>
  parseLab({ traefik: { address: "192.0.2.20" }, cvat, sso: { ...SSO, ...sso } });
const told = (sso: Section, cvat?: Section) =>
  parsed(sso, cvat).problems.map(({ path, message }) => [path.replace("vision-platform:", ""), message]);

function config(sso: Section = {}): SsoConfig {
  const { lab, problems } = parsed(sso);
  return lab?.sso ?? expect.fail(JSON.stringify(problems));
}

describe("what a stack file may say of sign-in", () => {
  it("is sound as the pages have it, and asks for the client's secret before `up`", () => {
    const { lab, problems } = parsed({});
    expect(problems).toEqual([]);
    expect(lab && missingSecrets(lab).map(({ path }) => path)).toContain("vision-platform:sso.secrets.client");
    const given = parsed({ secrets: { client: "a-client-secret" } }).lab;
    expect(given && missingSecrets(given).map(({ path }) => path)).not.toContain("vision-platform:sso.secrets.client");
  });

  it.each<[string, Section, string, RegExp]>([
    ["http", { issuer: "http://auth.example.com/realms/lab" }, "sso.issuer", /https/],
    ["a secret in the address", { issuer: "https://u:hush@auth.example.com/realms/lab" }, "sso.issuer", /password/],
    ["a secret in a query", { issuer: "https://auth.example.com/realms/lab?key=hush" }, "sso.issuer", /`\?`/],
    ["no certificate", { issuerCa: "hello" }, "sso.issuerCa", /is no certificate in PEM/i],
    ["a key among certificates", { issuerCa: `${CERTIFICATE}${KEY}` }, "sso.issuerCa", /holds a private key/i],
    ["the discovery document", { issuer: `${AUTHENTIK}.well-known/openid-configuration` }, "sso.issuer", /leave out/],
    ["a slash too many", { issuer: `${SSO.issuer}/`, provider: "keycloak" }, "sso.issuer", /take it off/],
    ["no realm", { issuer: AUTHENTIK, provider: "keycloak" }, "sso.issuer", /no realm/],
    ["a slash too many, of what looks like a Keycloak", { issuer: `${SSO.issuer}/` }, "sso.issuer", /take it off/],
    ["a % that is none", { issuer: "https://auth.example.com/realms/%zz" }, "sso.issuer", /hexadecimal/],
    ["two slashes", { issuer: "https://auth.example.com//realms/lab" }, "sso.issuer", /https/],
    ["a refresh as long as the token", { refresh: "5m" }, "sso.refresh", /shorter than sso.tokenLifetime \(5m\)/],
    ["a refresh as long as the session", { sessionLifetime: "1m" }, "sso.sessionLifetime", /longer than sso.refresh/],
    ["a refresh with each call", { refresh: "9s" }, "sso.refresh", /at least 10s/],
    ["nobody who may", { allowedGroups: [] }, "sso.allowedGroups", /Nobody else gets in/],
    ["everybody", { allowedGroups: ["*"] }, "sso.allowedGroups[0]", /patterns/],
    ["a pattern of groups", { groups: { ...SSO.groups, "/team-*": {} } }, "sso.groups./team-*", /patterns/],
    ["one twice", { allowedGroups: ["/annotators", "/annotators"] }, "sso.allowedGroups[1]", /already/],
    ["a group without a meaning", { allowedGroups: ["/annotators", "/a"] }, "sso.allowedGroups[1]", /sso\.groups/],
    [
      "an owner",
      { groups: { "/annotators": { organizations: { lab: "owner" } } } },
      "sso.groups./annotators.organizations.lab",
      /the superuser owns it/,
    ],
    [
      "an organization nobody knows",
      { groups: { "/annotators": { organizations: { lba: "worker" } } } },
      "sso.groups./annotators.organizations.lba",
      /which has lab/,
    ],
    [
      "two meanings",
      { groups: { "/annotators": { superuser: true, role: "worker" } } },
      "sso.groups./annotators.role",
      /keep one/,
    ],
    ["no ID token", { scopes: ["email"] }, "sso.scopes", /openid/],
    ["a way inside to no Keycloak", { issuer: AUTHENTIK, internalIssuer: "http://x.y" }, "sso.internalIssuer", /DNS/],
    [
      "another release",
      { proxy: { image: "quay.io/oauth2-proxy/oauth2-proxy:v7.16.0" } },
      "sso.proxy.image",
      /v7\.15\.6/,
    ],
    ["an image that moves", { sessions: { image: "redis:latest" } }, "sso.sessions.image", /latest/],
    ["an image without a tag", { proxy: { image: "oauth2-proxy" } }, "sso.proxy.image", /no tag/],
    ["its own host for tokens", { tokenHost: HOST }, "sso.tokenHost", /leave it empty/],
    ["everybody's proxy", { proxy: { trustedProxies: [] } }, "sso.proxy.trustedProxies", /believes everybody/],
    ["the whole world", { proxy: { trustedProxies: ["0.0.0.0/0"] } }, "sso.proxy.trustedProxies[0]", /Is everybody/],
  ])("refuses %s", (_, sso, path, message) => {
    const found = told(sso);
    expect(found.map(([at]) => at)).toEqual([path]);
    expect(found[0]?.[1]).toMatch(message);
    expect(JSON.stringify(found)).not.toContain("hush");
  });

  it("refuses a CVAT that is off, has no name of its own, or is reached by http", () => {
    expect(told({}, { enabled: false })).toEqual([["sso", expect.stringContaining("cvat.enabled")]]);
    expect(told({}, { organizations: CVAT.organizations }).map(([at]) => at)).toEqual([
      "cvat.ingress.host",
      "cvat.ingress.tls",
    ]);
  });

  it("takes a slash at the end where the issuer has one, and a digest beside any tag", () => {
    const image = `registry.example/oauth2-proxy:mirror@sha256:${"0".repeat(64)}`;
    expect(told({ issuer: AUTHENTIK, proxy: { image } })).toEqual([]);
  });
});

describe("what the issuer is", () => {
  it.each<[Section, string, string | undefined]>([
    [{}, "keycloak", `${SSO.issuer}/protocol/openid-connect/logout`],
    [
      { internalIssuer: "http://keycloak.sso.svc:8080" },
      "keycloak",
      "http://keycloak.sso.svc:8080/realms/lab/protocol/openid-connect/logout",
    ],
    [{ issuer: AUTHENTIK }, "oidc", undefined],
    [{ issuer: AUTHENTIK, signOutUrl: `${AUTHENTIK}end-session/` }, "oidc", `${AUTHENTIK}end-session/`],
    [{ provider: "oidc" }, "oidc", undefined],
  ])("%o", (sso, provider, end) => {
    const whole = config(sso);
    expect(providerOf(whole)).toBe(provider);
    expect(endOfSession(whole)?.url).toBe(end);
  });

  it("is called by the name that pods know, while tokens and browsers keep the public one", () => {
    const sso = config({ internalIssuer: "http://keycloak.sso.svc:8080" });
    expect(issuerForPods(sso)).toBe("http://keycloak.sso.svc:8080/realms/lab");
    const text = alphaConfiguration(sso);
    expect(JSON.parse(text)).toMatchObject({
      providers: [
        {
          loginURL: `${SSO.issuer}/protocol/openid-connect/auth`,
          redeemURL: "http://keycloak.sso.svc:8080/realms/lab/protocol/openid-connect/token",
          oidcConfig: {
            issuerURL: SSO.issuer,
            skipDiscovery: true,
            jwksURL: "http://keycloak.sso.svc:8080/realms/lab/protocol/openid-connect/certs",
          },
        },
      ],
    });
  });
});

describe("the proxy's files", () => {
  it("have no `$`, at which the program would put in a variable of its environment", () => {
    const odd = "/costs $5 ${HOME}";
    const text = alphaConfiguration(config({ allowedGroups: [odd], groups: { [odd]: {} } }));
    expect(text).not.toContain("$");
    expect((JSON.parse(text) as { providers: { allowedGroups: string[] }[] }).providers[0]?.allowedGroups).toEqual([
      odd,
    ]);
  });

  it("trust the issuer's host only where signing out leads there", () => {
    const hosts = (sso: Section) => /^whitelist_domains = (.*)$/m.exec(coreConfiguration(config(sso), HOST))?.[1];
    expect(hosts({})).toBe(`["${HOST}"]`);
    expect(hosts({ issuer: AUTHENTIK, signOutUrl: `${AUTHENTIK}end-session/` })).toBe(`["${HOST}","auth.example.com"]`);
  });

  it("lead who may not pass to where his session ends, or to another sign-in", () => {
    const way = (sso: Section) => /href="([^"]+)">Sign in as/.exec(errorPage(config(sso), HOST))?.[1];
    expect(way({})).toBe(
      `${SSO.issuer}/protocol/openid-connect/logout?client_id=cvat&amp;post_logout_redirect_uri=https%3A%2F%2F${HOST}%2F`,
    );
    expect(way({ issuer: AUTHENTIK })).toBe("/oauth2/start?rd=%2F&amp;prompt=login");
  });
});

it("is tried with the release that a lab runs", async () => {
  const module = await readFile(new URL("../go/oauth2-proxy/go.mod", import.meta.url), "utf8");
  expect(/oauth2-proxy\/v7 v(\S+)/.exec(module)?.[1]).toBe(PROXY_RELEASE);
});

it("signing out leads a browser to the issuer where that knows the session by its cookie", () => {
  expect(signOutPath(config(), HOST)).toBe("/oauth2/sign_out?rd=%2F");
  expect(signOutPath(config({ issuer: AUTHENTIK }), HOST)).toBe("/oauth2/sign_out?rd=%2F");
  const path = signOutPath(config({ issuer: AUTHENTIK, signOutUrl: `${AUTHENTIK}end-session/` }), HOST);
  const rd = new URL(path, `https://${HOST}`).searchParams.get("rd") ?? "";
  expect(rd.startsWith(`${AUTHENTIK}end-session/?id_token_hint={id_token}&`)).toBe(true);
  expect(new URL(rd).searchParams.get("post_logout_redirect_uri")).toBe(`https://${HOST}/`);
});
