import { ruleAt, type Found, type SectionRule } from "../../schema/section-rules.ts";
import { providerOf } from "../issuer.ts";
import type { SsoConfig } from "../sso-config.ts";

/** Clients that every realm has, and that its own pages are signed in by. (Keycloak 26.7.3, a new realm) */
const ITS_OWN = [
  "account",
  "account-console",
  "admin-cli",
  "broker",
  "master-realm",
  "realm-management",
  "security-admin-console",
];

/** Rules of `vision-platform:sso` that are about the client in Keycloak. */
export const KEYCLOAK_RULES: readonly SectionRule<SsoConfig>[] = [
  ruleAt(["keycloak"], ["keycloak", "issuer", "provider"], (sso) =>
    sso.keycloak && providerOf(sso) !== "keycloak"
      ? "is for an issuer that is a realm of Keycloak; take it out, and give the client's secret as sso.secrets.client"
      : undefined,
  ),
  ruleAt(["client", "id"], ["client", "keycloak"], ({ client: { id }, keycloak }) => {
    if (!keycloak) return undefined;
    if (ITS_OWN.includes(id))
      return `\`${id}\` is a client of Keycloak's own, which \`up\` would remake; take another name`;
    return id === keycloak.adminClient
      ? "is sso.keycloak.adminClient, by whose account the client is made; give each a name of its own"
      : undefined;
  }),
  ruleAt(["secrets", "keycloak"], ["secrets", "keycloak"], ({ secrets, keycloak }) =>
    secrets.keycloak && !keycloak ? "is read by nothing without sso.keycloak; set that, or take this out" : undefined,
  ),
  ruleAt(["groupsClaim"], ["groupsClaim", "keycloak"], ({ groupsClaim, keycloak }) =>
    keycloak && groupsClaim.includes(".")
      ? "has a dot, by which Keycloak puts one claim into another; take a name without"
      : undefined,
  ),
  {
    reads: ["allowedGroups", "groups", "keycloak"],
    problems: ({ allowedGroups, groups, keycloak }) =>
      keycloak
        ? [
            ...allowedGroups.map((name, index) => [name, ["allowedGroups", index]] as const),
            ...Object.keys(groups).map((name) => [name, ["groups", name]] as const),
          ].flatMap(([name, path]): Found[] =>
            name.startsWith("/")
              ? []
              : [{ path, message: `begins with / in Keycloak, whose groups have a path: /${name}` }],
          )
        : [],
  },
];
