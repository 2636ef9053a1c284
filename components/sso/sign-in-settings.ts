import { readdirSync, readFileSync } from "node:fs";
import type { CvatConfig } from "../cvat/cvat-config.ts";
import type { ServerSettings } from "../cvat/registration/settings.ts";
import { USERS_MODULES } from "../cvat/users/job.ts";
import { millisecondsOf } from "../schema/values.ts";
import { issuerForPods, providerOf } from "./issuer.ts";
import { PROXY_PREFIX, TOKEN_HEADER } from "./names.ts";
import type { SsoConfig } from "./sso-config.ts";

/** Python package with all that CVAT does for sign-in. */
const PACKAGE = "vision_platform_sso";
const FOLDER = new URL("./django/", import.meta.url);

/** File of the package with what the stack says. (components/sso/django/configuration.py) */
const SETTINGS_FILE = "sign-in.json";

/** What of CVAT's section sign-in goes by. */
type CvatParts = Pick<CvatConfig, "ingress" | "superuser" | "users">;

/**
 * What the stack says of sign-in, as CVAT's server reads it. There is no secret in it. (components/sso/django/configuration.py)
 * @param accounts user names of the lab's own programs. Default: none
 */
export function signInSettings(sso: SsoConfig, cvat: CvatParts, accounts: readonly string[] = []) {
  return {
    issuer: sso.issuer,
    issuerForPods: issuerForPods(sso),
    issuerCa: sso.issuerCa ?? "",
    provider: providerOf(sso),
    clientId: sso.client.id,
    header: TOKEN_HEADER,
    groupsClaim: sso.groupsClaim,
    allowedGroups: sso.allowedGroups,
    groups: sso.groups,
    createUsers: sso.users.create,
    linkByEmail: sso.users.linkByEmail,
    // A user of the stack who is not made yet would be whoever signs in under his name before.
    reservedNames: [...[cvat.superuser, ...cvat.users].map(({ username }) => username), ...accounts],
    emergencyAccount: cvat.superuser.username,
    programAccounts: [...cvat.users.filter(({ program }) => program).map(({ username }) => username), ...accounts],
    passwordLogin: sso.passwordLogin,
    origins: [`https://${cvat.ingress.host}`],
    signOut: `${PROXY_PREFIX}/sign_out`,
    tokenLifetimeSeconds: secondsOf(sso.tokenLifetime),
    unseenSeconds: sso.users.unseen === "never" ? 0 : secondsOf(sso.users.unseen),
    backchannelLogout: sso.backchannelLogout,
  };
}

/** The settings that CVAT's server starts with where people sign in by an issuer. */
export function signInServer(sso: SsoConfig, cvat: CvatParts, accounts: readonly string[] = []): ServerSettings {
  return {
    module: `${PACKAGE}.settings`,
    package: {
      name: PACKAGE,
      files: { ...PYTHON, [SETTINGS_FILE]: JSON.stringify(signInSettings(sso, cvat, accounts), undefined, 2) },
    },
  };
}

const PYTHON: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    readdirSync(FOLDER)
      .filter((file) => file.endsWith(".py"))
      .sort()
      .map((file) => [file, readFileSync(new URL(file, FOLDER), "utf8")]),
  ),
  ...USERS_MODULES,
};

const secondsOf = (span: string): number => Math.ceil(millisecondsOf(span) / 1000);
