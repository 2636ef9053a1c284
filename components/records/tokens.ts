/** Package of our own provider. */
export const PACKAGE = "vision-platform";

/** Every kind of resource of our own provider: the system and the kind. What each does is found by it. (provider/kinds.ts) */
export const TOKENS = [
  "clearml:ApiKeys",
  "clearml:Queue",
  "cvat:AccessToken",
  "cvat:CloudStorage",
  "cvat:Membership",
  "cvat:Organization",
  "cvat:Project",
  "cvat:RegistrationProof",
  "cvat:UsersReady",
  "cvat:Webhook",
  "edge:Proof",
  "images:Presence",
  "nuclio:Function",
  "nuclio:Project",
  "preflight:Cluster",
  "readiness:Gate",
  "readiness:Job",
  "secrets:Departures",
  "secrets:GeneratedText",
  "secrets:KeptPasswords",
  "secrets:Restart",
  "sso:KeycloakClient",
  "storage:DerivedKeys",
  "storage:Presence",
] as const;

export type Token = (typeof TOKENS)[number];

/** Type of a resource, as the program registers it. */
export function typeOf<T extends string>(token: T): `${typeof PACKAGE}:${T}` {
  return `${PACKAGE}:${token}`;
}

/** Type that such a resource had until 2026-12, when it was a dynamic one of the SDK. (pulumi: sdk/nodejs/dynamic/index.ts) */
export function formerTypeOf(token: string): string {
  return `${FORMER_PACKAGE}:dynamic/${token}`;
}

/** Package of the SDK's dynamic resources. */
export const FORMER_PACKAGE = "pulumi-nodejs";

const BY_TYPE = new Map<string, Token>(
  TOKENS.flatMap((token) => [
    [typeOf(token), token],
    [formerTypeOf(token), token],
  ]),
);

/** Which kind a resource is of, by its type now or before; undefined for what is none of our provider's, our components too. */
export function tokenOf(type: string): Token | undefined {
  return BY_TYPE.get(type);
}

/** Whether it is the type of a component of ours, which holds others and is nothing itself. */
export function isComponent(type: string): boolean {
  return type.startsWith(`${PACKAGE}:`) && tokenOf(type) === undefined;
}

const WAITS: readonly Token[] = [
  "cvat:RegistrationProof",
  "cvat:UsersReady",
  "edge:Proof",
  "readiness:Gate",
  "readiness:Job",
];

/** Whether a resource of this type only waits, or asks: it is nothing of the lab, and its sentences name what they are about. */
export function isWait(type: string): boolean {
  const token = tokenOf(type);
  return token !== undefined && WAITS.includes(token);
}
