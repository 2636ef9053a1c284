import type { LabConfig } from "./sections.ts";
import type { Problem } from "../schema/problems.ts";

interface RequiredSecret {
  /** As `pulumi config set --path` takes it. */
  key: string;
  /** What it is. */
  what: string;
  missing: (lab: LabConfig) => boolean;
}

/**
 * Secrets that nobody can make in the user's place: they open what the user runs already. A stack file is fine without them and can be
 * rehearsed; `up` and `preview` of the real lab cannot do without.
 */
const REQUIRED: readonly RequiredSecret[] = [
  {
    key: "vision-platform:objectStore.credentials.accessKey",
    what: "the access key of an administrator of the object store",
    missing: ({ objectStore }) => objectStore !== undefined && objectStore.credentials.accessKey === undefined,
  },
  {
    key: "vision-platform:objectStore.credentials.secretKey",
    what: "the secret key of an administrator of the object store",
    missing: ({ objectStore }) => objectStore !== undefined && objectStore.credentials.secretKey === undefined,
  },
  {
    key: "vision-platform:clearml.agent.image.delivery.privateKey",
    what: "the private key that signs in on the nodes the agent's image is carried to",
    missing: ({ clearml: { enabled, agent } }) =>
      enabled && agent.enabled && agent.image.delivery.by === "nodes" && agent.image.delivery.privateKey === undefined,
  },
  {
    key: "vision-platform:sso.secrets.client",
    what: "the secret of the client that people sign in by, as the issuer has it",
    missing: ({ sso }) => sso !== undefined && sso.keycloak === undefined && sso.secrets.client === undefined,
  },
  {
    key: "vision-platform:sso.secrets.keycloak",
    what: "the secret of the client that `keycloak bootstrap` makes, by whose account sign-in's client is kept",
    missing: ({ sso }) => sso?.keycloak !== undefined && sso.secrets.keycloak === undefined,
  },
];

/** What is still to be set, with the command for each. */
export function missingSecrets(lab: LabConfig): Problem[] {
  return REQUIRED.filter(({ missing }) => missing(lab)).map(({ key, what }) => ({
    path: key,
    message: `Is missing: ${what}. Set it: pulumi config set --path --secret '${key}'`,
  }));
}
