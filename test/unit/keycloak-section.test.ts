import { describe, expect, it } from "vitest";
import { tokensAreRenewed } from "../../components/preflight/keycloak.ts";
import { placeOf } from "../../components/sso/keycloak/place.ts";
import { wantedClient } from "../../components/sso/keycloak/wanted-client.ts";
import { checkStackFile } from "../../automation/stackfile/check.ts";
import { missingSecrets } from "../../components/lab/required-secrets.ts";
import { sectionOf } from "../fixtures/keycloak/record-cases.ts";

const problemsOf = (more: Record<string, unknown>) => {
  const cvat = { ingress: { host: "cvat.example.com", tls: { secretName: "cvat-tls" } } };
  const sso = {
    issuer: "https://auth.example.com/realms/lab",
    allowedGroups: ["/annotators"],
    groups: { "/annotators": { role: "worker" } },
    keycloak: {},
    ...more,
  };
  return checkStackFile({ sections: { cvat, sso, traefik: { address: "192.0.2.20" } }, keys: [] });
};
const told = (more: Record<string, unknown>) =>
  problemsOf(more).problems.filter(({ path }) => path.startsWith("vision-platform:sso"));

describe("a stack file with a client that up makes", () => {
  it("is sound, and asks for the account's secret instead of the client's", () => {
    const { lab, problems } = problemsOf({});
    expect(problems).toEqual([]);
    expect(lab && missingSecrets(lab).map(({ path }) => path)).toContain("vision-platform:sso.secrets.keycloak");
    expect(lab && missingSecrets(lab).map(({ path }) => path)).not.toContain("vision-platform:sso.secrets.client");
  });

  it.each([
    [{ issuer: "https://auth.example.com/dex" }, "vision-platform:sso.keycloak", /is for an issuer that is a realm/i],
    [{ client: { id: "realm-management" } }, "vision-platform:sso.client.id", /client of Keycloak's own/],
    [{ client: { id: "vision-platform" } }, "vision-platform:sso.client.id", /adminClient/],
    [{ groupsClaim: "cvat.groups" }, "vision-platform:sso.groupsClaim", /dot/],
    [
      { allowedGroups: ["annotators"], groups: { annotators: { role: "worker" } } },
      "vision-platform:sso.groups.annotators",
      /\/annotators/,
    ],
    [{ keycloak: { adminUrl: "http://keycloak.example.com" } }, "vision-platform:sso.keycloak.adminUrl", /https/],
    [{ keycloak: { groupsFrom: "everywhere" } }, "vision-platform:sso.keycloak.groupsFrom", /membership/],
  ])("is refused with %j", (more, path, words) => {
    const found = told(more).find((problem) => problem.path === path);
    expect(found?.message).toMatch(words);
  });

  it("may be reached through a port that kubectl forwards", () => {
    expect(told({ keycloak: { adminUrl: "http://127.0.0.1:8080" } })).toEqual([]);
  });

  it("has no use for the account's secret without it", () => {
    expect(told({ keycloak: undefined, secrets: { keycloak: "given", client: "given" } })).toContainEqual({
      path: "vision-platform:sso.secrets.keycloak",
      message: expect.stringMatching(/without sso\.keycloak/) as string,
    });
  });
});

it.each([
  ["https://auth.example.com/realms/lab", undefined, "https://auth.example.com", "lab"],
  ["https://auth.example.com/auth/realms/my%20lab", undefined, "https://auth.example.com/auth", "my lab"],
  ["https://auth.example.com/realms/lab", "http://127.0.0.1:8080/", "http://127.0.0.1:8080", "lab"],
])("of the issuer %s, asked at %s, the admin API is at %s", (issuer, adminUrl, url, realm) => {
  expect(placeOf(issuer, adminUrl === undefined ? {} : { adminUrl })).toEqual({ url, realm });
});

describe("the life of tokens", () => {
  const sso = sectionOf("https://auth.example.com", { refresh: "60s" });

  it.each([
    [300_000, []],
    [61_000, []],
    [60_000, ["refusal"]],
    [30_000, ["refusal"]],
    [undefined, ["warning"]],
  ])("of %s ms is held against a refresh of 60 s", (tokenLifeMs, severities) => {
    expect(tokensAreRenewed({ realm: "lab", tokenLifeMs }, sso).map(({ severity }) => severity)).toEqual(severities);
  });
});

it("the client asks for the scopes of the stack file, and for no offline token", () => {
  const sso = sectionOf("https://auth.example.com", { scopes: ["openid", "profile", "teams"] });
  const client = wantedClient(
    sso,
    { adminClient: "vision-platform", adminUrl: "", groupsFrom: "membership" },
    "cvat.example.com",
  );
  expect(client).toMatchObject({ defaultScopes: ["basic", "profile", "teams"], optionalScopes: [] });
});
