import * as pulumi from "@pulumi/pulumi";
import { tokensAreRenewed } from "../../components/preflight/keycloak.ts";
import { UserError } from "../../components/program/errors.ts";
import { RunError } from "../../components/program/run-errors.ts";
import { problemList } from "../../components/schema/problems.ts";
import { connectionOf } from "../../components/sso/keycloak/client.ts";
import type { Connection } from "../../components/sso/keycloak/connection.ts";
import { tokenLifetime } from "../../components/sso/keycloak/token-lifetime.ts";
import type { SsoConfig } from "../../components/sso/sso-config.ts";
import { known } from "../storage/known.ts";

/** A run asks no longer than that whether Keycloak is there: nobody has just started it. */
const CALL_MS = 10_000;

/**
 * Asks the realm, before the program registers anything, what the stack file must fit. Only a preview goes on without an answer: it changes
 * nothing, and says so in a warning.
 * @throws RunError with the cure, shown without a stack trace
 */
export async function lookAtKeycloak(sso: SsoConfig | undefined): Promise<void> {
  if (sso?.keycloak === undefined) return;
  const connection = { ...(await known(connectionOf(sso, sso.keycloak))), callMs: CALL_MS };
  const tokenLifeMs = await asked(connection);
  if (tokenLifeMs === "unseen") return;
  const findings = tokensAreRenewed({ realm: connection.realm, tokenLifeMs }, sso);
  const refusals = findings.filter(({ severity }) => severity === "refusal");
  if (refusals.length > 0)
    throw new RunError(
      problemList(`Keycloak does not fit stack ${pulumi.getStack()}, and nothing was changed:`, refusals).join("\n"),
    );
  for (const { path, message } of findings) await pulumi.log.warn(`${path}: ${message}`);
}

async function asked(connection: Connection): Promise<number | undefined | "unseen"> {
  try {
    return await tokenLifetime(connection, {});
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (!pulumi.runtime.isDryRun()) throw new RunError(error.message);
    await pulumi.log.warn(
      `${error.message}\nSo Keycloak was not looked at: this preview takes the client for what the last up left. up refuses until Keycloak answers.`,
    );
    return "unseen";
  }
}
