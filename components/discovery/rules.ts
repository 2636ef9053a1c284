import type { CvatConfig } from "../cvat/cvat-config.ts";
import { hasTokens } from "../cvat/tokens/access-tokens.ts";
import { TOKEN_LIFE } from "../cvat/tokens/token-config.ts";
import { repeats, ruleAt, type SectionRule } from "../schema/section-rules.ts";
import type { Problem } from "../schema/problems.ts";
import type { SsoConfig } from "../sso/sso-config.ts";
import type { DiscoveryConfig } from "./discovery-config.ts";

/** Rules across keys of `vision-platform:discovery`. */
export const DISCOVERY_RULES: readonly SectionRule<DiscoveryConfig>[] = [
  TOKEN_LIFE,
  ruleAt(["token"], ["token", "notebooks"], ({ token, notebooks }) =>
    token === undefined && notebooks.length > 0
      ? "is missing: notebooks sign in by it; say whose it is (discovery.token.user)"
      : undefined,
  ),
  {
    reads: ["notebooks"],
    problems: ({ notebooks }) =>
      repeats(notebooks.map(({ namespace, secretName }, index) => [index, `${namespace}/${secretName}`] as const)).map(
        ({ key, value }) => ({
          path: ["notebooks", key],
          message: `makes \`${value}\`, which stands in this list already; take one of them out`,
        }),
      ),
  },
];

const TOKEN_USER = "vision-platform:discovery.token.user";

/** What of CVAT's section is looked at. A key that is unsound by itself is not there. */
type CvatParts = Partial<Pick<CvatConfig, "enabled" | "users" | "superuser" | "version">>;

/**
 * What discovery needs of the other sections.
 * @param sso undefined: people sign in by CVAT's own passwords
 */
export function discoveryNeeds(
  { token }: Partial<DiscoveryConfig>,
  cvat: CvatParts,
  sso: Partial<SsoConfig> | undefined,
): Problem[] {
  if (cvat.enabled === false)
    return [
      {
        path: "vision-platform:discovery",
        message: "Tells where CVAT is, which is off: see vision-platform:cvat.enabled, or remove the section.",
      },
    ];
  if (token === undefined) return [];
  const { version, users, superuser } = cvat;
  if (version !== undefined && !hasTokens(version))
    return [
      {
        path: "vision-platform:discovery.token",
        message: `Is of no use with CVAT ${version}: access tokens came with 2.48. Leave it out.`,
      },
    ];
  if (users === undefined || superuser === undefined) return [];
  const user = users.find(({ username }) => username === token.user);
  const at = (message: string) => [{ path: TOKEN_USER, message }];
  if (token.user === superuser.username)
    return at("Is the superuser, who may do everything: name a user of vision-platform:cvat.users who may less.");
  if (user === undefined)
    return at(
      `Is nobody of vision-platform:cvat.users, which has ${users.map(({ username }) => username).join(", ") || "nobody"}: only who it is of can make a token.`,
    );
  if (user.role === "admin")
    return at("Has the role `admin` and may do everything: name a user of vision-platform:cvat.users who may less.");
  if (sso?.passwordLogin === false && !user.program)
    return at(
      "Cannot sign in by a password (vision-platform:sso.passwordLogin), and without that nobody makes its token: set `program: true` at this user of vision-platform:cvat.users.",
    );
  return [];
}
