import * as pulumi from "@pulumi/pulumi";
import type { Cvat } from "../cvat/cvat.ts";
import { CHART_OBJECTS } from "../cvat/names.ts";
import type { CvatPlan } from "../cvat/plan.ts";
import { hasTokens } from "../cvat/tokens/access-tokens.ts";
import { keptToken } from "../cvat/tokens/kept-token.ts";
import type { BackupAccess } from "./access.ts";
import { BACKUP_ACCOUNT } from "./account.ts";
import type { BackupPlan } from "./plan.ts";

/**
 * The tokens of what makes backups. They write: before each backup a task is given the name that it has, or CVAT would give an old zip out again.
 * `up` renews them, since a token cannot do it itself. (facts/cvat-real-third-look.md 3.2)
 */
const TOKEN = { readOnly: false, days: 90, renewBefore: 30, rotation: 0 };

/** What opens CVAT to the runs, once the account is there. */
export function cvatAccess(
  { config }: Pick<BackupPlan, "config">,
  cvat: pulumi.Resource & Pick<Cvat, "namespace" | "connectionAs">,
  { config: section, versions }: Pick<CvatPlan, "config" | "versions">,
  opts: pulumi.ComponentResourceOptions,
): pulumi.Output<NonNullable<BackupAccess["cvat"]>> {
  const administrator = cvat.connectionAs(section.superuser.username);
  const tokenOf = (name: string, tokenName: string, owner: typeof administrator) =>
    // So that CVAT still answers when it is taken back.
    keptToken(name, { owner, administrator, tokenName, token: TOKEN }, { ...opts, dependsOn: cvat });
  const { username } = BACKUP_ACCOUNT;
  const account = cvat.connectionAs(username);
  const known = hasTokens(versions.version);
  const token = known ? tokenOf("backup-token", "vision-platform backups", account) : undefined;
  const sandboxes =
    known && config.projects.sandboxes
      ? tokenOf("backup-sandboxes-token", "vision-platform backups of sandboxes", administrator)
      : undefined;
  return pulumi
    .all([cvat.namespace, token, sandboxes, account])
    .apply(([namespace, value, ofSandboxes, { password }]) => ({
      address: `http://${CHART_OBJECTS.server}.${namespace}:${CHART_OBJECTS.serverPort}`,
      username,
      ...(value === undefined ? { password } : { token: value }),
      ...(ofSandboxes !== undefined && { sandboxesToken: ofSandboxes }),
      organizations: section.organizations.map(({ slug }) => slug),
    }));
}
