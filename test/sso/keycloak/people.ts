import { bodyOf } from "../../../components/sso/keycloak/representation.ts";
import { wantedClient } from "../../../components/sso/keycloak/wanted-client.ts";
import type { SsoConfig } from "../../../components/sso/sso-config.ts";
import { done, makeRealm, REALM } from "../../fixtures/keycloak/keycloak.ts";
import type { RealKeycloak } from "./server.ts";

export interface RealmOfPeople {
  sso: SsoConfig;
  /** CVAT's host. */
  host: string;
  /** The client's. */
  secret: string;
  /** Groups of each, which are made with them. */
  people: Readonly<Record<string, readonly string[]>>;
  /** Everybody's. */
  password: string;
}

/** Makes a realm with the client that `up` makes, and people who can sign in. */
export async function makePeople(
  keycloak: RealKeycloak,
  { sso, host, secret, people, password }: RealmOfPeople,
): Promise<void> {
  if (sso.keycloak === undefined) throw new Error("the section has no keycloak");
  await makeRealm(keycloak);
  await done(keycloak, "POST", `/${REALM}/clients`, bodyOf(wantedClient(sso, sso.keycloak, host), secret));
  const groups = new Set(Object.values(people).flat());
  for (const group of groups) await done(keycloak, "POST", `/${REALM}/groups`, { name: group.slice(1) });
  for (const [username, own] of Object.entries(people))
    await done(keycloak, "POST", `/${REALM}/users`, {
      ...{ username, groups: own, enabled: true, emailVerified: false, firstName: username, lastName: "Example" },
      email: `${username}@example.com`,
      credentials: [{ type: "password", value: password, temporary: false }],
    });
}
