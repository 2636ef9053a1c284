import type { WantedClient } from "./wanted-client.ts";

/**
 * What is wrong with the addresses that a client leads people to. Keycloak takes all of these without a word: with a pattern, or `+` for "as the
 * others are", a code or a token goes wherever somebody who plants a link wants it. (sign-in-parts.md 2; RFC 9700, 2.1)
 */
export function uriProblems(client: Pick<WantedClient, "redirectUris" | "webOrigins" | "postLogoutUris">): string[] {
  const { redirectUris, webOrigins, postLogoutUris } = client;
  return [
    ...[...redirectUris, ...postLogoutUris].flatMap((uri) => problemOf(uri, isExact)),
    ...webOrigins.flatMap((uri) => problemOf(uri, isOrigin)),
  ];
}

function problemOf(uri: string, isSound: (uri: string) => boolean): string[] {
  if (isSound(uri)) return [];
  return [
    `vision-platform:sso: \`${uri}\` is no exact https address: sign-in leads to none with *, +, a query or a fragment, nor without TLS. It is made of vision-platform:cvat.ingress.host.`,
  ];
}

const isOrigin = (uri: string) => isExact(uri) && new URL(uri).origin === uri;

function isExact(uri: string): boolean {
  return /^https:\/\/[^\s*+?#@]+$/.test(uri) && URL.canParse(uri) && new URL(uri).hostname !== "";
}
