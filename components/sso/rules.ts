import { pathText } from "../schema/problems.ts";
import { listedTwice, ruleAt, type Found, type SectionRule } from "../schema/section-rules.ts";
import { millisecondsOf } from "../schema/values.ts";
import { imageProblem } from "../cvat/images.ts";
import type { CvatConfig } from "../cvat/cvat-config.ts";
import { PROXY_RELEASE } from "./images.ts";
import { providerOf } from "./issuer.ts";
import { isRealm } from "./keycloak/place.ts";
import { KEYCLOAK_RULES } from "./keycloak/rules.ts";
import type { SsoConfig } from "./sso-config.ts";

/** Rules across keys of `vision-platform:sso`. */
export const SSO_RULES: readonly SectionRule<SsoConfig>[] = [
  ruleAt(["issuer"], ["issuer", "provider"], (sso) => {
    if (providerOf(sso) !== "keycloak") return undefined;
    if (!isRealm(sso.issuer)) return "is no realm of Keycloak: its path ends with /realms/NAME";
    return sso.issuer.endsWith("/") ? "ends with a slash, which Keycloak's tokens do not have; take it off" : undefined;
  }),
  ruleAt(["refresh"], ["refresh", "tokenLifetime"], ({ refresh, tokenLifetime }) =>
    millisecondsOf(refresh) < millisecondsOf(tokenLifetime)
      ? undefined
      : `must be shorter than sso.tokenLifetime (${tokenLifetime}): a token that is not renewed before it ends signs everybody out`,
  ),
  ruleAt(["sessionLifetime"], ["refresh", "sessionLifetime"], ({ refresh, sessionLifetime }) =>
    millisecondsOf(refresh) < millisecondsOf(sessionLifetime)
      ? undefined
      : `must be longer than sso.refresh (${refresh}), or no session is ever renewed`,
  ),
  { reads: ["allowedGroups"], problems: ({ allowedGroups }) => listedTwice(allowedGroups, ["allowedGroups"]) },
  {
    reads: ["allowedGroups", "groups"],
    problems: ({ allowedGroups, groups }) =>
      allowedGroups.flatMap((name, index): Found[] =>
        Object.hasOwn(groups, name)
          ? []
          : [
              {
                path: ["allowedGroups", index],
                message: `may sign in and means nothing in CVAT; say what it means under sso.groups, or take it out`,
              },
            ],
      ),
  },
  {
    reads: ["groups"],
    problems: ({ groups }) =>
      Object.entries(groups).flatMap(([name, { superuser, role }]): Found[] =>
        superuser && role !== undefined
          ? [{ path: ["groups", name, "role"], message: "is set beside `superuser`, who may do everything; keep one" }]
          : [],
      ),
  },
  { reads: ["scopes"], problems: ({ scopes }) => listedTwice(scopes, ["scopes"]) },
  ruleAt(["scopes"], ["scopes"], ({ scopes }) =>
    scopes.includes("openid") ? undefined : "must have openid, without which no issuer gives an ID token",
  ),
  ruleAt(["internalIssuer"], ["internalIssuer", "issuer", "provider"], (sso) =>
    sso.internalIssuer !== "" && providerOf(sso) !== "keycloak"
      ? "is for Keycloak, whose paths are known; let the cluster's DNS lead the issuer's own name to it instead"
      : undefined,
  ),
  ruleAt(["proxy", "image"], ["proxy"], ({ proxy: { image } }) => {
    const unsound = imageProblem(image);
    if (unsound !== undefined) return `\`${image}\` ${unsound}`;
    // By a digest beside it another tag is the same image under another name.
    return /@sha256:/.test(image) || image.endsWith(`:v${PROXY_RELEASE}`)
      ? undefined
      : `is no v${PROXY_RELEASE}, the release whose configuration is written here and which may have another form in others; use that one, from any registry, or name one by digest on your own responsibility`;
  }),
  ruleAt(["sessions", "image"], ["sessions"], ({ sessions: { image } }) => {
    const unsound = imageProblem(image);
    return unsound === undefined ? undefined : `\`${image}\` ${unsound}`;
  }),
  ...KEYCLOAK_RULES,
];

/** What of CVAT's section sign-in is checked against. A key that is unsound by itself is not there. */
type CvatParts = Partial<Pick<CvatConfig, "enabled" | "ingress" | "organizations" | "registration">>;

/** A problem across the two sections, at the whole path of its key. */
export interface AcrossSections {
  path: string;
  message: string;
}

/** What sign-in needs of CVAT. */
export function ssoNeedsOfCvat(sso: Partial<SsoConfig>, cvat: CvatParts): AcrossSections[] {
  if (cvat.enabled === false)
    return [
      {
        path: "vision-platform:sso",
        message: "Signs people in to CVAT, which is off: see vision-platform:cvat.enabled, or remove the section.",
      },
    ];
  return [...registrationProblems(cvat), ...edgeProblems(sso, cvat), ...organizationProblems(sso, cvat)];
}

function registrationProblems({ registration }: CvatParts): AcrossSections[] {
  if (registration !== "open") return [];
  return [
    {
      path: "vision-platform:cvat.registration",
      message:
        "Is `open`: whoever the issuer does not let in would make himself an account beside it; set it to `closed`, or remove vision-platform:sso.",
    },
  ];
}

function edgeProblems({ tokenHost }: Partial<SsoConfig>, { ingress }: CvatParts): AcrossSections[] {
  if (ingress === undefined) return [];
  return [
    ...(ingress.host === ""
      ? [
          {
            path: "vision-platform:cvat.ingress.host",
            message:
              "Is missing: vision-platform:sso needs the one name by which people come to CVAT and the issuer sends them back.",
          },
        ]
      : []),
    ...(ingress.tls === undefined
      ? [
          {
            path: "vision-platform:cvat.ingress.tls",
            message:
              "Is missing: vision-platform:sso needs https, or everybody on the way reads the cookie that signs somebody in.",
          },
        ]
      : []),
    ...(tokenHost !== undefined && tokenHost !== "" && tokenHost === ingress.host
      ? [
          {
            path: "vision-platform:sso.tokenHost",
            message:
              "Is CVAT's own host: leave it empty, and programs with a token are told by their Authorization header there.",
          },
        ]
      : []),
  ];
}

function organizationProblems({ groups = {} }: Partial<SsoConfig>, { organizations }: CvatParts): AcrossSections[] {
  if (organizations === undefined) return [];
  const known = organizations.map(({ slug }) => slug);
  return Object.entries(groups).flatMap(([group, { organizations: memberships }]) =>
    Object.keys(memberships)
      .filter((slug) => !known.includes(slug))
      .map((slug) => ({
        path: pathText("vision-platform:sso.groups", [group, "organizations", slug]),
        message: `Is no organization of vision-platform:cvat.organizations${known.length > 0 ? `, which has ${known.join(", ")}` : ""}: add it there, or take it out here.`,
      })),
  );
}
