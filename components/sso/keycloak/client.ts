import * as pulumi from "@pulumi/pulumi";
import { OwnResource } from "../../records/resource.ts";
import { RunError } from "../../program/run-errors.ts";
import { GeneratedText, PASSWORD_LENGTH } from "../../secrets/generated.ts";
import type { SsoConfig } from "../sso-config.ts";
import type { Connection } from "./connection.ts";
import type { KeycloakConfig } from "./keycloak-config.ts";
import { placeOf } from "./place.ts";
import { wantedClient } from "./wanted-client.ts";

export interface KeycloakClientArgs {
  config: SsoConfig;
  keycloak: KeycloakConfig;
  /** Host name by which people come to CVAT. */
  host: string;
}

/**
 * Sign-in's client in the realm.
 * @returns its secret, known when Keycloak has it: Keycloak takes one at a time, so that whoever reads it starts anew with it right afterwards
 */
export function keycloakClient(
  name: string,
  { config, keycloak, host }: KeycloakClientArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const { rotation, secrets } = config;
  const secret =
    secrets.client ??
    new GeneratedText(`${name}-client-secret`, { length: PASSWORD_LENGTH.handedOver, rotation }, opts).value;
  const record = new OwnResource(
    `${name}-client`,
    "sso:KeycloakClient",
    { ...wantedClient(config, keycloak, host), secret, connection: connectionOf(config, keycloak) },
    [],
    opts,
  );
  return pulumi.secret(record.output<string>("secret"));
}

/** The service account that the stack file names. */
export function connectionOf(
  { issuer, issuerCa: ca, secrets }: Pick<SsoConfig, "issuer" | "issuerCa" | "secrets">,
  { adminClient, adminUrl }: KeycloakConfig,
): pulumi.Output<Connection> {
  // Whoever reads a stack file for `up` has asked for it by then.
  if (secrets.keycloak === undefined) throw new RunError("vision-platform:sso.secrets.keycloak is missing.");
  const place = placeOf(issuer, { adminUrl, ca });
  return pulumi.secret(secrets.keycloak.apply((adminSecret) => ({ issuer, ...place, adminClient, adminSecret })));
}
