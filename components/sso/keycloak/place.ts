/** Where a realm's admin API is. */
export interface Place {
  /** What stands before `/realms/` and `/admin/realms/`: `https://auth.example.com`, without a slash at its end. */
  url: string;
  realm: string;
}

const REALM_OF = /^(?<url>https?:\/\/.+?)\/realms\/(?<realm>[^/?#]+)\/?$/;

/** Whether an issuer's name is that of a Keycloak realm. */
export const isRealm = (issuer: string): boolean => REALM_OF.test(issuer);

/**
 * The realm that an issuer is.
 * @param adminUrl where the admin API answers, when that is not the issuer's own address. Default: it is
 * @throws RangeError where the issuer is no realm; the section's rules have refused it before
 */
export function placeOf(issuer: string, adminUrl?: string): Place {
  const { url, realm } = REALM_OF.exec(issuer)?.groups ?? {};
  if (url === undefined || realm === undefined) throw new RangeError(`no realm of Keycloak: ${issuer}`);
  return { url: (adminUrl ?? url).replace(/\/+$/, ""), realm: decodeURIComponent(realm) };
}
