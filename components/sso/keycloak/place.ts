/** Where a realm's admin API is. */
export interface Place {
  /** What stands before `/realms/` and `/admin/realms/`: `https://auth.example.com`, without a slash at its end. */
  url: string;
  realm: string;
  /** Certificates of its private authority, PEM. Default: public ones are enough. */
  ca?: string | undefined;
}

/** What of the stack file says where the admin API is, beside the issuer. */
export interface Reached {
  /** Where the admin API answers. Default, and empty: at the issuer's own address. */
  adminUrl?: string;
  ca?: string | undefined;
}

const REALM_OF = /^(?<url>https?:\/\/.+?)\/realms\/(?<realm>[^/?#]+)\/?$/;

/** Whether an issuer's name is that of a Keycloak realm. */
export const isRealm = (issuer: string): boolean => REALM_OF.test(issuer);

/**
 * The realm that an issuer is.
 * @throws RangeError where the issuer is no realm; the section's rules have refused it before
 */
export function placeOf(issuer: string, { adminUrl = "", ca }: Reached = {}): Place {
  const { url, realm } = REALM_OF.exec(issuer)?.groups ?? {};
  if (url === undefined || realm === undefined) throw new RangeError(`no realm of Keycloak: ${issuer}`);
  const answersAt = (adminUrl === "" ? url : adminUrl).replace(/\/+$/, "");
  return { url: answersAt, realm: decodeURIComponent(realm), ...(ca !== undefined && { ca }) };
}
