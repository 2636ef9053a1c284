import type { Token } from "../components/records/tokens.ts";
import type { AnyKind } from "./protocol/plugin.ts";

/** A module that says what can be done with one kind of resource. Its properties are of a shape of their own, which only it knows. */
type KindModule = Promise<{ kind: unknown }>;

/** Every kind of resource of our own provider, by its token. A module is loaded when a resource of its kind is worked on. */
export const KINDS: Readonly<Record<Token, () => KindModule>> = {
  "clearml:ApiKeys": () => import("../components/clearml/records/api-keys.ts"),
  "clearml:Queue": () => import("../components/clearml/records/queue.ts"),
  "cvat:AccessToken": () => import("../components/cvat/records/access-token.ts"),
  "cvat:CloudStorage": () => import("../components/cvat/records/cloud-storage.ts"),
  "cvat:Membership": () => import("../components/cvat/records/membership.ts"),
  "cvat:Organization": () => import("../components/cvat/records/organization.ts"),
  "cvat:Project": () => import("../components/cvat/records/project.ts"),
  "cvat:RegistrationProof": () => import("../components/cvat/registration/proof.ts"),
  "cvat:UsersReady": () => import("../components/cvat/users/ready.ts"),
  "cvat:Webhook": () => import("../components/cvat/records/webhook.ts"),
  "edge:Proof": () => import("../components/edge/proof/proof.ts"),
  "images:Presence": () => import("../components/images/records/presence.ts"),
  "nuclio:Function": () => import("../components/nuclio/records/function.ts"),
  "nuclio:Project": () => import("../components/nuclio/records/project.ts"),
  "preflight:Cluster": () => import("../components/preflight/records/cluster.ts"),
  "readiness:Gate": () => import("../components/readiness/kind.ts"),
  "readiness:Job": () => import("../components/readiness/job-kind.ts"),
  "secrets:Departures": () => import("../components/secrets/records/departures.ts"),
  "secrets:GeneratedText": () => import("../components/secrets/records/generated-text.ts"),
  "secrets:KeptPasswords": () => import("../components/secrets/records/kept-passwords.ts"),
  "secrets:Restart": () => import("../components/secrets/records/restart.ts"),
  "sso:KeycloakClient": () => import("../components/sso/keycloak/records/client.ts"),
  "storage:DerivedKeys": () => import("../components/storage/records/derived-keys.ts"),
  "storage:Presence": () => import("../components/storage/records/presence.ts"),
};

/** What can be done with resources of this kind. */
export async function kindNamed(token: Token): Promise<AnyKind> {
  return (await KINDS[token]()).kind as AnyKind;
}
