import { UserError } from "../../components/program/errors.ts";
import { asServiceAccount } from "../../components/sso/keycloak/account.ts";
import { named } from "../../components/sso/keycloak/named.ts";
import { placeOf, type Place } from "../../components/sso/keycloak/place.ts";
import type { SsoConfig } from "../../components/sso/sso-config.ts";
import { setSecret } from "../engine/set-secret.ts";
import { asAdministrator, type Administrator } from "../keycloak/administrator.ts";
import { makeServiceAccount } from "../keycloak/bootstrap.ts";
import { giveRoles } from "../keycloak/give-roles.ts";
import { streamProgress } from "../progress.ts";
import { untilStopped } from "../signals.ts";
import { soundPlan } from "../stackfile/sound-plan.ts";
import { readStackFile, stackFilePath } from "../stackfile/stack-file.ts";
import { askForSecret } from "./ask-secret.ts";
import { writePrivately } from "./clearml.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface BootstrapFlags extends StackFlags {
  admin: string;
  adminRealm: string;
  output?: string;
  force?: true;
  groups?: true;
  dryRun?: true;
}

const KEY = "vision-platform:sso.secrets.keycloak";

/** What of the stack file says where the realm is. */
interface Target {
  place: Place;
  issuer: string;
  adminClient: string;
  clientId: string;
  groups: string[];
  roles: boolean;
}

/** Makes the service account, or gives groups their roles, as an administrator whose password is asked for. */
export async function bootstrap(flags: BootstrapFlags): Promise<void> {
  const plan = await soundPlan(await readStackFile(stackFilePath(flags.folder, flags.stack)));
  const target = targetOf(plan.lab.sso);
  if (flags.groups && !target.roles)
    throw new UserError(
      "--groups is for a stack whose tokens name groups by roles: set vision-platform:sso.keycloak.groupsFrom to roles, and run up first.",
      { exitCode: 2 },
    );
  const { admin: username, adminRealm: realm } = flags;
  const password = await untilStopped(() => askForSecret(`Password of ${username} (realm ${realm}): `));
  const administrator = { realm, username, password };
  await (flags.groups ? giveGroups(flags, target, administrator) : makeAccount(flags, target, administrator));
}

function targetOf(sso: SsoConfig | undefined): Target {
  if (sso?.keycloak === undefined)
    throw new UserError(
      "Nothing says which realm it is for: set vision-platform:sso.issuer to the realm, and vision-platform:sso.keycloak to {} for a client that `up` makes.",
      { exitCode: 2 },
    );
  const { adminClient, adminUrl, groupsFrom } = sso.keycloak;
  return {
    place: placeOf(sso.issuer, { adminUrl, ca: sso.issuerCa }),
    issuer: sso.issuer,
    adminClient,
    clientId: sso.client.id,
    groups: [...new Set([...sso.allowedGroups, ...Object.keys(sso.groups)])].sort(),
    roles: groupsFrom === "roles",
  };
}

async function giveGroups(flags: BootstrapFlags, target: Target, administrator: Administrator): Promise<void> {
  const { place, clientId, groups } = target;
  const dryRun = flags.dryRun ?? false;
  const done = await asked(place, administrator, (admin) => giveRoles(admin, clientId, groups, dryRun));
  print({ ...shown(target), dryRun, done }, textOf(target, done, dryRun), flags.json);
}

async function makeAccount(flags: BootstrapFlags, target: Target, administrator: Administrator): Promise<void> {
  const { place, issuer, adminClient } = target;
  const { stack, folder, output, force = false, dryRun = false, json } = flags;
  const { secret, done, more } = await asked(place, administrator, (admin) =>
    makeServiceAccount(admin, adminClient, dryRun),
  );
  const progress = streamProgress();
  for (const role of more)
    progress.line(
      `The service account of ${adminClient} has the role ${role} of realm-management too, which up does not need.`,
    );
  if (!dryRun) {
    // What it is for, with the secret that is kept.
    await asServiceAccount({ ...place, issuer, adminClient, adminSecret: secret }, {}, (admin) =>
      named(admin, adminClient),
    );
    if (output === undefined) await setSecret({ stack, folder, key: KEY, value: secret, progress });
    else await writePrivately(output, secret, force);
    progress.line(
      output === undefined
        ? `Its secret is in the stack file of ${stack}, encrypted: ${KEY}`
        : `Its secret is in ${output}, readable by you alone. Put it into the stack file: pulumi config set --path --secret '${KEY}' < ${output}`,
    );
  }
  const where = dryRun ? {} : output === undefined ? { key: KEY } : { file: output };
  print({ ...shown(target), dryRun, done, more, ...where }, textOf(target, done, dryRun), json);
}

/** Broken off with this process: nothing is left half asked. */
async function asked<T>(
  place: Place,
  administrator: Administrator,
  work: Parameters<typeof asAdministrator<T>>[3],
): Promise<T> {
  const ends = new AbortController();
  try {
    return await untilStopped(() => asAdministrator(place, administrator, ends.signal, work));
  } finally {
    ends.abort();
  }
}

const shown = ({ place: { url, realm }, adminClient, clientId }: Target) => ({
  url,
  realm,
  adminClient,
  client: clientId,
});

function textOf({ place: { url, realm } }: Target, done: readonly string[], dryRun: boolean): string {
  const at = `Realm ${realm} at ${url}`;
  if (done.length === 0) return `${at}: everything is as it must be.`;
  return [`${at}${dryRun ? ", what would be done" : ""}:`, ...done.map((one) => `  ${one}`)].join("\n");
}
